/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings on standard output. */
#ifndef GH_CLI_FINDING_PRINT_H
#define GH_CLI_FINDING_PRINT_H

#include "cli/finding.h"
#include "cli/verb.h"

/* For a person: each with its cause and what to do, wrapped at 80 columns, and how many there are.
 */
void finding_print_text(const struct findings *findings);

/* As a table, or JSON, as the command wants it. Returns as table_print_all(). */
int finding_print_table(const struct verb *verb, const struct command *command,
			const struct findings *findings);

/* All that there can be. Returns as table_print_all(). */
int finding_print_kinds(const struct verb *verb, const struct command *command);

#endif
