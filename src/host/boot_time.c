/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/boot_time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* it has a number for each interrupt */
#define STAT_MAX_BYTES (64 * 1024 * 1024)

int boot_time_read(const struct root *root, int64_t *ret_seconds)
{
	_cleanup_free_ char *text = NULL;
	const char *line;
	long long seconds;
	int r = root_read(root, STAT_MAX_BYTES, &text, "proc/stat");

	if (r < 0)
		return r;
	line = strncmp(text, "btime ", 6) == 0 ? text : strstr(text, "\nbtime ");
	if (!line || sscanf(line, " btime %lld", &seconds) != 1)
		return -EINVAL;
	*ret_seconds = seconds;
	return 0;
}
