/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holds a device, or a file, in a way that no shell can, until it is killed. Prints one line when
 * it does.
 *
 * hold map FILE: has a page of it mapped, and the file closed
 *
 * hold claim DISK: has it open for itself alone (O_EXCL)
 *
 * hold lock FILE: has its lock, flock(2)
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

static int map(const char *path)
{
	int fd = open(path, O_RDWR);

	if (fd < 0 || mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
			   fd, 0) == MAP_FAILED)
		return -1;
	return close(fd);
}

static int lock(const char *path)
{
	int fd = open(path, O_RDWR);

	return fd < 0 ? -1 : flock(fd, LOCK_EX);
}

int main(int count, char **arguments)
{
	int r = -1;

	if (count == 3 && strcmp(arguments[1], "map") == 0)
		r = map(arguments[2]);
	else if (count == 3 && strcmp(arguments[1], "claim") == 0)
		r = open(arguments[2], O_RDONLY | O_EXCL);
	else if (count == 3 && strcmp(arguments[1], "lock") == 0)
		r = lock(arguments[2]);
	if (r < 0) {
		perror(count == 3 ? arguments[2] : "usage: hold map|claim|lock FILE");
		return 1;
	}
	puts("held");
	fflush(stdout);
	pause();
	return 0;
}
