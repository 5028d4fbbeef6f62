/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of loader.c: one for each way in which a command line is kept. */
#ifndef GH_HOST_LOADER_PART_H
#define GH_HOST_LOADER_PART_H

#include <stdbool.h>

#include "host/loader.h"

/* More than any such file has. */
#define LOADER_FILE_MAX_BYTES 65536

/*
 * Each fills what is to be done into *change, whose kind is set, and returns 0 or -ENOMEM. What is
 * left LOADER_TO_DO without a file and a command is LOADER_READY.
 */
int loader_plan_grub(const struct root *root, const struct loader_words *words,
		     struct loader_change *change);
int loader_plan_cmdline(const struct root *root, const struct loader_words *words,
			struct loader_change *change);
int loader_plan_program(const struct root *root, const struct loader_words *words,
			struct loader_change *change);

/* Appends a command; `words` end with NULL, the first one is a program's path. */
int loader_add_command(struct loader_change *change, const char *const *words);

/*
 * Reads a file of text whole. The caller frees it. Returns 0 or a negative errno, -EILSEQ for what
 * is no text.
 */
int loader_read_text(const struct root *root, const char *path, char **ret_text);

/* Whether a command line has all that is to be there, and nothing that is not. */
bool loader_line_is_ready(const char *line, const struct loader_words *words);

/*
 * Whether some kernel in GRUB's file is given a command line that is ready; also when there is none
 * in it, or when it cannot be read.
 */
bool loader_result_has(const struct root *root, const char *result,
		       const struct loader_words *words);

/* Leaves it to somebody. Either text may be NULL: no memory for it. Returns 0 or -ENOMEM. */
int loader_leave(struct loader_change *change, char *why, char *by_hand);

/* "a b", the caller's. NULL without memory. */
static inline char *loader_join(const struct strings *words)
{
	return strings_join(words, " ");
}

#endif
