/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

/* How often a look is begun anew that something elsewhere on the machine has disturbed. */
#define CLIMBS_MAX 1000

/* Formats the arguments after `format` into `path`; returns from the caller when it is too long. */
#define FORMAT_PATH(path, format, failed)                                    \
	do {                                                                 \
		va_list arguments_;                                          \
		int length_;                                                 \
		va_start(arguments_, format);                                \
		length_ = vsnprintf(path, sizeof(path), format, arguments_); \
		va_end(arguments_);                                          \
		if (length_ < 0 || (size_t)length_ >= sizeof(path))          \
			return failed;                                       \
	} while (0)

int root_open_tree(const char *path, struct root *ret_root)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*ret_root = (struct root){ .fd = fd, .is_host = strcmp(path, "/") == 0 };
	return 0;
}

void root_close(struct root *root)
{
	cleanup_close(&root->fd);
	root->fd = -1;
}

/*
 * A link of another machine's leads to where it would there, and not out of its tree: openat2(2),
 * Linux 5.6, which is also kept from programs that udevd runs (SystemCallFilter= of its unit): what
 * they look at is the host's. Returns the descriptor or a negative errno.
 */
static int open_below(const struct root *root, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (uint64_t)flags | O_CLOEXEC,
		.mode = (flags & O_CREAT) ? 0600 : 0,
		.resolve = RESOLVE_IN_ROOT,
	};
	int fd = -1;

	errno = root->is_host ? ENOSYS : EAGAIN;
	/* while anything is renamed or mounted, the kernel cannot tell where ".." leads */
	for (int i = 0; i < CLIMBS_MAX && fd < 0 && errno == EAGAIN; i++)
		fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
	if (fd < 0 && errno == ENOSYS)
		fd = openat(root->fd, path, flags | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

int root_open(const struct root *root, int flags, const char *format, ...)
{
	char path[PATH_MAX];

	FORMAT_PATH(path, format, -ENAMETOOLONG);
	return open_below(root, path, flags);
}

int root_read(const struct root *root, size_t limit, char **ret_text, const char *format, ...)
{
	char path[PATH_MAX];
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	size_t length;
	int r;

	FORMAT_PATH(path, format, -ENAMETOOLONG);
	/* in another machine's tree anything may be there, a pipe that nobody writes to */
	fd = open_below(root, path, O_RDONLY | O_NOCTTY | (root->is_host ? 0 : O_NONBLOCK));
	if (fd < 0)
		return fd;
	r = file_read(fd, limit, &text, &length);
	if (r < 0)
		return r;
	if (length && text[length - 1] == '\n')
		text[length - 1] = '\0';
	*ret_text = take_ptr(text);
	return 0;
}

/* The caller frees it. */
static int read_link(const struct root *root, const char *path, char **ret_target)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(root->fd, path, target, sizeof(target));

	if (length < 0)
		return negative_errno();
	if ((size_t)length >= sizeof(target))
		return -ENAMETOOLONG;
	*ret_target = strndup(target, (size_t)length);
	return *ret_target ? 0 : -ENOMEM;
}

int root_link_target(const struct root *root, char **ret_target, const char *format, ...)
{
	char path[PATH_MAX];

	FORMAT_PATH(path, format, -ENAMETOOLONG);
	return read_link(root, path, ret_target);
}

int root_link_name(const struct root *root, char **ret_name, const char *format, ...)
{
	_cleanup_free_ char *target = NULL;
	char path[PATH_MAX];
	const char *slash;
	char *name;
	int r;

	FORMAT_PATH(path, format, -ENAMETOOLONG);
	r = read_link(root, path, &target);
	if (r < 0)
		return r;
	slash = strrchr(target, '/');
	name = strdup(slash ? slash + 1 : target);
	if (!name)
		return -ENOMEM;
	*ret_name = name;
	return 0;
}

bool root_exists(const struct root *root, const char *format, ...)
{
	char path[PATH_MAX];
	struct stat status;

	FORMAT_PATH(path, format, false);
	return fstatat(root->fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

bool root_is_missing(const struct root *root, const char *format, ...)
{
	char path[PATH_MAX];
	struct stat status;

	FORMAT_PATH(path, format, false);
	return fstatat(root->fd, path, &status, AT_SYMLINK_NOFOLLOW) < 0 &&
	       (errno == ENOENT || errno == ENOTDIR);
}

int root_look(const struct root *root, const char *format, ...)
{
	char path[PATH_MAX];
	struct stat status;
	int r;

	FORMAT_PATH(path, format, -ENAMETOOLONG);
	if (fstatat(root->fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	r = negative_errno();
	return root_says_missing(r) ? 0 : r;
}

bool root_says_missing(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ESRCH || r == -ENODEV || r == -ENXIO;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int root_list(const struct root *root, struct strings *ret_names, const char *format, ...)
{
	char path[PATH_MAX];
	_cleanup_closedir_ DIR *directory = NULL;
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	struct dirent *entry;
	int fd;

	FORMAT_PATH(path, format, -ENAMETOOLONG);
	fd = open_below(root, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	directory = fdopendir(fd);
	if (!directory) {
		int code = errno;

		close(fd);
		return -code;
	}
	errno = 0;
	while ((entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (strings_add(&names, entry->d_name) < 0)
			return -ENOMEM;
	}
	if (errno)
		return -errno;
	if (names.count)
		qsort(names.items, names.count, sizeof(*names.items), compare_names);
	strings_clear(ret_names);
	*ret_names = names;
	names = STRINGS_INIT;
	return 0;
}
