/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a command and writes what the kernel accounts for it to FILE: peak memory of its largest
 * process in KiB, processor and wall time in microseconds, exit status. Small and static, since a
 * process begins with its parent's peak.
 * usage: measure FILE COMMAND [ARGUMENT…]
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long microseconds(const struct timeval *time)
{
	return time->tv_sec * 1000000LL + time->tv_usec;
}

int main(int argument_count, char **arguments)
{
	struct timespec start, end;
	struct rusage usage;
	int status = 0;
	FILE *out;
	pid_t child;

	if (argument_count < 3)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &start);
	child = fork();
	if (child == 0) {
		execv(arguments[2], arguments + 2);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &end);
	out = fopen(arguments[1], "w");
	if (!out)
		return 2;
	fprintf(out, "peak_kib=%ld cpu_us=%lld wall_us=%lld status=%d\n", usage.ru_maxrss,
		microseconds(&usage.ru_utime) + microseconds(&usage.ru_stime),
		(end.tv_sec - start.tv_sec) * 1000000LL + (end.tv_nsec - start.tv_nsec) / 1000,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	fclose(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
