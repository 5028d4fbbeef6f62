/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OPTIONS                                                                                   \
	(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
	 PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)

/* All that the project's programs call, and which errors of those that are tried fit. */
static const struct call {
	const char *name;
	const char *errors;
	long number;
} calls[] = {
#define CALL(name, errors)                \
	{                                 \
#name, errors, SYS_##name \
	}
	CALL(access, "EIO ENOMEM EACCES"),
	CALL(arch_prctl, ""),
	CALL(bind, "ENOMEM EACCES"),
	CALL(brk, "ENOMEM"),
	CALL(chdir, "EIO ENOMEM EACCES"),
	CALL(clone, "ENOMEM"),
	CALL(clone3, "ENOMEM"),
	CALL(close, "EIO EINTR"),
	CALL(close_range, "ENOMEM EMFILE"),
	CALL(connect, "EACCES EINTR"),
	CALL(dup, "EMFILE"),
	CALL(dup2, "EMFILE EINTR EBUSY"),
	CALL(dup3, "EMFILE EINTR EBUSY"),
	CALL(execve, "EIO ENOMEM EACCES EMFILE"),
	CALL(exit, ""),
	CALL(exit_group, ""),
	CALL(faccessat, "EIO ENOMEM EACCES"),
	CALL(faccessat2, "EIO ENOMEM EACCES"),
	CALL(fchmod, "EIO EACCES"),
	CALL(fchown, "EIO EACCES"),
	CALL(fcntl, "EMFILE"),
	CALL(fork, "ENOMEM"),
	CALL(fstat, "EIO ENOMEM"),
	CALL(fstatfs, "EIO ENOMEM"),
	CALL(ftruncate, "EIO EINTR ENOSPC"),
	CALL(futex, ""),
	CALL(getcwd, "ENOMEM"),
	CALL(getdents64, "EIO ENOMEM"),
	CALL(getegid, ""),
	CALL(geteuid, ""),
	CALL(getgid, ""),
	CALL(getpgrp, ""),
	CALL(getpid, ""),
	CALL(getppid, ""),
	CALL(getrandom, "EINTR"),
	CALL(getsockname, "ENOMEM"),
	CALL(getsockopt, "ENOMEM"),
	CALL(gettid, ""),
	CALL(getuid, ""),
	CALL(ioctl, "EIO ENOMEM EBUSY ENODEV EINTR EACCES"),
	CALL(kill, "EACCES"),
	CALL(lseek, ""),
	CALL(lstat, "EIO ENOMEM EACCES"),
	CALL(madvise, "ENOMEM"),
	CALL(memfd_create, "ENOMEM EMFILE"),
	CALL(mkdirat, "EIO ENOMEM ENOSPC EACCES"),
	CALL(mmap, "ENOMEM EACCES ENODEV"),
	CALL(mprotect, "ENOMEM EACCES"),
	CALL(munmap, ""),
	CALL(newfstatat, "EIO ENOMEM EACCES"),
	CALL(openat, "EIO ENOMEM EBUSY ENODEV EINTR EMFILE EACCES"),
	CALL(openat2, "EIO ENOMEM EBUSY ENODEV EINTR EMFILE EACCES"),
	CALL(pidfd_open, "ENOMEM EMFILE ENODEV"),
	CALL(pidfd_send_signal, "EACCES"),
	CALL(pipe2, "EMFILE ENOMEM"),
	CALL(poll, "EINTR ENOMEM"),
	CALL(ppoll, "EINTR ENOMEM"),
	CALL(prctl, "EACCES"),
	CALL(pread64, "EIO EINTR ENOMEM ENODEV"),
	CALL(prlimit64, "EACCES"),
	CALL(pwrite64, "EIO EINTR ENOMEM ENOSPC EBUSY ENODEV EACCES"),
	CALL(read, "EIO EINTR ENOMEM ENODEV EACCES"),
	CALL(readlink, "EIO ENOMEM EACCES"),
	CALL(readlinkat, "EIO ENOMEM EACCES"),
	CALL(recvfrom, "EINTR ENOMEM"),
	CALL(recvmsg, "EINTR ENOMEM"),
	CALL(renameat, "EIO ENOMEM ENOSPC EACCES EBUSY"),
	CALL(renameat2, "EIO ENOMEM ENOSPC EACCES EBUSY"),
	CALL(rseq, ""),
	CALL(rt_sigaction, ""),
	CALL(rt_sigprocmask, ""),
	CALL(rt_sigreturn, ""),
	CALL(sched_yield, ""),
	CALL(sendmsg, "EINTR ENOMEM EACCES"),
	CALL(sendto, "EINTR ENOMEM EACCES"),
	CALL(set_robust_list, ""),
	CALL(set_tid_address, ""),
	CALL(setsid, "EACCES"),
	CALL(setsockopt, "ENOMEM"),
	CALL(socket, "EMFILE ENOMEM EACCES"),
	CALL(stat, "EIO ENOMEM EACCES"),
	CALL(statx, "EIO ENOMEM EACCES"),
	CALL(sysinfo, ""),
	CALL(uname, ""),
	CALL(unlink, "EIO ENOMEM EACCES EBUSY"),
	CALL(unlinkat, "EIO ENOMEM EACCES EBUSY"),
	CALL(vfork, "ENOMEM"),
	CALL(wait4, "EINTR"),
	CALL(waitid, "EINTR"),
	CALL(write, "EIO EINTR ENOMEM ENOSPC EBUSY ENODEV EACCES"),
	CALL(writev, "EIO EINTR ENOMEM ENOSPC EBUSY ENODEV EACCES"),
	CALL(clock_nanosleep, "EINTR"),
	CALL(flock, "EINTR ENOMEM"),
#undef CALL
};

