/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/lock.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "scratch.h"
#include "tap.h"

static bool count_down(void *data)
{
	int *left = data;

	return --*left <= 0;
}

static struct patience patience_of(int64_t duration_ms)
{
	return (struct patience){ .deadline_ms = clock_now_ms() + duration_ms };
}

static void test_exclusive(void)
{
	SCRATCH(place);
	int first = lock_take(place.root.fd, "lock", NULL);
	int other = lock_take(place.root.fd, "other", NULL);
	int again;

	CHECK(first >= 0, "a lock that nobody has is taken, its file made");
	CHECK(other >= 0, "another name is another lock");
	CHECK(lock_take(place.root.fd, "lock", NULL) == -EWOULDBLOCK,
	      "a lock that is taken is refused at once without patience");
	close(first);
	again = lock_take(place.root.fd, "lock", NULL);
	CHECK(again >= 0, "a lock is free after the last close, its file left");
	close(again);
	close(other);
}

static void test_file(void)
{
	SCRATCH(place);
	_cleanup_close_ int fd = lock_take(place.root.fd, "lock", NULL);
	struct stat status;

	CHECK(fstat(fd, &status) == 0 && (status.st_mode & 07777) == 0600,
	      "the file's mode is 0600");
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC, "no program that is run keeps the lock");
	scratch_link(&place, "link", "target");
	CHECK(lock_take(place.root.fd, "link", NULL) == -ELOOP, "a link is refused");
	CHECK(!root_exists(&place.root, "target"), "and not followed");
	scratch_fifo(&place, "fifo");
	CHECK(lock_take(place.root.fd, "fifo", NULL) == -EPERM, "a FIFO is refused");
	CHECK(lock_take(place.root.fd, ".", NULL) == -EISDIR, "a directory is refused");
	CHECK(lock_take(place.root.fd, "none/lock", NULL) == -ENOENT, "no directory: an error");
}

static void test_shared_descriptor(void)
{
	SCRATCH(place);
	int fd = lock_take(place.root.fd, "lock", NULL);
	int kept = dup(fd);

	close(fd);
	CHECK(lock_take(place.root.fd, "lock", NULL) == -EWOULDBLOCK,
	      "a lock lives as long as anyone has it open, as a worker left behind");
	close(kept);
}

static void test_patience(void)
{
	SCRATCH(place);
	_cleanup_close_ int held = lock_take(place.root.fd, "lock", NULL);
	struct patience patience = patience_of(100);
	int64_t start = clock_now_ms();
	int left = 3;

	CHECK(held >= 0 && lock_take(place.root.fd, "lock", &patience) == -ETIMEDOUT &&
		      clock_now_ms() - start >= 100,
	      "with patience it is waited for, until the deadline");
	patience = patience_of(-1);
	start = clock_now_ms();
	CHECK(lock_take(place.root.fd, "lock", &patience) == -ETIMEDOUT &&
		      clock_now_ms() - start < 5000,
	      "a deadline that has passed: at once");
	patience = patience_of(10000);
	patience.cancelled = count_down;
	patience.data = &left;
	CHECK(lock_take(place.root.fd, "lock", &patience) == -ECANCELED &&
		      clock_now_ms() - start < 5000,
	      "a wait that is called off ends before its deadline");
}

static void test_waits_for_other(void)
{
	SCRATCH(place);
	int held = lock_take(place.root.fd, "lock", NULL);
	struct patience patience = patience_of(30000);
	pid_t child = fork();
	int taken;

	if (child == 0) {
		usleep(100 * 1000);
		_exit(0);
	}
	close(held);
	taken = lock_take(place.root.fd, "lock", &patience);
	CHECK(taken >= 0, "a lock is got when the process that has it ends");
	close(taken);
}

static void test_past_deadline_but_free(void)
{
	SCRATCH(place);
	struct patience patience = patience_of(-1000);
	int left = 0;
	int fd;

	patience.cancelled = count_down;
	patience.data = &left;
	fd = lock_take(place.root.fd, "lock", &patience);
	CHECK(fd >= 0, "a free lock is taken whatever the time");
	close(fd);
	patience.cancelled = NULL;
	CHECK(!patience_cancelled(&patience), "what cannot be called off is not");
}

int main(void)
{
	test_exclusive();
	test_file();
	test_shared_descriptor();
	test_patience();
	test_waits_for_other();
	test_past_deadline_but_free();
	return tap_done();
}
