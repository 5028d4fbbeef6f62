/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/run.h"
#include "base/worker_child.h"
#include "base/worker_note.h"

/* How often a waiting parent looks whether it was called off. */
#define WATCH_MS 100
/* The same where the kernel gives no descriptor for the child. */
#define WATCH_BLIND_MS 5

/* How long a call that has missed its deadline is waited for by the same process once more. */
#define LATE_WAIT_MS 2000

/* How long a program that was killed is waited for. */
#define END_WAIT_MS 200

/* Of a worker's death, when the kernel cannot be asked; no call answers so (errno(3): sockets). */
#define DEATH_UNKNOWN ESHUTDOWN

/* Fills `error` for a device with a call in flight, from the note in its lock. */
static int report_in_flight(const char *device, const struct worker_note *note, struct error *error)
{
	error_set(error, ETIMEDOUT, "an earlier call to the kernel for it has not returned");
	if (note->step[0])
		error_why(error, "%s, %lld s ago", note->step,
			  (long long)(clock_now_ms() - note->since_ms) / 1000);
	error_device(error, device);
	error_hint(
		error,
		"Wait: when the call returns, the device is usable again by itself. If it never\n"
		"does, only a reboot frees the device (and `reboot -f` or sysrq-b may be needed).");
	return -ETIMEDOUT;
}

static int report_no_time(const struct worker_call *call, struct error *error)
{
	error_set(error, ETIMEDOUT, "cannot %s", call->step);
	error_why(error, "the time is over; it was not begun");
	error_device(error, call->device);
	error_hint(error, "What took the time is told by the system's log, or give more of it: "
			  "timeout = 60s\nin [host] of the VM's INI file.");
	return -ETIMEDOUT;
}

/* Somebody's kill says nothing of the device: the kernel's call has returned by then. */
static int report_killed(const struct worker_call *call, int signal_number, struct error *error)
{
	error_set(error, EINTR, "cannot %s", call->step);
	error_why(error, "the process that did it was killed by signal %d", signal_number);
	if (call->device)
		error_device(error, call->device);
	return -EINTR;
}

/* The worker has died, and of what cannot be seen: its note stays, for the next one to tell. */
static int report_unknown(const struct worker_call *call, struct error *error)
{
	error_set(error, DEATH_UNKNOWN, "cannot %s", call->step);
	error_why(error, "the process that did it has died, and it cannot be seen whether the "
			 "kernel's driver crashed");
	error_device(error, call->device);
	return -DEATH_UNKNOWN;
}

static int report_dead(const char *device, const char *step, struct error *error)
{
	error_set(error, ENOTRECOVERABLE, "cannot %s", step);
	error_why(error, "the kernel's driver crashed on the way (see dmesg)");
	error_device(error, device);
	error_hint(error, "Nothing more is done with this device. Reboot the host.");
	return -ENOTRECOVERABLE;
}

/* As report_dead(), for a death at an earlier try to do `step`, "" when that is not known. */
static int report_earlier(const char *device, const char *step, struct error *error)
{
	report_dead(device, "use this device before a reboot", error);
	if (*step)
		error_why(error, "the kernel's driver crashed at an earlier try to %s (see dmesg)",
			  step);
	return -ENOTRECOVERABLE;
}

/*
 * The mark outlives us: nobody may touch a device whose lock the kernel has leaked. Returns 0 or a
 * negative errno.
 */
static int mark_wedged(const struct worker_context *context, const char *device, const char *step)
{
	char name[LOCK_NAME_SIZE];

	snprintf(name, sizeof(name), "%s.wedged", device);
	return file_replace(context->locks_fd, name, step, strlen(step));
}

