/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What workers leave in the directory of locks: in DEVICE.lock a note of the call in flight, and
 * DEVICE.wedged. For worker*.c alone; worker_look() is for others.
 */
#ifndef GH_BASE_WORKER_NOTE_H
#define GH_BASE_WORKER_NOTE_H

#include "base/worker.h"

#define LOCK_NAME_SIZE 64

/*
 * Says in the lock file what is in flight, for whoever finds the lock taken: since when, whose
 * worker makes the call, whether it has missed its deadline (`late`), and what; and, for whoever
 * finds it free, `tells_crash`. A note that cannot be written only makes a later message poorer.
 */
void worker_note_write(int lock_fd, const struct worker_note *note);

/*
 * Whether the kernel has crashed since its boot (TAINT_DIE,
 * Documentation/admin-guide/tainted-kernels.rst). Returns 1, 0, or a negative errno when it cannot
 * be asked.
 */
int worker_kernel_crashed(const struct root *root);

/*
 * Whether a note in a lock that is free is of a call in which the kernel has crashed: a call that
 * comes back clears its note, and a worker that somebody kills leaves the kernel as it was. Returns
 * as worker_kernel_crashed().
 */
int worker_note_is_crash(const struct root *root, const struct worker_note *note);

/* Reads the note of a lock; all empty when there is none that makes sense. */
void worker_note_read(int locks_fd, const char *lock_name, struct worker_note *ret_note);

/* Says of the call that the note is of, if it is in flight still, that it is late. */
void worker_note_late(const struct root *root, int locks_fd, const char *lock_name,
		      const struct worker_note *note);

/* Reads a small file of the directory of locks. Returns 0 or a negative errno. */
int worker_mark_read(int locks_fd, const char *name, char **ret_text);

#endif
