/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/config_open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

#define LINKS_MAX 40 /* as the kernel's (include/linux/namei.h, MAXSYMLINKS) */

/* The way to the file, as far as it has been gone. */
struct walk {
	const struct root *root;
	const char *named; /* the path that was asked for, as messages name it */
	int directory_fd;
	char *path; /* of that directory, without links; "" for the top */
	char *rest; /* what is still to be gone */
	unsigned int links;
	bool leads; /* the path that was asked for is a link itself */
};

static void walk_clear(struct walk *walk)
{
	cleanup_close(&walk->directory_fd);
	free(walk->path);
	free(walk->rest);
}

char *config_path_shown(const char *relative)
{
	_cleanup_free_ char *path = text_format("/%s", relative);
	_cleanup_free_ char *shown = NULL;
	size_t length;

	for (const char *c = path; c && *c; c += length) {
		_cleanup_free_ char *quoted = NULL;
		char character[5] = { 0 };

		for (length = 1; length < 4 && (c[length] & 0xc0) == 0x80;)
			length++;
		memcpy(character, c, length);
		quoted = text_quote(character);
		if (!quoted || text_append(&shown, "%s", quoted) < 0)
			return NULL;
	}
	return take_ptr(shown);
}

static int no_memory(struct error *error)
{
	return error_set_errno(error, ENOMEM, "the configuration");
}

/* ---- what is found on the way ------------------------------------------------------------- */

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "something else";
	}
}

/* Says by which name the reader knows what is refused. */
static void tell_link(const struct walk *walk, const char *shown, struct error *error)
{
	if (walk->links && strcmp(shown, walk->named) != 0)
		error_why(error, "%s leads to it", walk->named);
}

static int refuse_kind(const struct walk *walk, const char *shown, mode_t mode, struct error *error)
{
	error_set(error, EINVAL, "%s is %s, not a regular file", shown, kind_of(mode));
	tell_link(walk, shown, error);
	error_hint(error, "put the configuration, an INI file, in its place, or remove it");
	return -EINVAL;
}

static int refuse_owner(const struct walk *walk, const char *what, const char *shown,
			const struct stat *status, struct error *error)
{
	_cleanup_free_ char *word = text_shell_word(shown);

	error_set(error, EPERM, "%s%s belongs to user %u, not to root", what, shown,
		  status->st_uid);
	tell_link(walk, shown, error);
	error_hint(error, "look at what is in it, then: chown %sroot %s",
		   S_ISLNK(status->st_mode) ? "-h " : "", word ? word : shown);
	return -EPERM;
}

static int refuse_writable(const struct walk *walk, const char *what, const char *shown,
			   const struct stat *status, struct error *error)
{
	_cleanup_free_ char *word = text_shell_word(shown);

	error_set(error, EPERM, "%s%s can be written by others than its owner (mode %04o)", what,
		  shown, status->st_mode & 07777);
	tell_link(walk, shown, error);
	error_hint(error, "%schmod go-w %s",
		   S_ISDIR(status->st_mode) ? "look at what is in it, then: " : "",
		   word ? word : shown);
	return -EPERM;
}

static bool is_ours(const struct stat *status)
{
	return status->st_uid == 0 || status->st_uid == geteuid();
}

/*
 * Where a link leads through a directory that is everybody's, the sticky bit keeps others from what
 * is root's there. In the configuration's own directories nobody else has business.
 */
static bool is_writable(const struct walk *walk, const struct stat *status)
{
	if (!(status->st_mode & (S_IWGRP | S_IWOTH)))
		return false;
	return !S_ISDIR(status->st_mode) || !walk->links || !(status->st_mode & S_ISVTX);
}

static int check_directory(const struct walk *walk, const char *path, int fd, struct error *error)
{
	_cleanup_free_ char *shown = config_path_shown(path);
	struct stat status;

	if (!walk->root->is_host)
		return 0;
	if (!shown)
		return no_memory(error);
	if (fstat(fd, &status) < 0)
		return error_set_errno(error, errno, "cannot look at %s", shown);
	if (!is_ours(&status))
		return refuse_owner(walk, "the directory ", shown, &status, error);
	if (is_writable(walk, &status))
		return refuse_writable(walk, "the directory ", shown, &status, error);
	return 0;
}

static int check_file(const struct walk *walk, const char *shown, const struct stat *status,
		      struct error *error)
{
	if (!S_ISREG(status->st_mode))
		return refuse_kind(walk, shown, status->st_mode, error);
	if (!is_ours(status))
		return refuse_owner(walk, "", shown, status, error);
	if (is_writable(walk, status))
		return refuse_writable(walk, "", shown, status, error);
	return 0;
}

/* ---- the way ------------------------------------------------------------------------------ */

/* -ENOENT without an error when there is nothing at all. */
static int explain_open(const struct walk *walk, int code, struct error *error)
{
	if (code == ENOENT && !walk->leads)
		return -ENOENT;
	if (code == ENOENT) {
		/* not -ENOENT: that would mean that there is no configuration */
		error_set(error, EINVAL, "%s is a link that leads nowhere", walk->named);
		error_hint(error, "let it lead to the configuration, or remove it");
		return -EINVAL;
	}
	return error_set_errno(error, code, "cannot open %s", walk->named);
}

