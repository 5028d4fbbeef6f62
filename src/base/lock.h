/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Locks between processes: flock() on a file in a directory that only root can enter. The kernel
 * drops a lock when the last process that has it open ends, however it ends.
 */
#ifndef GH_BASE_LOCK_H
#define GH_BASE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/root.h"

/*
 * What a waiting operation looks at: its deadline in clock_now_ms() time, and whether it was called
 * off. `cancelled` may be NULL.
 */
struct patience {
	int64_t deadline_ms;
	bool (*cancelled)(void *data);
	void *data;
};

/*
 * The same with half of the time that is left: for one of several things to do, so that it leaves
 * time for the others when it hangs.
 */
struct patience patience_share(const struct patience *patience);

/* Whether the operation was called off. */
bool patience_cancelled(const struct patience *patience);

/*
 * Takes the lock on `name` in the directory, which makes the file when it is missing, mode 0600,
 * never through a link. Without patience (NULL) it does not wait. Returns the descriptor, the
 * caller's, whose last close drops the lock; -EWOULDBLOCK when it is taken and patience is NULL;
 * -ETIMEDOUT; -ECANCELED; -EPERM for what is not a regular file of our own; or another negative
 * errno.
 */
int lock_take(int directory_fd, const char *name, const struct patience *patience);

/*
 * Whether somebody has the lock, by /proc/locks: looking takes no lock that another one could run
 * into. Returns 1, 0 (also when there is no such file), or a negative errno.
 */
int lock_is_taken(const struct root *root, int directory_fd, const char *name);

#endif
