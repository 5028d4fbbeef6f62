/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line: options for all verbs, which may stand before the verb or behind it, and those
 * of a verb, by getopt_long(3).
 */
#ifndef GH_CLI_OPTIONS_H
#define GH_CLI_OPTIONS_H

#include "cli/verb.h"

struct options {
	struct command command; /* but for its root */
	bool help, version;
	unsigned int taken; /* of enum verb_takes: which were given */
	struct given_option *given;
};

#define OPTIONS_INIT ((struct options){ 0 })

/*
 * Reads the options before the verb. *ret_next is the index of what follows them. Returns EXIT_DONE
 * or EXIT_USAGE, and has said why then.
 */
int options_parse_before(int count, char **arguments, struct options *options, int *ret_next);

/*
 * Reads what stands behind the verb; `arguments` begin with its name, and are put into another
 * order. Returns as options_parse_before(), or EXIT_FAILED without memory. The caller clears
 * *options in any case.
 */
int options_parse_verb(const struct verb *verb, int count, char **arguments,
		       struct options *options);

void options_clear(struct options *options);

#define _cleanup_options_ __attribute__((cleanup(options_clear)))

#endif
