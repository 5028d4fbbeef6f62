/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside of config: opens a file that root goes by. Whatever it says is done by root, so nobody
 * else may have a say in it, nor in where its name leads: every directory, link and file on the way
 * is looked at through the descriptor by which the way goes on. Reads none of it.
 */
#ifndef GH_HANDOFF_CONFIG_OPEN_H
#define GH_HANDOFF_CONFIG_OPEN_H

#include "base/error.h"
#include "base/root.h"

/*
 * Opens the regular file `relative` for reading; links are followed. In another machine's tree the
 * directories and links are whoever's who has copied them. Returns 0 with the descriptor, the
 * caller's, or a negative errno with `error` filled; -ENOENT without when there is nothing of that
 * name.
 */
int config_open(const struct root *root, const char *relative, int *ret_fd, struct error *error);

/*
 * The path as messages name it: whole, unlike what text_quote() makes of a long one, and as it is
 * unless there are bytes in it that a terminal might obey. The caller frees it. NULL without
 * memory.
 */
char *config_path_shown(const char *relative);

#endif
