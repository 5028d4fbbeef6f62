/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command's verbs: one file each, one table. A verb reports its errors itself and returns the
 * command's exit status.
 */
#ifndef GH_CLI_VERB_H
#define GH_CLI_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/root.h"

/* The one contract for exit statuses. */
enum exit_status {
	EXIT_DONE = 0,    /* done, or nothing to do */
	EXIT_REFUSED = 1, /* refused, or there are findings */
	EXIT_USAGE = 2,   /* wrong usage or configuration */
	EXIT_FAILED = 3,  /* failed on the way; the message says what state the host is in */
};

enum option_value {
	OPTION_ALONE,    /* --all */
	OPTION_VALUE,    /* --wait SECONDS, --wait=SECONDS */
	OPTION_OPTIONAL, /* --terminate, --terminate=MILLISECONDS */
};

/* An option of a verb's own. */
struct verb_option {
	const char *name; /* without dashes */
	char letter;      /* 0: has none */
	enum option_value value;
};

/* One that was given. */
struct given_option {
	const struct verb_option *option;
	const char *value; /* NULL: without one */
};

/* Which of the options for all verbs a verb takes; another one is wrong usage. */
enum verb_takes {
	TAKES_CONNECT = 1 << 0, /* -c, --connect: it asks libvirt */
	TAKES_SYSROOT = 1 << 1, /* --sysroot: it only looks */
	TAKES_JSON = 1 << 2,    /* --json: it lists */
};

/* What a verb is called with. The strings are main()'s. */
struct command {
	struct root root;
	const char *uri;     /* of libvirt's daemon */
	const char *sysroot; /* the directory that `root` is of; NULL: this machine */
	bool json;
	bool verbose;
	const struct given_option *given; /* in the order in which they came */
	size_t given_count;
	char **arguments; /* those that are no options; end with NULL */
	int count;
};

struct verb {
	const char *name;
	const char *arguments;             /* for the usage line */
	const char *summary;               /* one line */
	const char *help;                  /* the rest of --help */
	unsigned int takes;                /* of enum verb_takes */
	const struct verb_option *options; /* end with one without a name; NULL: none */
	int (*run)(const struct command *command);
};

/* Of all verbs, in the order of --help; ends with NULL. */
extern const struct verb *const verbs[];

/* Whether the option was given. */
bool command_has(const struct command *command, const char *option);

/* The value of the option that was given last, or NULL. */
const char *command_value(const struct command *command, const char *option);

/* Prints "gpu-handoff: DEVICE: WHAT: WHY" and what to do to stderr, after all output so far. */
void command_report(const struct root *root, const struct error *error);

/*
 * Reports why /run/gpu-handoff cannot be looked into; to who may not look, who may. Returns the
 * exit status.
 */
int command_report_store(const struct root *root, struct error *error);

/* Prints what is wrong with the usage, and where help is. Returns EXIT_USAGE. */
int command_usage(const struct verb *verb, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * command_usage() for a word that is not known, with the near one of those that are; `known` ends
 * with NULL. `kind`: "option", "verb".
 */
int command_usage_word(const struct verb *verb, const char *kind, const char *word,
		       const char *const *known);

/* Says that there is no memory. Returns EXIT_FAILED. */
int command_no_memory(void);

#endif
