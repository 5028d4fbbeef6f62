/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory of a test's own, gone with it: SCRATCH(place) declares one, filled with the functions
 * below. What cannot be set up ends the test.
 */
#ifndef GH_TESTS_SCRATCH_H
#define GH_TESTS_SCRATCH_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/root.h"

struct scratch {
	char path[64];
	struct root root;
};

static inline void scratch_fail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline struct scratch scratch_open(void)
{
	struct scratch scratch = { .path = "/tmp/gpu-handoff-test.XXXXXX" };

	if (!mkdtemp(scratch.path) || root_open_tree(scratch.path, &scratch.root) < 0)
		scratch_fail("cannot make a directory");
	return scratch;
}

static inline int scratch_remove_entry(const char *path, const struct stat *status, int kind,
				       struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static inline void scratch_close(struct scratch *scratch)
{
	root_close(&scratch->root);
	nftw(scratch->path, scratch_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#define SCRATCH(name) __attribute__((cleanup(scratch_close))) struct scratch name = scratch_open()

/* Makes the directory and those above it. */
static inline void scratch_directory(const struct scratch *scratch, const char *path)
{
	char part[256];

	snprintf(part, sizeof(part), "%s", path);
	for (char *c = part; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		mkdirat(scratch->root.fd, part, 0755);
		*c = '/';
	}
	if (mkdirat(scratch->root.fd, part, 0755) < 0 && errno != EEXIST)
		scratch_fail(path);
}

static inline void scratch_parent(const struct scratch *scratch, const char *path)
{
	char parent[256];
	char *slash;

	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (!slash)
		return;
	*slash = '\0';
	scratch_directory(scratch, parent);
}

/* Makes the file, and the directories above it. */
static inline void scratch_file(const struct scratch *scratch, const char *path, const char *text)
{
	int fd;

	scratch_parent(scratch, path);
	fd = openat(scratch->root.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
		scratch_fail(path);
}

static inline void scratch_link(const struct scratch *scratch, const char *path, const char *target)
{
	scratch_parent(scratch, path);
	if (symlinkat(target, scratch->root.fd, path) < 0)
		scratch_fail(path);
}

static inline void scratch_fifo(const struct scratch *scratch, const char *path)
{
	if (mkfifoat(scratch->root.fd, path, 0600) < 0)
		scratch_fail(path);
}

#endif
