/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine's file tree. Every path (/sys, /proc, /run, /etc, /dev, /lib/modules) is reached
 * through one of these, so that look-only code can be shown another machine. The hook and the stub
 * open "/" and nothing else.
 */
#ifndef GH_BASE_ROOT_H
#define GH_BASE_ROOT_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/text.h"

struct root {
	int fd;       /* of the tree's top directory */
	bool is_host; /* this machine's: what runs here can be asked, not only files be read */
};

#define ROOT_INIT ((struct root){ .fd = -1 })

/* The paths below are printf formats, without a leading slash: "sys/bus/pci/devices/%s". */

/* Opens the tree at `path`, "/" for this machine. Returns 0 or a negative errno. */
int root_open_tree(const char *path, struct root *ret_root);

void root_close(struct root *root);

#define _cleanup_root_ __attribute__((cleanup(root_close)))

/*
 * openat() with O_CLOEXEC added; in another machine's tree no link leads out of it. Returns the
 * descriptor, the caller's, or a negative errno.
 */
int root_open(const struct root *root, int flags, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Reads a small file whole, at most `limit` bytes, without the final newline. Only for attributes
 * whose reading cannot block (DESIGN: workers). The caller frees it. Returns 0 or a negative errno,
 * -EFBIG above the limit.
 */
int root_read(const struct root *root, size_t limit, char **ret_text, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * The last part of where a link leads. The caller frees it. Returns 0 or a negative errno, -ENOENT
 * without a link.
 */
int root_link_name(const struct root *root, char **ret_name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As root_link_name(), the whole text of the link. */
int root_link_target(const struct root *root, char **ret_target, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether something is there, itself and not where a link leads. */
bool root_exists(const struct root *root, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether there is certainly nothing: what cannot be looked at may be there. */
bool root_is_missing(const struct root *root, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* 1 when something is there, itself and not where a link leads; 0 when not, or a negative errno. */
int root_look(const struct root *root, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Whether a negative errno of one of these says that there is nothing, or that it has gone: a
 * process (ESRCH), a device (ENODEV, ENXIO). Any other one, EIO or EMFILE, tells nothing.
 */
bool root_says_missing(int r);

/*
 * The entries of a directory without "." and "..", sorted by byte value. Returns 0 or a negative
 * errno.
 */
int root_list(const struct root *root, struct strings *ret_names, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
