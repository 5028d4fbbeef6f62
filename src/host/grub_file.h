/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text of /etc/default/grub, which a shell reads. Only a line NAME="VALUE" of which a shell
 * makes the very VALUE is understood, in a file of nothing but assignments; what is more is said to
 * be so, and nobody edits it. Does no input or output.
 */
#ifndef GH_HOST_GRUB_FILE_H
#define GH_HOST_GRUB_FILE_H

#include <stdbool.h>

#define GRUB_FILE "etc/default/grub"

enum grub_line {
	GRUB_NONE,  /* there is no such line */
	GRUB_PLAIN, /* one, and it is understood */
	GRUB_OTHER, /* several, or one that a shell has to be asked about */
};

/*
 * What the variable is set to, and in which quotes; the caller frees it. Without memory it is
 * GRUB_OTHER. *ret_value and *ret_quote are set for GRUB_PLAIN alone.
 */
enum grub_line grub_file_get(const char *text, const char *variable, char **ret_value,
			     char *ret_quote);

/*
 * The text with that value in place of the one that grub_file_get() found, in quotes of the same
 * kind; with a new line at the end for GRUB_NONE. `value` has no quotes of that kind and nothing
 * that a shell would change. The caller frees it. NULL without memory, or for GRUB_OTHER.
 */
char *grub_file_set(const char *text, const char *variable, const char *value);

/* Whether some line sets the variable, or adds to it, in whatever way. */
bool grub_file_sets(const char *text, const char *variable);

#endif
