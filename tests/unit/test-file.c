/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "tap.h"

/* The engine's write() is this one: a disk that is nearly full takes less than all. */
static bool halving;
static unsigned int halved;

ssize_t write(int fd, const void *data, size_t length)
{
	if (halving && length > 1) {
		length /= 2;
		halved++;
	}
	return syscall(SYS_write, fd, data, length);
}

/* A directory of the test's own. */
struct place {
	char path[64];
	int fd;
};

static struct place place_make(void)
{
	struct place place = { .path = "/tmp/test-file.XXXXXX" };

	if (!mkdtemp(place.path))
		abort();
	place.fd = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place.fd < 0)
		abort();
	return place;
}

static void place_remove(struct place *place)
{
	static const char *const names[] = { "name", ".name.gpu-handoff~", "kept", "link" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (unlinkat(place->fd, names[i], 0) < 0 && errno == EISDIR)
			unlinkat(place->fd, names[i], AT_REMOVEDIR);
	close(place->fd);
	rmdir(place->path);
}

#define _cleanup_place_ __attribute__((cleanup(place_remove)))

static void put(const struct place *place, const char *name, const void *text, size_t length)
{
	_cleanup_close_ int fd =
		openat(place->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, length) != (ssize_t)length)
		abort();
}

static char *get(const struct place *place, const char *name)
{
	_cleanup_close_ int fd = openat(place->fd, name, O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	size_t length;

	if (fd < 0 || file_read(fd, 1 << 20, &text, &length) < 0)
		return NULL;
	return text;
}

static void check_read(size_t size, size_t limit, bool accepted)
{
	_cleanup_place_ struct place place = place_make();
	_cleanup_free_ char *bytes = malloc(size + 1);
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	size_t length = 7;
	int r;

	if (!bytes)
		abort();
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(i * 7);
	put(&place, "name", bytes, size);
	fd = openat(place.fd, "name", O_RDONLY | O_CLOEXEC);
	r = file_read(fd, limit, &text, &length);
	if (accepted)
		CHECK(r == 0 && length == size && memcmp(text, bytes, size) == 0 &&
			      text[length] == '\0',
		      "%zu bytes are read whole, zero bytes too, limit %zu", size, limit);
	else
		CHECK(r == -EFBIG && !text && length == 7,
		      "%zu bytes are refused, limit %zu, results untouched", size, limit);
}

static void test_read(void)
{
	check_read(0, 0, true);
	check_read(0, 10, true);
	check_read(1, 0, false);
	check_read(10, 10, true);
	check_read(11, 10, false);
	check_read(4094, 100000, true);
	check_read(4095, 100000, true);
	check_read(4096, 100000, true);
	check_read(4097, 100000, true);
	check_read(100000, 100000, true);
	check_read(100001, 100000, false);
}

static void test_read_position(void)
{
	_cleanup_place_ struct place place = place_make();
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	size_t length;

	put(&place, "name", "0123456789", 10);
	fd = openat(place.fd, "name", O_RDONLY | O_CLOEXEC);
	CHECK(lseek(fd, 4, SEEK_SET) == 4 && file_read(fd, 6, &text, &length) == 0,
	      "reading begins at the descriptor's position");
	CHECK_TEXT(text, "456789", "and ends at the file's end");
}

static void test_read_errors(void)
{
	_cleanup_place_ struct place place = place_make();
	char *text = NULL;
	size_t length = 7;

	CHECK(file_read(place.fd, 10, &text, &length) == -EISDIR && !text && length == 7,
	      "a directory's error is returned");
	CHECK(file_read(-1, 10, &text, &length) == -EBADF, "a bad descriptor's error is returned");
}

static void test_read_until(void)
{
	_cleanup_free_ char *text = NULL;
	char *none = NULL;
	size_t length = 7;
	int64_t start;
	int ends[2];
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0 || write(ends[1], "half", 4) != 4)
		abort();
	start = clock_now_ms();
	r = file_read_until(ends[0], 100, start + 50, &none, &length);
	CHECK(r == -ETIMEDOUT && !none && length == 7,
	      "a writer that does not end is given up at the deadline");
	CHECK(clock_now_ms() - start >= 49 && clock_now_ms() - start < 30000,
	      "not before the deadline, and soon after");
	r = file_read_until(ends[0], 100, start, &none, &length);
	CHECK(r == -ETIMEDOUT, "a deadline that has passed is one");
	if (write(ends[1], "whole", 5) != 5)
		abort();
	close(ends[1]);
	r = file_read_until(ends[0], 100, clock_now_ms() + 60000, &text, &length);
	CHECK(r == 0 && length == 5, "a pipe is read until its writer closes it");
	CHECK_TEXT(text, "whole", "what the pipe held");
	close(ends[0]);
}