/* Refuses a device that is marked. */
static int check_mark(const struct worker_context *context, const char *device, struct error *error)
{
	_cleanup_free_ char *step = NULL;
	char name[LOCK_NAME_SIZE];

	snprintf(name, sizeof(name), "%s.wedged", device);
	if (faccessat(context->locks_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (worker_mark_read(context->locks_fd, name, &step) < 0)
		return report_earlier(device, "", error);
	return report_earlier(device, step, error);
}

/*
 * A call that was waited for in vain is not waited for again by others, and only for a moment by
 * who made it: going back must not take as long once more.
 */
static int wait_for_lock(const struct worker_context *context, const char *name,
			 const struct worker_note *note)
{
	struct patience patience = *context->patience;
	int64_t since_ms = clock_now_ms();
	int fd;

	if (note->late && note->owner != getpid())
		return -EWOULDBLOCK;
	if (note->late && clock_left_ms(patience.deadline_ms) > LATE_WAIT_MS)
		patience.deadline_ms = clock_now_ms() + LATE_WAIT_MS;
	fd = lock_take(context->locks_fd, name, &patience);
	if (fd == -ETIMEDOUT && !note->late && clock_now_ms() - since_ms >= LATE_WAIT_MS)
		worker_note_late(context->root, context->locks_fd, name, note);
	return fd;
}

/*
 * A note in a lock that is free is of a call that nobody has seen come back: its worker was killed,
 * or the kernel has crashed in it. In the latter case the device is out of reach.
 */
static int check_left_note(const struct worker_context *context, const char *device,
			   const char *lock_name, struct error *error)
{
	struct worker_note note;
	int crashed;

	worker_note_read(context->locks_fd, lock_name, &note);
	crashed = worker_note_is_crash(context->root, &note);
	if (crashed == 0)
		return 0;
	if (crashed < 0) {
		error_set_errno(error, -crashed,
				"cannot see whether the kernel's driver crashed at an earlier try");
		error_device(error, device);
		return crashed;
	}
	/* without the mark, the note tells the next one too */
	(void)mark_wedged(context, device, note.step);
	return report_earlier(device, note.step, error);
}

/* By hand, before the descriptor is closed: another thread's new worker may have a copy of it. */
static void unlock(int lock_fd)
{
	if (lock_fd >= 0)
		flock(lock_fd, LOCK_UN);
}

/* Takes the device's lock; a device whose worker died in the kernel is out of reach. */
static int device_lock(const struct worker_context *context, const char *device, int *ret_fd,
		       struct error *error)
{
	char name[LOCK_NAME_SIZE];
	struct worker_note note = { 0 };
	int fd, r;

	if (!device || context->locks_fd < 0) {
		*ret_fd = -1;
		return 0;
	}
	r = check_mark(context, device, error);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%s.lock", device);
	fd = lock_take(context->locks_fd, name, NULL);
	if (fd == -EWOULDBLOCK) {
		worker_note_read(context->locks_fd, name, &note);
		if (!context->skip_busy)
			fd = wait_for_lock(context, name, &note);
	}
	if (fd == -ETIMEDOUT || fd == -EWOULDBLOCK)
		return report_in_flight(device, &note, error);
	if (fd < 0) {
		run_explain(error_set_errno(error, -fd, "cannot lock the device"), error);
		error_device(error, device);
		return fd;
	}
	r = check_left_note(context, device, name, error);
	if (r < 0) {
		unlock(fd);
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

/*
 * Waits until the child has ended. Returns 0 with its status, -ETIMEDOUT, -ECANCELED, or -ECHILD
 * when there is none. A wait that fails otherwise has not seen it end: it may still make its call.
 */
static int child_wait(pid_t child, const struct patience *patience, int *ret_status)
{
	_cleanup_close_ int pid_fd = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd ended = { .fd = pid_fd, .events = POLLIN };

	for (;;) {
		int64_t left = clock_left_ms(patience->deadline_ms);
		int64_t pause = pid_fd >= 0 ? WATCH_MS : WATCH_BLIND_MS;
		pid_t reaped = waitpid(child, ret_status, WNOHANG);

		if (reaped == child)
			return 0;
		if (reaped < 0 && errno == ECHILD)
			return -ECHILD;
		if (left == 0)
			return -ETIMEDOUT;
		if (patience_cancelled(patience))
			return -ECANCELED;
		poll(&ended, pid_fd >= 0, (int)(left < pause ? left : pause));
	}
}

/* What the child has written, or what it has left in the shared memory. */
static int take_text(const struct worker_answer *answer, int output_fd, char **ret_text)
{
	size_t length = answer->length;
	char *text = NULL;
	int r = 0;

	if (output_fd >= 0 && lseek(output_fd, 0, SEEK_SET) < 0)
		return -errno;
	if (output_fd >= 0)
		r = file_read(output_fd, WORKER_OUTPUT_MAX_BYTES, &text, &length);
	else
		text = strndup(answer->text, length);
	if (r < 0)
		return r;
	if (!text)
		return -ENOMEM;
	if (length && text[length - 1] == '\n')
		text[length - 1] = '\0';
	*ret_text = text;
	return 0;
}

static int take_answer(const struct worker_call *call, const struct worker_answer *answer,
		       int status, int output_fd, int *ret_answer, char **ret_text,
		       struct error *error)
{
	if (!answer->returned && answer->code < 0)
		return error_set_errno(error, -answer->code, "cannot start a worker to %s",
				       call->step);
	if (ret_text && (answer->code == 0 || call->access == WORKER_CALL)) {
		int r = take_text(answer, output_fd, ret_text);

		if (r < 0)
			return error_set_errno(error, -r, "cannot %s", call->step);
	}
	/* a program has no way to set `returned`, unless it could not be run */
	*ret_answer = answer->returned ? answer->code : WEXITSTATUS(status);
	return 0;
}

static int report_wait(const struct worker_call *call, int code, struct error *error)
{
	if (code == -ETIMEDOUT && call->dies_unawaited) {
		error_set(error, ETIMEDOUT, "cannot %s", call->step);
		error_why(error,
			  "%s has not ended in time and was killed; what it has asked of the "
			  "kernel goes on until that is done",
			  call->arguments[0]);
	} else if (code == -ETIMEDOUT) {
		error_set(error, ETIMEDOUT, "cannot %s", call->step);
		error_why(error, "the kernel has not answered in time; the call cannot be ended "
				 "and is left behind");
		error_hint(error, "Find out what uses the device (gpu-handoff holders with its "
				  "address, dmesg). When the call\nreturns, the device is usable "
				  "again by itself; if it never does, only a reboot frees it.");
	} else {
		error_set_errno(error, -code, "cannot %s", call->step);
	}
	if (call->device)
		error_device(error, call->device);
	return code;
}

/*
 * A program that nobody waits for any more must not do later what is undone meanwhile. One that is
 * in the kernel stays until its call returns.
 */
static void end_program(const struct worker_call *call, pid_t child)
{
	const struct patience patience = { .deadline_ms = clock_now_ms() + END_WAIT_MS };
	int status;

	/* the worker leads a session of its own, as soon as it runs */
	if (call->dies_unawaited && (kill(-child, SIGKILL) == 0 || kill(child, SIGKILL) == 0))
		(void)child_wait(child, &patience, &status);
}

/* What is said of the call while it is in flight. A program does not clear its note. */
static struct worker_note make_note(const struct worker_context *context,
				    const struct worker_call *call)
{
	struct worker_note note = {
		.owner = getpid(),
		.since_ms = clock_now_ms(),
		.tells_crash =
			call->access != WORKER_EXECUTE && worker_kernel_crashed(context->root) == 0,
	};

	snprintf(note.step, sizeof(note.step), "%s", call->step);
	return note;
}

/* Waits for the worker, and takes what has come of it. Returns as worker_run(). */
static int await(const struct worker_context *context, const struct worker_call *call, pid_t child,
		 const struct worker_answer *answer, int output_fd, int *ret_answer,
		 char **ret_text, struct error *error)
{
	int status = 0;
	int r = child_wait(child, context->patience, &status);

	if (r == -ETIMEDOUT || r == -ECANCELED)
		end_program(call, child);
	if (r < 0)
		return report_wait(call, r, error);
	if (!WIFSIGNALED(status))
		return take_answer(call, answer, status, output_fd, ret_answer, ret_text, error);
	r = call->device ? worker_kernel_crashed(context->root) : 0;
	if (r == 0)
		return report_killed(call, WTERMSIG(status), error);
	if (r < 0)
		return report_unknown(call, error);
	return report_dead(call->device, call->step, error);
}

/*
 * Lets go of the lock with the note that belongs in it after that result. A worker that is left
 * behind keeps both.
 */
static void release_lock(const struct worker_context *context, const struct worker_call *call,
			 int lock_fd, struct worker_note *note, int result)
{
	int r = 0;

	if (lock_fd < 0 || result == -ECANCELED || result == -DEATH_UNKNOWN)
		return;
	if (result == -ETIMEDOUT) {
		note->late = true;
		worker_note_write(lock_fd, note);
		return;
	}
	if (result == -ENOTRECOVERABLE)
		r = mark_wedged(context, call->device, call->step);
	if (r < 0) {
		log_warning("cannot mark %s as out of reach: %s", call->device, strerror(-r));
		/* it is left to the note to tell the next one */
		if (!note->tells_crash) {
			note->tells_crash = true;
			worker_note_write(lock_fd, note);
		}
	} else if (ftruncate(lock_fd, 0) < 0) {
		/* neither a program nor who was killed has cleared it */
		log_warning("cannot clear a lock's note: %s", strerror(errno));
	}
	unlock(lock_fd);
}

/* Makes the call in a child. Returns as worker_run(). */
static int run_child(const struct worker_context *context, const struct worker_call *call,
		     int lock_fd, int *ret_answer, char **ret_text, struct error *error)
{
	_cleanup_close_ int output_fd = -1;
	struct worker_answer *answer;
	pid_t parent = getpid();
	pid_t child;
	int r;

	if (ret_text && (call->access == WORKER_EXECUTE || call->access == WORKER_CALL)) {
		output_fd = memfd_create("gpu-handoff-output", MFD_CLOEXEC);
		if (output_fd < 0)
			return error_set_errno(error, errno, "cannot start a worker to %s",
					       call->step);
	}
	answer = mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (answer == MAP_FAILED)
		return error_set_errno(error, errno, "cannot start a worker to %s", call->step);
	child = fork();
	if (child == 0)
		worker_child_main(call, context->root, lock_fd, output_fd, parent, answer);
	if (child < 0)
		r = error_set_errno(error, errno, "cannot start a worker to %s", call->step);
	else
		r = await(context, call, child, answer, output_fd, ret_answer, ret_text, error);
	munmap(answer, sizeof(*answer));
	return r;
}

int worker_wait_idle(const struct worker_context *context, const char *device, bool to_the_end,
		     struct error *error)
{
	_cleanup_close_ int lock_fd = -1;
	struct worker_note note;
	char name[LOCK_NAME_SIZE];
	int r;

	snprintf(name, sizeof(name), "%s.lock", device);
	/* taking a lock makes its file; without one there was never a call */
	if (context->locks_fd < 0 ||
	    (faccessat(context->locks_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT))
		return 0;
	if (to_the_end) {
		worker_note_read(context->locks_fd, name, &note);
		lock_fd = lock_take(context->locks_fd, name, context->patience);
		if (lock_fd == -ETIMEDOUT)
			return report_in_flight(device, &note, error);
		unlock(lock_fd);
		cleanup_close(&lock_fd);
		lock_fd = -1;
	}
	r = device_lock(context, device, &lock_fd, error);
	/* what was killed has not cleared its note */
	if (r == 0 && ftruncate(lock_fd, 0) < 0)
		log_warning("cannot clear a lock's note: %s", strerror(errno));
	if (r == 0)
		unlock(lock_fd);
	return r;
}

int worker_run(const struct worker_context *context, const struct worker_call *call,
	       int *ret_answer, char **ret_text, struct error *error)
{
	_cleanup_close_ int lock_fd = -1;
	struct worker_note note;
	int r;

	r = device_lock(context, call->device, &lock_fd, error);
	if (r < 0)
		return r;
	/* what would be left behind at once is not begun */
	if (clock_left_ms(context->patience->deadline_ms) == 0) {
		unlock(lock_fd);
		return report_no_time(call, error);
	}
	if (lock_fd >= 0) {
		note = make_note(context, call);
		worker_note_write(lock_fd, &note);
	}
	r = run_child(context, call, lock_fd, ret_answer, ret_text, error);
	release_lock(context, call, lock_fd, &note, r);
	return r;
}
