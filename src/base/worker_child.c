/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/worker_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/process.h"

#define CHILD_LOCK_FD 3
#define CHILD_ROOT_FD 4
#define CHILD_OUTPUT_FD 5
/* Above all of these. */
#define CHILD_SPARE_FD 10

/* Leaves a descriptor as number `wanted`, or that number closed when it is -1. */
static int place(int fd, int wanted)
{
	if (fd < 0)
		return close(wanted) < 0 && errno != EBADF ? -errno : 0;
	return dup3(fd, wanted, O_CLOEXEC) < 0 ? -errno : 0;
}

/*
 * Leaves the child with the lock, the tree and the output in their places, /dev/null below, nothing
 * above.
 */
static int isolate(int lock_fd, int root_fd, int output_fd, pid_t parent)
{
	sigset_t all;
	int null_fd;
	int high_lock, high_root, high_output;
	int r;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	if (getppid() != parent)
		return -ESRCH;
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd < 0)
		return -errno;
	high_lock = lock_fd >= 0 ? fcntl(lock_fd, F_DUPFD_CLOEXEC, CHILD_SPARE_FD) : -1;
	high_output = output_fd >= 0 ? fcntl(output_fd, F_DUPFD_CLOEXEC, CHILD_SPARE_FD) : -1;
	high_root = fcntl(root_fd, F_DUPFD_CLOEXEC, CHILD_SPARE_FD);
	if (high_root < 0 || (lock_fd >= 0 && high_lock < 0) || (output_fd >= 0 && high_output < 0))
		return -errno;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(null_fd, fd) < 0)
			return -errno;
	if ((r = place(high_lock, CHILD_LOCK_FD)) < 0 ||
	    (r = place(high_root, CHILD_ROOT_FD)) < 0 ||
	    (r = place(high_output, CHILD_OUTPUT_FD)) < 0)
		return r;
	if (close_range(CHILD_OUTPUT_FD + 1, UINT_MAX, 0) < 0)
		return -errno;
	return 0;
}

static int read_file(int root_fd, const char *path, struct worker_answer *answer)
{
	ssize_t count;
	int fd = openat(root_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	count = read(fd, answer->text, WORKER_TEXT_MAX_BYTES);
	if (count < 0)
		return -errno;
	answer->length = (size_t)count;
	close(fd);
	return 0;
}

static int write_file(int root_fd, const char *path, const char *text)
{
	ssize_t count;
	int fd = openat(root_fd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	/* one call: sysfs takes each write for a command of its own */
	count = write(fd, text, strlen(text));
	if (count < 0)
		return -errno;
	close(fd);
	return (size_t)count == strlen(text) ? 0 : -EIO;
}

static int open_file(int root_fd, const char *path)
{
	int fd = openat(root_fd, path, O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/*
 * The program keeps the lock: it may be stuck in the kernel when nobody else is left. One that is
 * to come to its end does so when whoever has called for it has ended, or was killed.
 */
static int execute(const struct worker_call *call, bool capture, bool locked)
{
	static char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
					     NULL };

	if (capture &&
	    (dup2(CHILD_OUTPUT_FD, STDOUT_FILENO) < 0 || dup2(CHILD_OUTPUT_FD, STDERR_FILENO) < 0))
		return -errno;
	if (locked && fcntl(CHILD_LOCK_FD, F_SETFD, 0) < 0)
		return -errno;
	if (!call->dies_unawaited && prctl(PR_SET_PDEATHSIG, 0) < 0)
		return -errno;
	process_reset();
	execve(call->arguments[0], (char *const *)call->arguments, environment);
	return -errno;
}

static int make_access(const struct worker_call *call, bool is_host, bool capture, bool locked,
		       struct worker_answer *answer)
{
	const struct root root = { .fd = CHILD_ROOT_FD, .is_host = is_host };
	int root_fd = root.fd;
	int r;

	switch (call->access) {
	case WORKER_READ:
		return read_file(root_fd, call->path, answer);
	case WORKER_WRITE:
		return write_file(root_fd, call->path, call->text);
	case WORKER_WRITE_READ:
		r = write_file(root_fd, call->path, call->text);
		return r < 0 ? r : read_file(root_fd, call->path, answer);
	case WORKER_OPEN:
		return open_file(root_fd, call->path);
	case WORKER_EXECUTE:
		return execute(call, capture, locked);
	case WORKER_CALL:
		return call->function(&root, CHILD_OUTPUT_FD, call->data);
	}
	return -EINVAL;
}

_Noreturn void worker_child_main(const struct worker_call *call, const struct root *root,
				 int lock_fd, int output_fd, pid_t parent,
				 struct worker_answer *answer)
{
	int r = isolate(lock_fd, root->fd, output_fd, parent);

	if (r < 0) {
		answer->code = r;
		_exit(1);
	}
	answer->code = make_access(call, root->is_host, output_fd >= 0, lock_fd >= 0, answer);
	answer->returned = true;
	/* whoever finds a note without a call knows that this one has not come back */
	_exit(lock_fd >= 0 && ftruncate(CHILD_LOCK_FD, 0) < 0);
}