/* Goes into the directory, whose descriptor is the walk's from then on. */
static int enter(struct walk *walk, char *path, int fd, struct error *error)
{
	int r = check_directory(walk, path, fd, error);

	cleanup_close(&walk->directory_fd);
	walk->directory_fd = fd;
	free(walk->path);
	walk->path = path;
	return r;
}

static int enter_top(struct walk *walk, struct error *error)
{
	char *path = strdup("");
	int fd;

	if (!path)
		return no_memory(error);
	fd = openat(walk->root->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		int code = errno;

		free(path);
		return error_set_errno(error, code, "cannot open /");
	}
	return enter(walk, path, fd, error);
}

/* Goes on at the top, by `path` and then by what is left. */
static int restart(struct walk *walk, const char *path, struct error *error)
{
	char *rest = text_format("%s/%s", path, walk->rest);

	if (!rest)
		return no_memory(error);
	free(walk->rest);
	walk->rest = rest;
	return enter_top(walk, error);
}

/* The path without links leads to where ".." would, and not out of the tree. */
static int go_up(struct walk *walk, struct error *error)
{
	char *slash = strrchr(walk->path, '/');
	_cleanup_free_ char *parent =
		slash ? strndup(walk->path, (size_t)(slash - walk->path)) : strdup("");

	return parent ? restart(walk, parent, error) : no_memory(error);
}

static int follow(struct walk *walk, int link_fd, const char *shown, const struct stat *status,
		  struct error *error)
{
	char target[PATH_MAX];
	ssize_t length;
	char *rest;

	if (++walk->links > LINKS_MAX)
		return explain_open(walk, ELOOP, error);
	walk->leads |= !*walk->rest;
	if (walk->root->is_host && !is_ours(status))
		return refuse_owner(walk, "the link ", shown, status, error);
	length = readlinkat(link_fd, "", target, sizeof(target) - 1);
	if (length < 0)
		return explain_open(walk, errno, error);
	target[length] = '\0';
	if (*target == '/')
		return restart(walk, target, error);
	rest = text_format("%s/%s", target, walk->rest);
	if (!rest)
		return no_memory(error);
	free(walk->rest);
	walk->rest = rest;
	return 0;
}

/* Cuts the next word off the rest. The caller frees it. */
static char *take_word(struct walk *walk)
{
	const char *start = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(start, "/");
	const char *after = start + length;
	char *word = strndup(start, length);

	after += strspn(after, "/");
	memmove(walk->rest, after, strlen(after) + 1);
	return word;
}

/* The file at the end of the way. */
static int open_file(const struct walk *walk, const char *name, const char *shown,
		     const struct stat *seen, int *ret_fd, struct error *error)
{
	_cleanup_close_ int fd = -1;
	struct stat status;
	/* a device is not even opened */
	int r = check_file(walk, shown, seen, error);

	if (r < 0)
		return r;
	fd = openat(walk->directory_fd, name,
		    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return explain_open(walk, errno, error);
	if (fstat(fd, &status) < 0)
		return error_set_errno(error, errno, "cannot look at %s", shown);
	r = check_file(walk, shown, &status, error);
	if (r < 0)
		return r;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* One word of the way. *ret_fd is set at its end. */
static int step(struct walk *walk, const char *word, int *ret_fd, struct error *error)
{
	_cleanup_free_ char *path = text_format("%s%s%s", walk->path, *walk->path ? "/" : "", word);
	_cleanup_free_ char *shown = path ? config_path_shown(path) : NULL;
	_cleanup_close_ int fd = -1;
	struct stat status;

	if (!shown)
		return no_memory(error);
	fd = openat(walk->directory_fd, word, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return explain_open(walk, errno, error);
	if (fstat(fd, &status) < 0)
		return error_set_errno(error, errno, "cannot look at %s", shown);
	if (S_ISLNK(status.st_mode))
		return follow(walk, fd, shown, &status, error);
	if (!*walk->rest)
		return open_file(walk, word, shown, &status, ret_fd, error);
	if (!S_ISDIR(status.st_mode))
		return explain_open(walk, ENOTDIR, error);
	return enter(walk, take_ptr(path), take_fd(&fd), error);
}

int config_open(const struct root *root, const char *relative, int *ret_fd, struct error *error)
{
	_cleanup_free_ char *named = config_path_shown(relative);
	_cleanup_(walk_clear) struct walk walk = {
		.root = root,
		.named = named,
		.directory_fd = -1,
		.path = strdup(""),
		.rest = strdup(relative),
	};
	int fd = -1;
	int r;

	if (!named || !walk.path || !walk.rest)
		return no_memory(error);
	r = enter_top(&walk, error);
	while (r == 0 && fd < 0) {
		_cleanup_free_ char *word = take_word(&walk);

		if (!word)
			return no_memory(error);
		/* a link that leads to a directory ends here, with nothing left */
		if (!*word)
			return refuse_kind(&walk, named, S_IFDIR, error);
		if (strcmp(word, "..") == 0)
			r = go_up(&walk, error);
		else if (strcmp(word, ".") != 0)
			r = step(&walk, word, &fd, error);
	}
	if (r == 0)
		*ret_fd = fd;
	return r;
}
