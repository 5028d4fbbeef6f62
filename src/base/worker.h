/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Accesses that can block in the kernel for ever, each done by a child process that may be left
 * behind: in its own session, standard descriptors on /dev/null, every other one closed but a lock
 * which says that a call for this device is still in flight, dying with its parent where the kernel
 * lets it. An unbind that hangs cannot be ended, not even by SIGKILL, and whoever waits for the
 * child's pipes would wait with it.
 */
#ifndef GH_BASE_WORKER_H
#define GH_BASE_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/lock.h"
#include "base/root.h"

/* What an access to a file may give back at the most: one sysfs attribute. */
#define WORKER_TEXT_MAX_BYTES 4096
/* Of a step that is noted, cut there. */
#define WORKER_STEP_MAX_BYTES 200
/* The same for a program or a function. */
#define WORKER_OUTPUT_MAX_BYTES (8 * 1024 * 1024)

struct worker_context {
	const struct root *root;
	int locks_fd; /* the directory of DEVICE.lock and DEVICE.wedged; -1: take no lock */
	const struct patience *patience;
	bool skip_busy; /* a device with an earlier call in flight: -ETIMEDOUT at once */
};

enum worker_access {
	WORKER_READ,       /* reads `path` */
	WORKER_WRITE,      /* writes `text` to `path` in one call */
	WORKER_WRITE_READ, /* writes, then reads the same path back */
	WORKER_OPEN,       /* opens `path` for reading and writing, and closes it */
	WORKER_EXECUTE,    /* runs the program `arguments`, which has an absolute path */
	WORKER_CALL,       /* calls `function` */
};

/*
 * Runs in the worker, on a copy of the parent's memory: `data` is read, what is to come back is
 * written to `output_fd`. Returns 0 or a negative errno, the answer.
 */
typedef int worker_function(const struct root *root, int output_fd, const void *data);

struct worker_call {
	enum worker_access access;
	const char *device; /* whose lock it holds meanwhile; NULL: none */
	const char *step;   /* for messages, an infinitive: "unbind from snd_hda_intel" */
	const char *path;   /* below the root, without a leading slash */
	const char *text;
	const char *const *arguments; /* ends with NULL */
	worker_function *function;
	const void *data;
	/*
	 * Of a program: it is killed, with what it has started, when nobody waits for it any more,
	 * for what it does is undone then; and it dies with the caller. What brings the host back
	 * is left to come to its end in either case.
	 */
	bool dies_unawaited;
};

/*
 * Makes the call and waits for it. Returns 0 when the call has returned, and then *ret_answer is 0,
 * the kernel's negative errno, or the program's exit status; *ret_text, when not NULL, is what was
 * read, or what the program (on either output) or function wrote, without the final newline, the
 * caller's. For a program or function it is there whatever the answer; otherwise with 0 alone.
 * Otherwise a negative errno with `error` filled:
 * -ETIMEDOUT: no answer by the deadline, the worker is left behind, or an earlier call for the
 * device is still in flight (told at once when another process has waited for that one in vain, and
 * after two seconds when this one has); -ENOTRECOVERABLE: the kernel crashed in a worker, now or
 * earlier, and the device is out of reach until a reboot; -EINTR: somebody has killed the worker;
 * -ESHUTDOWN: the worker has died, and of what cannot be seen; -ECANCELED; or what kept
 * the worker from starting.
 */
int worker_run(const struct worker_context *context, const struct worker_call *call,
	       int *ret_answer, char **ret_text, struct error *error);

/*
 * Waits until no earlier call for the device is in flight, of whichever process; `to_the_end`: even
 * for one that somebody has waited for in vain. Returns 0, or as worker_run() for a device that has
 * one, with `error` filled.
 */
int worker_wait_idle(const struct worker_context *context, const char *device, bool to_the_end,
		     struct error *error);

/* What is known of a device's calls, without making one. */
struct worker_note {
	bool in_flight;   /* a call to the kernel for it has not returned */
	bool late;        /* whoever made it has waited in vain */
	bool wedged;      /* a worker died in the kernel */
	bool tells_crash; /* the kernel had not crashed before; a note that stays tells */
	pid_t owner;      /* whose worker makes the call in flight, 0: not known */
	int64_t since_ms; /* clock_now_ms() of the call in flight, 0: not known */
	char step[WORKER_STEP_MAX_BYTES]; /* what was tried, "": not known */
};

/*
 * Looks at the notes that workers leave in the directory of locks. Returns 0 or a negative errno.
 */
int worker_look(const struct root *root, int locks_fd, const char *device,
		struct worker_note *ret_note);

#endif
