/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * To be preloaded: of all allocations of a program and of the processes that it forks, the one with
 * the number FAIL_AT fails. They are counted in the file /tmp/matrix.count, a long.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The C library's own, by names of old that it still has (malloc/malloc.c). */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

static atomic_long *counter;
static long fail_at;

__attribute__((constructor)) static void open_counter(void)
{
	const char *at = getenv("FAIL_AT");
	int fd = open("/tmp/matrix.count", O_RDWR | O_CLOEXEC);

	if (!at || fd < 0)
		return;
	fail_at = strtol(at, NULL, 10);
	counter = mmap(NULL, sizeof(*counter), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (counter == MAP_FAILED)
		counter = NULL;
	close(fd);
}

static int fails(void)
{
	if (!counter || atomic_fetch_add(counter, 1) + 1 != fail_at)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	return fails() ? NULL : __libc_realloc(memory, size);
}
