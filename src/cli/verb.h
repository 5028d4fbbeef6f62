/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command's verbs: one file each, one table. A verb reports its errors itself and returns the
 * command's exit status.
 */
#ifndef GH_CLI_VERB_H
#define GH_CLI_VERB_H

#include <stdbool.h>

#include "base/error.h"
#include "base/root.h"

/* The one contract for exit statuses. */
enum exit_status {
	EXIT_DONE = 0,    /* done, or nothing to do */
	EXIT_REFUSED = 1, /* refused, or there are findings */
	EXIT_USAGE = 2,   /* wrong usage or configuration */
	EXIT_FAILED = 3,  /* failed on the way; the message says what state the host is in */
};

/* What all verbs share. */
struct command {
	struct root root;
	const char *uri; /* of libvirt's daemon */
};

struct verb {
	const char *name;
	const char *arguments; /* for the usage line */
	const char *summary;   /* one line */
	const char *help;      /* the rest of --help */
	/* `arguments` are those behind the verb's name, and end with NULL */
	int (*run)(const struct command *command, int count, char **arguments);
};

extern const struct verb verb_status, verb_recover, verb_holders, verb_boot;

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

#endif