/* A writer that comes in pieces, while the reader waits. */
static void test_read_slow_writer(void)
{
	_cleanup_free_ char *text = NULL;
	size_t length = 0;
	int ends[2];
	pid_t writer;
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		abort();
	writer = fork();
	if (writer < 0)
		abort();
	if (writer == 0) {
		for (int i = 0; i < 5; i++) {
			usleep(5000);
			if (write(ends[1], "piece ", 6) != 6)
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);
	r = file_read_until(ends[0], 100, clock_now_ms() + 60000, &text, &length);
	CHECK(r == 0 && length == 30, "the pieces of a slow writer come together");
	close(ends[0]);
	waitpid(writer, NULL, 0);
}

static void test_replace(void)
{
	_cleanup_place_ struct place place = place_make();
	_cleanup_free_ char *first = NULL;
	_cleanup_free_ char *second = NULL;
	struct stat status;

	CHECK(file_replace(place.fd, "name", "first", 5) == 0, "a file is made");
	first = get(&place, "name");
	CHECK_TEXT(first, "first", "a new file has the text");
	CHECK(fstatat(place.fd, "name", &status, 0) == 0 && (status.st_mode & 07777) == 0600,
	      "a new file is its owner's alone");
	CHECK(file_replace(place.fd, "name", "2nd", 3) == 0, "a file is replaced");
	second = get(&place, "name");
	CHECK_TEXT(second, "2nd", "nothing of a longer file stays");
	CHECK(faccessat(place.fd, ".name.gpu-handoff~", F_OK, 0) < 0, "no temporary file stays");
	CHECK(file_replace(place.fd, "name", "", 0) == 0 &&
		      fstatat(place.fd, "name", &status, 0) == 0 && status.st_size == 0,
	      "an empty text is a file too");
}

static void test_replace_short(void)
{
	_cleanup_place_ struct place place = place_make();
	_cleanup_free_ char *text = NULL;
	struct stat as;
	int r;

	put(&place, "name", "old", 3);
	if (fstatat(place.fd, "name", &as, 0) < 0)
		abort();
	halving = true;
	r = file_replace_as(place.fd, "name", "0123456789", 10, &as);
	halving = false;
	text = get(&place, "name");
	CHECK(r == 0 && halved > 1, "a write that takes half of it is gone on with");
	CHECK_TEXT(text, "0123456789", "until the file has all of it");
}

static void test_replace_as(void)
{
	_cleanup_place_ struct place place = place_make();
	_cleanup_free_ char *text = NULL;
	struct stat as, status;

	put(&place, "name", "old", 3);
	if (fchmodat(place.fd, "name", 0754, 0) < 0 || fstatat(place.fd, "name", &as, 0) < 0)
		abort();
	CHECK(file_replace_as(place.fd, "name", "new", 3, &as) == 0,
	      "a file is replaced by one that is to be like it");
	text = get(&place, "name");
	CHECK_TEXT(text, "new", "it has the text");
	CHECK(fstatat(place.fd, "name", &status, 0) == 0 && status.st_mode == as.st_mode &&
		      status.st_uid == as.st_uid && status.st_gid == as.st_gid,
	      "it has the mode and the owner");
	CHECK(status.st_ino != as.st_ino, "it is another file");
	CHECK(faccessat(place.fd, ".name.gpu-handoff~", F_OK, 0) < 0, "no temporary file stays");
}

static void test_replace_link(void)
{
	_cleanup_place_ struct place place = place_make();
	_cleanup_free_ char *kept = NULL;
	_cleanup_free_ char *replaced = NULL;
	struct stat status;

	put(&place, "kept", "old", 3);
	if (symlinkat("kept", place.fd, "name") < 0 ||
	    symlinkat("kept", place.fd, ".name.gpu-handoff~") < 0)
		abort();
	CHECK(file_replace(place.fd, "name", "new", 3) == 0,
	      "a link is replaced, and so is one in the temporary file's place");
	CHECK(fstatat(place.fd, "name", &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		      S_ISREG(status.st_mode),
	      "by a file");
	kept = get(&place, "kept");
	replaced = get(&place, "name");
	CHECK_TEXT(kept, "old", "what it led to is as it was");
	CHECK_TEXT(replaced, "new", "the file in its place has the text");
}

/* A FIFO would wait for its reader, and what somebody has open he can still write to. */
static void test_replace_left(void)
{
	_cleanup_place_ struct place place = place_make();
	_cleanup_close_ int theirs = -1;
	_cleanup_free_ char *text = NULL;

	if (mkfifoat(place.fd, ".name.gpu-handoff~", 0666) < 0)
		abort();
	CHECK(file_replace(place.fd, "name", "new", 3) == 0,
	      "a FIFO in the temporary file's place is removed");
	theirs = openat(place.fd, ".name.gpu-handoff~", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	CHECK(theirs >= 0 && file_replace(place.fd, "name", "ours", 4) == 0 &&
		      write(theirs, "theirs", 6) == 6,
	      "a file in its place is another one from then on");
	text = get(&place, "name");
	CHECK_TEXT(text, "ours", "the text is ours");
}

static void test_replace_failure(void)
{
	_cleanup_place_ struct place place = place_make();
	struct stat status;
	int r;

	if (mkdirat(place.fd, "name", 0755) < 0)
		abort();
	r = file_replace(place.fd, "name", "new", 3);
	CHECK(r == -EISDIR, "a directory is not replaced");
	CHECK(fstatat(place.fd, "name", &status, 0) == 0 && S_ISDIR(status.st_mode),
	      "the directory is still there");
	CHECK(faccessat(place.fd, ".name.gpu-handoff~", F_OK, 0) < 0, "no temporary file stays");
	CHECK(file_replace(-1, "name", "new", 3) == -EBADF, "a bad directory's error is returned");
}

static void test_replace_long_name(void)
{
	_cleanup_place_ struct place place = place_make();
	char name[260];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	CHECK(file_replace(place.fd, name, "new", 3) == -ENAMETOOLONG,
	      "a name that is too long is an error");
}

int main(void)
{
	test_read();
	test_read_position();
	test_read_errors();
	test_read_until();
	test_read_slow_writer();
	test_replace();
	test_replace_short();
	test_replace_as();
	test_replace_link();
	test_replace_left();
	test_replace_failure();
	test_replace_long_name();
	return tap_done();
}
