/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/log.h"

#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

/* What goes to standard error meanwhile, which is what goes to the log. */
static char text[16384];

static void begin(int pipe_fds[2], int *ret_kept)
{
	fflush(stderr);
	*ret_kept = dup(STDERR_FILENO);
	if (*ret_kept < 0 || pipe(pipe_fds) < 0 || dup2(pipe_fds[1], STDERR_FILENO) < 0)
		abort();
	close(pipe_fds[1]);
}

static void end(const int pipe_fds[2], int kept)
{
	size_t length = 0;
	ssize_t count;

	if (dup2(kept, STDERR_FILENO) < 0)
		abort();
	close(kept);
	while ((count = read(pipe_fds[0], text + length, sizeof(text) - length - 1)) > 0)
		length += (size_t)count;
	text[length] = '\0';
	close(pipe_fds[0]);
}

int main(void)
{
	static char very_long[10000];
	int pipe_fds[2];
	int kept;

	log_to_stderr();
	begin(pipe_fds, &kept);
	log_error("VM \"%s\": %s", "a\n<3>forged[1]: b", "\x1b[2J\x7f\r\tü");
	end(pipe_fds, kept);
	CHECK_TEXT(text, "gpu-handoff: VM \"a <3>forged[1]: b\": ?[2J???ü\n",
		   "one call is one line, without what a terminal obeys");
	memset(very_long, 'x', sizeof(very_long) - 1);
	begin(pipe_fds, &kept);
	log_error("%s\n", very_long);
	end(pipe_fds, kept);
	CHECK(strlen(text) > 7000 && strlen(text) < 8100 &&
		      strchr(text, '\n') == text + strlen(text) - 1,
	      "a very long one is cut, and is one line");
	return tap_done();
}
