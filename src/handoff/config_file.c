/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "handoff/config.h"

#define SUFFIX ".ini"

/*
 * The path as messages name it: whole, unlike what text_quote() makes of a long one, and as it is
 * unless there are bytes in it that a terminal might obey.
 */
static char *path_shown(const char *relative)
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

static int refuse_kind(const char *path, mode_t mode, struct error *error)
{
	error_set(error, EINVAL, "%s is %s, not a regular file", path, kind_of(mode));
	error_hint(error, "put the configuration, an INI file, in its place, or remove it");
	return -EINVAL;
}

/* Why there is no descriptor. -ENOENT without an error when there is nothing at all. */
static int explain_open(const struct root *root, const char *relative, const char *path, int code,
			struct error *error)
{
	struct stat status;

	if (code == ENOENT && !root_exists(root, "%s", relative))
		return -ENOENT;
	if (code == ENOENT) {
		/* not -ENOENT: that would mean that there is no configuration */
		error_set(error, EINVAL, "%s is a link that leads nowhere", path);
		error_hint(error, "let it lead to the configuration, or remove it");
		return -EINVAL;
	}
	/* a socket, or a device without a driver */
	if (code == ENXIO && fstatat(root->fd, relative, &status, 0) == 0)
		return refuse_kind(path, status.st_mode, error);
	return error_set_errno(error, code, "cannot open %s", path);
}

/* Whatever this file says is done by root: nobody else may have a say in it. */
static int check_status(const struct stat *status, const char *path, struct error *error)
{
	_cleanup_free_ char *word = text_shell_word(path);

	if (!S_ISREG(status->st_mode))
		return refuse_kind(path, status->st_mode, error);
	if (status->st_uid != 0 && status->st_uid != geteuid()) {
		error_set(error, EPERM, "%s belongs to user %u, not to root", path, status->st_uid);
		error_hint(error, "look at what is in it, then: chown root %s", word ? word : path);
		return -EPERM;
	}
	if (status->st_mode & (S_IWGRP | S_IWOTH)) {
		error_set(error, EPERM, "%s can be written by others than its owner (mode %04o)",
			  path, status->st_mode & 07777);
		error_hint(error, "chmod go-w %s", word ? word : path);
		return -EPERM;
	}
	return 0;
}

static int open_checked(const struct root *root, const char *relative, const char *path,
			int *ret_fd, struct error *error)
{
	_cleanup_close_ int fd = -1;
	struct stat status;
	int r;

	/* not blocking: a FIFO would wait for its writer */
	fd = root_open(root, O_RDONLY | O_NONBLOCK | O_NOCTTY, "%s", relative);
	if (fd < 0)
		return explain_open(root, relative, path, -fd, error);
	if (fstat(fd, &status) < 0)
		return error_set_errno(error, errno, "cannot look at %s", path);
	r = check_status(&status, path, error);
	if (r < 0)
		return r;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int refuse_name(const char *name, struct error *error)
{
	_cleanup_free_ char *quoted = text_quote(name);

	return error_set(error, EINVAL, "malformed name of a VM \"%s\": it is empty or has a \"/\"",
			 quoted ? quoted : "?");
}

typedef int parse_function(const char *path, const char *text, size_t length,
			   struct config *ret_config, struct error *error);

static int load(const struct root *root, const char *relative, parse_function *parse,
		struct config *ret_config, char **ret_text, struct error *error)
{
	_cleanup_free_ char *path = path_shown(relative);
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	size_t length;
	int r;

	if (!path)
		return error_set_errno(error, ENOMEM, "the configuration");
	r = open_checked(root, relative, path, &fd, error);
	if (r < 0)
		return r;
	r = file_read(fd, CONFIG_FILE_MAX_BYTES, &text, &length);
	if (r == -EFBIG)
		return error_set(error, EFBIG, "%s has more than %d KiB: it can hardly be right",
				 path, CONFIG_FILE_MAX_BYTES / 1024);
	if (r < 0)
		return error_set_errno(error, -r, "cannot read %s", path);
	r = parse(path, text, length, ret_config, error);
	if (r == 0 && ret_text)
		*ret_text = take_ptr(text);
	return r;
}

int config_load(const struct root *root, const char *name, struct config *ret_config,
		struct error *error)
{
	_cleanup_free_ char *relative = NULL;

	if (!*name || strchr(name, '/'))
		return refuse_name(name, error);
	/* no file system has room for such a file, so there is none */
	if (strlen(name) > NAME_MAX - strlen(SUFFIX))
		return -ENOENT;
	relative = text_format(CONFIG_DIRECTORY "/%s" SUFFIX, name);
	if (!relative)
		return error_set_errno(error, ENOMEM, "the VM's configuration");
	return load(root, relative, config_parse, ret_config, NULL, error);
}

int config_load_boot(const struct root *root, struct config *ret_config, char **ret_text,
		     struct error *error)
{
	return load(root, CONFIG_BOOT_FILE, config_parse_boot, ret_config, ret_text, error);
}
