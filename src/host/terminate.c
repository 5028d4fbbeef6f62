/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends the processes that hold functions. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "host/holders.h"
#include "host/holders_program.h"
#include "host/holders_search.h"

/* What the kernel needs to end a process after SIGKILL, at the most. */
#define KILL_WAIT_MS 3000
/* Parents of parents; more than there are, less than a loop. */
#define ANCESTORS_MAX 64

struct target {
	pid_t pid;
	int fd; /* of the process: its number cannot come to be another's under it */
	char *who;
};

struct targets {
	struct target *items;
	size_t count;
};

static void targets_clear(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++) {
		cleanup_close(&targets->items[i].fd);
		free(targets->items[i].who);
	}
	free(targets->items);
}

#define _cleanup_targets_ __attribute__((cleanup(targets_clear)))

bool holders_is_protected(const struct root *root, pid_t pid)
{
	pid_t ancestor = getpid();
	int r = 0;

	for (int i = 0; i < ANCESTORS_MAX && ancestor > 1; i++) {
		if (ancestor == pid)
			return true;
		r = holders_process_parent(root, ancestor, &ancestor);
		if (r < 0)
			break;
	}
	return pid <= 1 || (r < 0 && !root_says_missing(r));
}

/* Takes a process by the descriptor, and then sees that it is still the one that was found. */
static int add_target(const struct root *root, const struct holder *holder, struct targets *targets)
{
	unsigned long long started;
	struct target *target;
	int fd;

	for (size_t i = 0; i < targets->count; i++)
		if (targets->items[i].pid == holder->pid)
			return 0;
	if (holders_is_protected(root, holder->pid))
		return 0;
	fd = (int)syscall(SYS_pidfd_open, holder->pid, 0);
	if (fd < 0)
		return errno == ESRCH ? 0 : -errno;
	if (holders_process_started(root, holder->pid, &started) < 0 ||
	    started != holder->started) {
		close(fd);
		return 0;
	}
	if (array_grow(&targets->items, targets->count, sizeof(*target)) < 0) {
		close(fd);
		return -ENOMEM;
	}
	target = &targets->items[targets->count++];
	target->pid = holder->pid;
	target->fd = fd;
	target->who = holders_describe_process(root, holder->pid);
	return target->who ? 0 : -ENOMEM;
}

static bool has_ended(const struct target *target)
{
	struct pollfd ended = { .fd = target->fd, .events = POLLIN };

	return poll(&ended, 1, 0) > 0;
}

static int signal_all(const struct targets *targets, int number)
{
	for (size_t i = 0; i < targets->count; i++)
		if (!has_ended(&targets->items[i]) &&
		    syscall(SYS_pidfd_send_signal, targets->items[i].fd, number, NULL, 0) < 0 &&
		    errno != ESRCH)
			return -errno;
	return 0;
}

/* Whether all have ended by then. */
static bool wait_all(const struct targets *targets, int64_t deadline_ms)
{
	for (size_t i = 0; i < targets->count; i++) {
		struct pollfd ended = { .fd = targets->items[i].fd, .events = POLLIN };

		while (!has_ended(&targets->items[i])) {
			if (clock_left_ms(deadline_ms) == 0)
				return false;
			poll(&ended, 1, (int)clock_left_ms(deadline_ms));
		}
	}
	return true;
}

static int end_all(const struct targets *targets, int64_t grace_ms, struct error *error)
{
	/* who gives little time for SIGTERM has little in all */
	int64_t kill_ms = grace_ms && grace_ms < KILL_WAIT_MS ? grace_ms : KILL_WAIT_MS;
	int r = signal_all(targets, SIGTERM);

	if (r == 0 && !wait_all(targets, clock_now_ms() + grace_ms))
		r = signal_all(targets, SIGKILL);
	if (r < 0)
		return error_set_errno(error, -r, "cannot end who uses the devices");
	if (!wait_all(targets, clock_now_ms() + kill_ms))
		return error_set(error, EBUSY,
				 "cannot end who uses the devices: a process does not end, not "
				 "even by SIGKILL");
	return 0;
}

int holders_terminate_here(const struct root *root, const struct holders *holders, int64_t grace_ms,
			   struct strings *ret_ended, struct error *error)
{
	_cleanup_targets_ struct targets targets = { 0 };
	int r;

