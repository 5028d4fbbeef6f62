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
 * worker makes the call, whether it has missed its deadline, and what. A note that cannot be
 * written only makes a later message poorer.
 */
void worker_note_write(int lock_fd, const char *step, int64_t since_ms, pid_t owner, bool late);

/* Reads the note of a lock; all empty when there is none that makes sense. */
void worker_note_read(int locks_fd, const char *lock_name, struct worker_note *ret_note);

/* Says of the call that the note is of, if it is in flight still, that it is late. */
void worker_note_late(int locks_fd, const char *lock_name, const struct worker_note *note);

/* Reads a small file of the directory of locks. Returns 0 or a negative errno. */
int worker_mark_read(int locks_fd, const char *name, char **ret_text);

#endif