static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "EIO", EIO },       { "ENOMEM", ENOMEM }, { "ENOSPC", ENOSPC }, { "EBUSY", EBUSY },
	{ "ENODEV", ENODEV }, { "EINTR", EINTR },   { "EMFILE", EMFILE }, { "EACCES", EACCES },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct call *find_call(long number)
{
	for (size_t i = 0; i < COUNT(calls); i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

const char *trace_call_name(long number)
{
	static char unknown[32];
	const struct call *call = find_call(number);

	if (call)
		return call->name;
	snprintf(unknown, sizeof(unknown), "call %ld", number);
	return unknown;
}

/* Whether the words of `list` have the name. */
static bool has_word(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += length)
		if ((at == list || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

bool trace_call_changes(long number)
{
	static const char list[] =
		"clone clone3 connect execve exit exit_group fchmod fchown flock fork ftruncate "
		"ioctl "
		"kill mkdirat pidfd_send_signal pwrite64 renameat renameat2 sendmsg sendto setsid "
		"unlink unlinkat vfork write writev";
	const struct call *call = find_call(number);

	return !call || has_word(list, call->name);
}

bool trace_call_fails(long number)
{
	const struct call *call = find_call(number);

	return !call || *call->errors;
}

const char *trace_error_name(int number)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		if (errors[i].number == number)
			return errors[i].name;
	return "?";
}

/* The errors that the call may return. Returns how many. */
static int errors_of(const struct user_regs_struct *registers, int ret_errors[COUNT(errors)])
{
	const struct call *call = find_call((long)registers->orig_rax);
	bool creates = registers->orig_rax == SYS_openat && registers->rdx & O_CREAT;
	/* what is not in the table is found out, not left out */
	const char *list = call ? call->errors : "EIO";
	int count = 0;

	for (size_t i = 0; i < COUNT(errors); i++)
		if (has_word(list, errors[i].name) || (creates && errors[i].number == ENOSPC))
			ret_errors[count++] = errors[i].number;
	return count;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* ---- the program -------------------------------------------------------------------------- */

static void redirect(const char *path, int flags, int wanted)
{
	int fd = open(path, flags, 0600);

	if (fd < 0 || dup2(fd, wanted) < 0)
		die(path);
	if (fd != wanted)
		close(fd);
}

/* A stop before each call that is counted. */
static void stop_at_calls(const struct trace *trace)
{
	const unsigned int first = (unsigned int)trace->only;
	struct sock_filter all[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
	};
	struct sock_filter some[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
	};
	struct sock_filter writes[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pwrite64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
	};
	struct sock_fprog program = { COUNT(all), all };

	if (trace->meddling == MEDDLE_SHORT)
		program = (struct sock_fprog){ COUNT(writes), writes };
	else if (trace->only != TRACE_ALL)
		program = (struct sock_fprog){ COUNT(some), some };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		die("seccomp");
}

static void child_main(const struct trace *trace, int go_fd)
{
	char byte;

	if (read(go_fd, &byte, 1) != 1)
		_exit(126);
	redirect(trace->input, O_RDONLY, 0);
	redirect(trace->output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 1);
	redirect(trace->errors, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 2);
	stop_at_calls(trace);
	execve(trace->arguments[0], (char *const *)trace->arguments,
	       (char *const *)trace->environment);
	_exit(127);
}

static pid_t start(const struct trace *trace)
{
	int go[2];
	pid_t child;

	if (pipe2(go, O_CLOEXEC) < 0)
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0)
		child_main(trace, go[0]);
	if (ptrace(PTRACE_SEIZE, child, 0, OPTIONS) < 0)
		die("ptrace");
	if (write(go[1], "", 1) != 1)
		die("pipe");
	close(go[0]);
	close(go[1]);
	return child;
}

/* ---- the call ----------------------------------------------------------------------------- */

/* A file of the kernel's takes a text whole or not at all. */
static bool is_written_in_parts(pid_t tid, int fd)
{
	char path[64], target[4096];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)tid, fd);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	return strncmp(target, "/run/", 5) == 0 || strncmp(target, "/tmp/", 5) == 0 ||
	       strncmp(target, "/memfd:", 7) == 0;
}

/* The stopped call is made with half the length. */
static bool shorten(pid_t tid, struct user_regs_struct *registers)
{
	if (registers->rdx < 2 || !is_written_in_parts(tid, (int)registers->rdi))
		return false;
	registers->rdx /= 2;
	return ptrace(PTRACE_SETREGS, tid, 0, registers) == 0;
}

/* The stopped call is not made and returns an error. */
static bool fail(struct trace *trace, pid_t tid, struct user_regs_struct *registers)
{
	int fitting[COUNT(errors)];

	/* without its first one there is no program */
	trace->error_count = registers->orig_rax == SYS_execve && trace->at == 1
				     ? 0
				     : errors_of(registers, fitting);
	if (trace->error_count == 0)
		return false;
	trace->error_number = fitting[trace->error_index % trace->error_count];
	/* whatever it returns, the descriptor is closed (close(2)): see after_call() */
	if (registers->orig_rax == SYS_close)
		return true;
	/* it returns no error, but where the end is (brk(2), C library/kernel differences) */
	if (registers->orig_rax == SYS_brk) {
		trace->argument = registers->rdi;
		registers->rdi = 0;
		return ptrace(PTRACE_SETREGS, tid, 0, registers) == 0;
	}
	registers->orig_rax = (unsigned long long)-1;
	registers->rax = (unsigned long long)-(long long)trace->error_number;
	return ptrace(PTRACE_SETREGS, tid, 0, registers) == 0;
}

static void meddle(struct trace *trace, pid_t program, pid_t tid)
{
	struct user_regs_struct registers;

	if (ptrace(PTRACE_GETREGS, tid, 0, &registers) < 0)
		return;
	trace->call = (long)registers.orig_rax;
	trace->by_main = tid == program;
	switch (trace->meddling) {
	case MEDDLE_NOT:
		return;
	case MEDDLE_KILL_ALL:
		trace->done = kill(program, SIGKILL) == 0;
		return;
	case MEDDLE_KILL_CALLER:
		trace->done = kill(tid, SIGKILL) == 0;
		return;
	case MEDDLE_FAIL:
		trace->done = fail(trace, tid, &registers);
		return;
	case MEDDLE_SHORT:
		trace->done = shorten(tid, &registers);
	}
}

/* A call that was made, and is to look as if it had failed. */
static void after_call(const struct trace *trace, pid_t tid)
{
	if (trace->call == SYS_close)
		ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rax),
		       -(long)trace->error_number);
	else
		ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rdi),
		       trace->argument);
}

