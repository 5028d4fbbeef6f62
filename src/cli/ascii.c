/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/ascii.h"

#include <errno.h>
#include <langinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t written = write(fd, text, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		text += written;
		size -= (size_t)written;
	}
	return 0;
}

/* Returns 0 on failure, as fopencookie(3) wants it. */
static ssize_t write_ascii(void *cookie, const char *text, size_t size)
{
	int fd = (int)(intptr_t)cookie;
	char out[4096];
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];

		used += (size_t)snprintf(out + used, sizeof(out) - used,
					 byte < 0x80 ? "%c" : "\\x%02x", byte);
		if (used + sizeof("\\xff") > sizeof(out)) {
			if (write_all(fd, out, used) < 0)
				return 0;
			used = 0;
		}
	}
	return write_all(fd, out, used) < 0 ? 0 : (ssize_t)size;
}

static void replace(FILE **stream, int fd, int buffering)
{
	const cookie_io_functions_t functions = { .write = write_ascii };
	FILE *made = isatty(fd) ? fopencookie((void *)(intptr_t)fd, "w", functions) : NULL;

	if (!made)
		return;
	setvbuf(made, NULL, buffering, 0);
	*stream = made;
}

void ascii_on_terminals(void)
{
	if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		return;
	replace(&stdout, STDOUT_FILENO, _IOLBF);
	replace(&stderr, STDERR_FILENO, _IONBF);
}
