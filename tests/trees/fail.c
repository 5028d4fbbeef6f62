// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Preloaded into the command (LD_PRELOAD), so that one call of many fails as it does on a host that
 * is short of something. By the environment: FAIL_CALL    memory: every allocation; files: opening,
 * reading and listing them FAIL_PLACES  a file that gets, a line each, the number of the first call
 * from each place in the program FAIL_DEPTH   how many callers make a place (default 8) FAIL_AT the
 * number of the call that fails: with ENOMEM, or for files with FAIL_ERRNO (default EIO) Counted is
 * from main() on.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fail.h"

#define DEPTH_MAX 40
#define PLACES 16384

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool counting, paused, memory, inside;
static unsigned long at, calls;
static int places_fd = -1, depth = 8, failure = ENOMEM;
static uint64_t places[PLACES];

/* Where in its file the address is: the same in each process. */
static uint64_t offset_of(void *address)
{
	struct dl_find_object found;

	return (uintptr_t)address -
	       (_dl_find_object(address, &found) == 0 ? (uintptr_t)found.dlfo_map_start : 0);
}

/* Names the place that calls; whether it is the first call from there. */
static bool __attribute__((noinline)) is_new_place(uint64_t *ret_place)
{
	void *frames[DEPTH_MAX];
	int count = backtrace(frames, depth + 3 < DEPTH_MAX ? depth + 3 : DEPTH_MAX);
	uint64_t hash = 1;

	/* 0 to 2 are this file's */
	for (int i = 3; i < count; i++)
		hash = (hash ^ offset_of(frames[i])) * 0x100000001b3u;
	*ret_place = hash;
	for (size_t i = hash % PLACES, tries = 0; tries < PLACES; i = (i + 1) % PLACES, tries++) {
		if (places[i] == hash)
			return false;
		if (!places[i]) {
			places[i] = hash;
			return true;
		}
	}
	return false;
}

/* Counts one more call; whether it is the one that is to fail. */
static bool __attribute__((noinline)) fails(void)
{
	uint64_t place;

	if (!counting || paused || inside)
		return false;
	inside = true;
	calls++;
	if (places_fd >= 0 && is_new_place(&place))
		dprintf(places_fd, "%lu %016lx\n", calls, place);
	inside = false;
	if (calls != at)
		return false;
	errno = failure;
	return true;
}

void *malloc(size_t size)
{
	return memory && fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return memory && fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return memory && fails() ? NULL : __libc_realloc(old, size);
}

/* ---- files -------------------------------------------------------------------------------- */

#define NEXT(function) ((__typeof__(function) *)dlsym(RTLD_NEXT, #function))

static bool file_fails(void)
{
	return !memory && fails();
}

int openat(int dir_fd, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return file_fails() ? -1 : (int)NEXT(syscall)(SYS_openat, dir_fd, path, flags, mode);
}

/* openat2(), which has no function of its own */
long syscall(long number, ...)
{
	va_list list;
	long a[6];

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_openat2 && file_fails())
		return -1;
	return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t read(int fd, void *data, size_t size)
{
	return file_fails() ? -1 : NEXT(read)(fd, data, size);
}

ssize_t readlinkat(int dir_fd, const char *restrict path, char *restrict data, size_t size)
{
	return file_fails() ? -1 : NEXT(readlinkat)(dir_fd, path, data, size);
}

DIR *fdopendir(int fd)
{
	return file_fails() ? NULL : NEXT(fdopendir)(fd);
}

struct dirent *readdir(DIR *directory)
{
	return file_fails() ? NULL : NEXT(readdir)(directory);
}

/* ---- when ---------------------------------------------------------------------------------- */

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* Neither what a program does when it ends, nor a worker, which would count on from the same
 * number. */
static void stop(void)
{
	counting = false;
}

static void begin(void)
{
	const char *file = setting("FAIL_PLACES");
	void *frame;

	memory = strcmp(setting("FAIL_CALL"), "memory") == 0;
	at = strtoul(setting("FAIL_AT"), NULL, 10);
	if (*setting("FAIL_DEPTH"))
		depth = atoi(setting("FAIL_DEPTH"));
	if (!memory)
		failure = *setting("FAIL_ERRNO") ? atoi(setting("FAIL_ERRNO")) : EIO;
	if (*file)
		places_fd = (int)NEXT(syscall)(SYS_openat, AT_FDCWD, file,
					       O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	atexit(stop);
	pthread_atfork(NULL, NULL, stop);
	/* the first one allocates */
	backtrace(&frame, 1);
	counting = true;
}

void fail_pause(bool pause)
{
	paused = pause;
}

static int (*program_main)(int, char **, char **);

static int counted_main(int argc, char **argv, char **environment)
{
	begin();
	return program_main(argc, argv, environment);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*rtld_fini)(void), void *stack);

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*rtld_fini)(void), void *stack)
{
	program_main = main;
	return NEXT(__libc_start_main)(counted_main, argc, argv, init, fini, rtld_fini, stack);
}
