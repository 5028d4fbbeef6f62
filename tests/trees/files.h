/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine's directory and the files in it. What cannot be made ends the program.
 */
#ifndef GH_TESTS_FILES_H
#define GH_TESTS_FILES_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/root.h"
#include "base/text.h"

#define DEVICES "sys/bus/pci/devices"
#define DRIVERS "sys/bus/pci/drivers"

/* A module that modprobe finds, and the PCI driver that is in it. */
struct machine_module {
	char *module;
	char *driver;
};

struct machine {
	char directory[64];
	struct root root;
	struct machine_module *modules;
	size_t module_count;
	uint64_t next_io, next_low, next_high; /* where BARs are, in ports, below 4 GiB and above */
};

static const char *reading_file;
static unsigned int reading_line;

__attribute__((format(printf, 1, 2))) static _Noreturn void die(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s:%u: ", reading_file, reading_line);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	exit(2);
}

static void make_directory(const struct machine *machine, const char *path)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *c = part; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		mkdirat(machine->root.fd, part, 0755);
		*c = '/';
	}
	if (mkdirat(machine->root.fd, part, 0755) < 0 && errno != EEXIST)
		die("cannot make %s: %s", path, strerror(errno));
}

static void make_parent(const struct machine *machine, const char *path)
{
	_cleanup_free_ char *parent = strdup(path);
	char *slash = strrchr(parent, '/');

	if (!slash)
		return;
	*slash = '\0';
	make_directory(machine, parent);
}

static void put_text(const struct machine *machine, const char *path, int flags, const char *text)
{
	int fd;

	make_parent(machine, path);
	fd = openat(machine->root.fd, path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
		die("cannot write %s: %s", path, strerror(errno));
}

/* Writes "TEXT\n". */
__attribute__((format(printf, 3, 4))) static void
put_file(const struct machine *machine, const char *path, const char *format, ...)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&line, format, arguments) < 0)
		abort();
	va_end(arguments);
	text = text_format("%s\n", line);
	put_text(machine, path, O_TRUNC, text);
}

static void put_link(const struct machine *machine, const char *path, const char *target)
{
	make_parent(machine, path);
	unlinkat(machine->root.fd, path, 0);
	if (symlinkat(target, machine->root.fd, path) < 0)
		die("cannot link %s: %s", path, strerror(errno));
}

static void put_mode(const struct machine *machine, const char *path, const char *mode)
{
	if (fchmodat(machine->root.fd, path, (mode_t)strtoul(mode, NULL, 8), 0) < 0)
		die("cannot change the mode of %s: %s", path, strerror(errno));
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static void remove_path(const struct machine *machine, const char *path)
{
	_cleanup_free_ char *whole = text_format("%s/%s", machine->directory, path);

	nftw(whole, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
