/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

#define CHUNK 4096
#define POLL_MS 1000
/* of the name, so that a name of full length still has a temporary file */
#define TEMPORARY_STEM_BYTES 240

/* Waits until the descriptor can be read. `deadline_ms` below 0: does not wait. */
static int wait_readable(int fd, int64_t deadline_ms)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	if (deadline_ms < 0)
		return 0;
	for (;;) {
		int64_t left = clock_left_ms(deadline_ms);
		int count = poll(&ready, 1, left < POLL_MS ? (int)left : POLL_MS);

		if (count > 0)
			return 0;
		if (count < 0 && errno != EINTR)
			return -errno;
		if (left == 0)
			return -ETIMEDOUT;
	}
}

int file_read_until(int fd, size_t limit, int64_t deadline_ms, char **ret_text, size_t *ret_length)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	size_t length = 0;

	for (;;) {
		ssize_t count;
		int r;

		if (size - length < 2) {
			char *grown = realloc(text, size ? size * 2 : CHUNK);

			if (!grown)
				return -ENOMEM;
			text = grown;
			size = size ? size * 2 : CHUNK;
		}
		r = wait_readable(fd, deadline_ms);
		if (r < 0)
			return r;
		count = read(fd, text + length, size - length - 1);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		if (count == 0)
			break;
		length += (size_t)count;
		if (length > limit)
			return -EFBIG;
	}
	text[length] = '\0';
	*ret_text = take_ptr(text);
	*ret_length = length;
	return 0;
}

int file_read(int fd, size_t limit, char **ret_text, size_t *ret_length)
{
	return file_read_until(fd, limit, -1, ret_text, ret_length);
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t count = write(fd, text, length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return count < 0 ? -errno : -EIO;
		text += count;
		length -= (size_t)count;
	}
	return 0;
}

/* Fills the new file. `as` NULL: it stays as it was made. */
static int fill(int fd, const char *text, size_t length, const struct stat *as)
{
	int r = write_all(fd, text, length);

	if (r < 0 || !as)
		return r;
	/* the owner first: a change of it takes bits of the mode away */
	if (fchown(fd, as->st_uid, as->st_gid) < 0 || fchmod(fd, as->st_mode & 07777) < 0 ||
	    fsync(fd) < 0)
		return -errno;
	return 0;
}

/*
 * Makes the temporary file. What an earlier process has left there is removed, and not written to:
 * it may be anything, and anybody's.
 */
static int make_temporary(int directory_fd, const char *name)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(directory_fd, name, flags, 0600);

	if (fd < 0 && errno == EEXIST && unlinkat(directory_fd, name, 0) == 0)
		fd = openat(directory_fd, name, flags, 0600);
	return fd < 0 ? -errno : fd;
}

static int replace_by(int directory_fd, const char *temporary, const char *name, const char *text,
		      size_t length, const struct stat *as, unsigned int rename_flags)
{
	int fd = make_temporary(directory_fd, temporary);
	int r;

	if (fd < 0)
		return fd;
	r = fill(fd, text, length, as);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && renameat2(directory_fd, temporary, directory_fd, name, rename_flags) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(directory_fd, temporary, 0);
	return r;
}

static int replace(int directory_fd, const char *name, const char *text, size_t length,
		   const struct stat *as, unsigned int rename_flags)
{
	/* no other program's, in a directory that is not ours alone */
	_cleanup_free_ char *temporary =
		text_format(".%.*s.gpu-handoff~", TEMPORARY_STEM_BYTES, name);

	return temporary ? replace_by(directory_fd, temporary, name, text, length, as, rename_flags)
			 : -ENOMEM;
}

int file_replace_by(int directory_fd, const char *temporary, const char *name, const char *text,
		    size_t length)
{
	return replace_by(directory_fd, temporary, name, text, length, NULL, 0);
}

int file_replace(int directory_fd, const char *name, const char *text, size_t length)
{
	return replace(directory_fd, name, text, length, NULL, 0);
}

int file_replace_as(int directory_fd, const char *name, const char *text, size_t length,
		    const struct stat *as)
{
	int r = replace(directory_fd, name, text, length, as, 0);

	/* the new name is there; when it is on the disk is all that could fail */
	if (r == 0)
		fsync(directory_fd);
	return r;
}

int file_create_as(int directory_fd, const char *name, const char *text, size_t length,
		   const struct stat *as)
{
	int r = replace(directory_fd, name, text, length, as, RENAME_NOREPLACE);

	if (r == 0)
		fsync(directory_fd);
	return r;
}
