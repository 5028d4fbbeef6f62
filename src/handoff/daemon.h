/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The libvirt daemon that calls the hook: which process it is, and the note by which the hook shows
 * that this very daemon calls it. Never talks to it.
 */
#ifndef GH_HANDOFF_DAEMON_H
#define GH_HANDOFF_DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/root.h"
#include "handoff/store.h"

struct daemon {
	pid_t pid;
	char name[16];            /* "libvirtd" or "virtqemud": the unit's name too */
	unsigned long long start; /* in clock ticks since the boot */
	int64_t start_s;          /* seconds since 1970 */
};

/*
 * Finds the system's daemon that runs QEMU. Returns 0; -ENOENT when none runs: by a socket, it is
 * started when somebody asks it; or another negative errno.
 */
int daemon_find(const struct root *root, struct daemon *ret_daemon);

/* Notes that the process has called the hook, when it is such a daemon. Returns 0 or -errno. */
int daemon_note_write(const struct root *root, const struct store *store, pid_t pid);

/* Whether the daemon, not an earlier one, has called the hook since this boot. */
bool daemon_note_is(const struct store *store, const struct daemon *daemon);

#endif
