/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's command line as text: looks for parameters, adds and removes some, and leaves the
 * rest as it is. A word goes to the next blank outside of double quotes, and what follows the word
 * "--" is for init (lib/cmdline.c, next_arg(); kernel/params.c, parse_args()). Does no input or
 * output.
 */
#ifndef GH_HOST_KERNEL_LINE_H
#define GH_HOST_KERNEL_LINE_H

#include <stdbool.h>

#include "base/text.h"

/*
 * Whether "NAME=VALUE" is there; also as one of several values, NAME=OTHER,VALUE. In names "-" and
 * "_" are the same.
 */
bool kernel_line_has(const char *line, const char *parameter);

/* Whether the very word "NAME=VALUE" is there; "NAME=": with any value. */
bool kernel_line_has_word(const char *line, const char *word);

/*
 * Appends the words whose names begin with one of the `names`, which end with NULL. Returns 0 or
 * -ENOMEM.
 */
int kernel_line_select(const char *line, const char *const *names, struct strings *words);

/*
 * The line without the words of `remove` (as kernel_line_has_word() knows them), and with those of
 * `add` that it does not have. The same text when there is nothing to change. The caller frees it.
 * NULL without memory.
 */
char *kernel_line_change(const char *line, const struct strings *remove, const struct strings *add);

#endif
