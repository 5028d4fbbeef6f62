/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables of mounts as /proc/PID/mountinfo has them (proc(5)). Reads only.
 */
#ifndef GH_HOST_MOUNTINFO_H
#define GH_HOST_MOUNTINFO_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/root.h"

struct mount {
	/* of the file system; btrfs and others have one of their own, with major 0, which is no
	 * disk's */
	dev_t number;
	char *point;
	char *type;
	char *source; /* what was mounted, which any text may be said to be:
			 mountinfo_source_is_disk() */
	char *text;   /* of mountinfo_find(), which the others are parts of; else NULL */
};

#define MOUNT_INIT ((struct mount){ 0 })

/* Undoes "\040", as the kernel writes blanks in these tables and in /proc/swaps; in place. */
void mountinfo_unescape(char *text);

/*
 * Takes a line apart, in place: what *ret_mount points to are parts of it. Returns 0, or -EINVAL
 * with the line spoilt.
 */
int mountinfo_parse(char *line, struct mount *ret_mount);

/*
 * Whether the source of a mount without a disk's number is a disk all the same: by its type, one
 * that the kernel has opened a disk for, and that no user namespace may mount (FS_USERNS_MOUNT in
 * fs/, Linux 6.12). Of a tmpfs, an overlay or FUSE's, any user may say that it is /dev/sda.
 */
bool mountinfo_source_is_disk(const struct mount *mount);

/*
 * What this process sees at `point`: the last of those mounted there. The caller clears *ret_mount.
 * Returns 0, -ENOENT when there is none, or another negative errno.
 */
int mountinfo_find(const struct root *root, const char *point, struct mount *ret_mount);

void mount_clear(struct mount *mount);

#define _cleanup_mount_ __attribute__((cleanup(mount_clear)))

#endif
