/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The half of worker_run() that runs in the child: cuts it off from the parent and makes the one
 * access. Shares nothing with the parent but the answer. For worker*.c alone.
 */
#ifndef GH_BASE_WORKER_CHILD_H
#define GH_BASE_WORKER_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/root.h"
#include "base/worker.h"

/* The child's only way to answer: memory that both share. */
struct worker_answer {
	bool returned; /* the call was made and has returned */
	int code;      /* 0 or a negative errno, of the call or of what came before it */
	size_t length;
	char text[WORKER_TEXT_MAX_BYTES + 1];
};

/*
 * Makes the call in a child that has just been forked by `parent`, and ends it. Each descriptor is
 * the parent's: the device's lock and what the call writes to, -1 when there is none.
 */
_Noreturn void worker_child_main(const struct worker_call *call, const struct root *root,
				 int lock_fd, int output_fd, pid_t parent,
				 struct worker_answer *answer);

#endif