static void count_call(struct trace *trace, pid_t program, pid_t tid)
{
	trace->calls++;
	trace->main_calls += tid == program;
	if (trace->record && trace->calls <= trace->record_size)
		trace->record[trace->calls - 1] = (short)ptrace(
			PTRACE_PEEKUSER, tid, offsetof(struct user_regs_struct, orig_rax), 0);
	if (trace->calls == trace->at)
		meddle(trace, program, tid);
}

/* ---- the run ------------------------------------------------------------------------------ */

static volatile sig_atomic_t time_is_over;

static void on_alarm(int signal_number)
{
	(void)signal_number;
	time_is_over = 1;
}

/* Goes on after a stop of whatever kind. */
static void resume(struct trace *trace, pid_t program, pid_t tid, int status)
{
	int event = status >> 16;
	int signal_number = 0;
	int how = PTRACE_CONT;

	if (event == PTRACE_EVENT_SECCOMP) {
		count_call(trace, program, tid);
		if (trace->calls == trace->at && trace->done && trace->meddling == MEDDLE_FAIL &&
		    (trace->call == SYS_close || trace->call == SYS_brk))
			how = PTRACE_SYSCALL;
	} else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
		after_call(trace, tid);
	} else if (event == 0) {
		signal_number = WSTOPSIG(status);
	}
	ptrace(how, tid, 0, signal_number);
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void trace_run(struct trace *trace)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	pid_t program = start(trace);
	long ended_at = 0;

	time_is_over = 0;
	sigaction(SIGALRM, &action, NULL);
	alarm(trace->seconds);
	for (;;) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno == ECHILD)
			break;
		if (tid < 0 && errno == EINTR && time_is_over) {
			if (trace->overdue) {
				trace->left = 1;
				break;
			}
			trace->overdue = true;
			kill(program, SIGKILL);
			/* who still has a call to make is told, the rest is stuck */
			time_is_over = 0;
			alarm(10);
		}
		if (tid < 0)
			continue;
		if (WIFSTOPPED(status))
			resume(trace, program, tid, status);
		else if (tid == program) {
			trace->status = status;
			ended_at = now_ms();
		}
	}
	alarm(0);
	if (ended_at)
		trace->outlived_ms = now_ms() - ended_at;
}