	for (size_t i = 0; i < holders->count; i++) {
		if (holders->items[i].kind != HOLDER_PROCESS)
			continue;
		r = add_target(root, &holders->items[i], &targets);
		if (r < 0)
			return error_set_errno(error, -r, "cannot end who uses the devices");
	}
	r = end_all(&targets, grace_ms, error);
	for (size_t i = 0; i < targets.count; i++)
		if (has_ended(&targets.items[i]) &&
		    strings_add(ret_ended, targets.items[i].who) < 0)
			return error_set_errno(error, ENOMEM, "cannot tell who was ended");
	return r;
}

void holders_terminate_raw(const struct root *root, const struct holders *holders, int64_t grace_ms,
			   int output_fd)
{
	_cleanup_strings_ struct strings ended = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *text = NULL;
	int r = holders_terminate_here(root, holders, grace_ms, &ended, &error);

	for (size_t i = 0; i < ended.count; i++)
		dprintf(output_fd, "+%s\n", ended.items[i]);
	text = r < 0 ? error_text(&error) : NULL;
	if (r < 0)
		dprintf(output_fd, "!%d %s\n", -r, text ? text : "?");
}

/* ---- in a worker -------------------------------------------------------------------------- */

struct request {
	const struct holders *holders;
	int64_t grace_ms;
};

static int terminate_in_worker(const struct root *root, int output_fd, const void *data)
{
	const struct request *request = data;

	holders_terminate_raw(root, request->holders, request->grace_ms, output_fd);
	return 0;
}

/*
 * Takes the lines of ended processes, and an error when there is one. Others are the loader's or a
 * library's: a program writes its errors there too.
 */
static int take_lines(char *text, struct strings *ret_ended, struct error *error)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		int code, start = 0;

		if (sscanf(line, "!%d %n", &code, &start) == 1 && start)
			return error_set(error, code, "%s", line + start);
		if (*line == '+' && strings_add(ret_ended, line + 1) < 0)
			return error_set_errno(error, ENOMEM, "cannot tell who was ended");
	}
	return 0;
}

/* Says which processes they are: by number, and by when they began. */
static int make_arguments(const struct request *request, struct strings *arguments)
{
	_cleanup_free_ char *grace = text_format("--terminate=%lld", (long long)request->grace_ms);

	if (!grace || strings_add(arguments, grace) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < request->holders->count; i++) {
		const struct holder *holder = &request->holders->items[i];
		_cleanup_free_ char *process =
			text_format("--process=%d:%llu", (int)holder->pid, holder->started);

		if (holder->kind == HOLDER_PROCESS &&
		    (!process || strings_add(arguments, process) < 0))
			return -ENOMEM;
	}
	return 0;
}

static int terminate_by_program(const struct worker_context *context, const struct request *request,
				struct strings *ret_ended, struct error *error)
{
	_cleanup_strings_ struct strings arguments = STRINGS_INIT;
	_cleanup_free_ char *text = NULL;
	int status;
	int r;

	if (make_arguments(request, &arguments) < 0)
		return error_set_errno(error, ENOMEM, "cannot end who uses the devices");
	r = holders_program_run(context, &arguments, "end who uses the devices", &status, &text,
				error);
	if (r < 0)
		return r;
	if (status != 0)
		return error_set(error, EIO, "cannot end who uses the devices: %s",
				 text && *text ? text : HOLDERS_PROGRAM " has failed");
	return text ? take_lines(text, ret_ended, error) : 0;
}

int holders_terminate(const struct worker_context *context, const struct holders *holders,
		      int64_t grace_ms, struct strings *ret_ended, struct error *error)
{
	const struct request request = { holders, grace_ms };
	const struct worker_call call = {
		.access = WORKER_CALL,
		.step = "end who uses the devices",
		.function = terminate_in_worker,
		.data = &request,
	};
	_cleanup_free_ char *text = NULL;
	bool program = holders_program_is_there();
	size_t processes = 0;
	int answer;
	int r;

	for (size_t i = 0; i < holders->count; i++)
		processes += holders->items[i].kind == HOLDER_PROCESS;
	if (processes == 0)
		return 0;
	if (program && holders_program_is_better(context->root))
		return terminate_by_program(context, &request, ret_ended, error);
	r = worker_run(context, &call, &answer, &text, error);
	if (r == 0 && text)
		r = take_lines(text, ret_ended, error);
	if ((r == -EACCES || r == -EPERM) && program)
		r = terminate_by_program(context, &request, ret_ended, error);
	return r;
}
