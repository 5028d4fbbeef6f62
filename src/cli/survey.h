/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is told of PCI functions: what they are, who uses them, which VM has them. Shared by the
 * verbs that list. Reads only.
 */
#ifndef GH_CLI_SURVEY_H
#define GH_CLI_SURVEY_H

#include <stdbool.h>

#include "base/error.h"
#include "cli/claimed.h"
#include "cli/table.h"
#include "host/holders.h"
#include "host/pci.h"

struct survey {
	const struct root *root;
	struct pci_functions host;
	struct strings chosen;  /* addresses of those that are told of */
	struct holders holders; /* of these */
	struct claimed claimed;
	bool remote;          /* another host's, of which only libvirt tells */
	struct strings names; /* then: of each of the host's functions */
};

/* The columns of survey_add(); the first one is the tree. */
extern const struct table_column survey_columns[];

/*
 * Reads the functions of this host, of a --sysroot, or of the host that the URI is of. Returns 0 or
 * a negative errno with `error` filled.
 */
int survey_read_host(const struct command *command, struct survey *survey, struct error *error);

/*
 * Chooses a function, or all of the device, by its address. Returns 0, -EINVAL for no address,
 * -ENODEV when the host has none, or -ENOMEM.
 */
int survey_choose(const char *address, struct survey *survey);

/* Looks who uses the chosen ones, and who has them. Returns as survey_read_host(). */
int survey_look(struct survey *survey, struct error *error);

/* Adds a chosen function's row to a table of survey_columns. Returns it, or NULL without memory. */
struct table_row *survey_add(const struct survey *survey, const struct pci_function *function,
			     struct table_row *parent, struct table *table);

/* The function's name from the hardware database, the caller's; NULL when it is not known. */
char *survey_name(const struct survey *survey, const struct pci_function *function);

/*
 * The kernel's ways to reset a function, in the order in which they are tried, with blanks between;
 * the caller frees it. NULL: none, or Linux before 5.15.
 */
char *survey_resets(const struct survey *survey, const struct pci_function *function);

/* Says on standard error what could not be looked at, and by whom it can. */
void survey_tell_hidden(const struct survey *survey);

/*
 * The same as a table "unseen": without a row everything is known. The caller frees it. NULL
 * without memory.
 */
struct table *survey_table_unseen(const struct survey *survey);

/*
 * What the function is for, in a word or two ("VGA", "audio", "USB"), a constant; "other" when it
 * is none that goes along with a GPU.
 */
const char *survey_kind(const struct pci_function *function);

void survey_clear(struct survey *survey);

#define _cleanup_survey_ __attribute__((cleanup(survey_clear)))

#endif
