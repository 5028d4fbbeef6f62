/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A crowd to be looked through: PROCESSES children, each with FDS open descriptors (half of them
 * pipes, the others files and /dev/null), that do nothing until they are killed. Prints one line
 * when all of them are ready; when it is killed itself they end as well. Small and static, so that
 * many of them fit into a small machine. usage: crowd PROCESSES FDS
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Adds descriptors, `left` at most, and returns how many. */
static int open_some(int left)
{
	int ends[2];

	if (open("/dev/null", O_RDONLY) < 0)
		fail("/dev/null");
	if (left < 4)
		return 1;
	if (open("/proc/self/exe", O_RDONLY) < 0)
		fail("/proc/self/exe");
	if (pipe(ends) < 0)
		fail("pipe");
	return 4;
}

/* One of the crowd: with the three descriptors that it has anyway it holds `fds`. */
static void stand_around(pid_t crowd, int fds, int ready)
{
	int held = 3;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != crowd)
		_exit(0);
	while (held < fds)
		held += open_some(fds - held);
	if (write(ready, "", 1) != 1)
		fail("write");
	close(ready);
	for (;;)
		pause();
}

int main(int argument_count, char **arguments)
{
	int processes = argument_count == 3 ? atoi(arguments[1]) : 0;
	int fds = argument_count == 3 ? atoi(arguments[2]) : 0;
	struct rlimit limit = { .rlim_cur = (rlim_t)fds + 16, .rlim_max = (rlim_t)fds + 16 };
	pid_t crowd = getpid();
	int ready[2], made;
	char byte;

	if (processes < 1 || fds < 3) {
		fputs("usage: crowd PROCESSES FDS\n", stderr);
		return 2;
	}
	/* Whoever called may have left more than three. */
	close_range(3, ~0U, 0);
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		fail("setrlimit");
	if (pipe(ready) < 0)
		fail("pipe");
	for (made = 0; made < processes; made++) {
		pid_t child = fork();

		if (child < 0)
			fail("fork");
		if (child == 0) {
			close(ready[0]);
			stand_around(crowd, fds, ready[1]);
		}
	}
	close(ready[1]);
	/* A child that fails closes its end: all have spoken when the pipe is at its end. */
	for (made = 0; read(ready[0], &byte, 1) == 1;)
		made++;
	if (made != processes) {
		fprintf(stderr, "%d of %d are ready\n", made, processes);
		return 1;
	}
	printf("%d processes are ready, each with %d descriptors\n", processes, fds);
	fflush(stdout);
	for (;;)
		pause();
}
