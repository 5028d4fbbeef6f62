/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a program and meddles with one system call of it or of a process that it starts: the Nth of
 * its name, counted over all of them, as they come. strace(1) does the same but for two things: its
 * when=N counts for each process anew (6.1), so that hardly any call of a worker can be reached,
 * and it stops them at every call.
 */
#ifndef TRACER_H
#define TRACER_H

#include <stdbool.h>
#include <sys/types.h>

enum meddling {
	MEDDLE_NOT,         /* count only */
	MEDDLE_KILL_ALL,    /* SIGKILL the program itself, whoever makes the call */
	MEDDLE_KILL_CALLER, /* SIGKILL the process that makes the call */
	MEDDLE_FAIL,        /* the call fails, by the error of the index among those that fit it */
	MEDDLE_SHORT,       /* a write of half of it, to a file below /run or a socket or pipe */
};

#define TRACE_ALL (-1)

struct trace {
	/* what is to be done */
	const char *const *arguments; /* with an absolute path, ends with NULL */
	const char *const *environment;
	const char *input, *output, *errors; /* files; output and errors may be the same one */
	enum meddling meddling;
	long only; /* the number of the system call, or TRACE_ALL; MEDDLE_SHORT has its own */
	long at;   /* 1: the first one */
	int error_index;
	unsigned int seconds; /* after so many all processes are killed */

	/* what has come of it */
	int status; /* as waitpid(2) gives it, of the program */
	bool done;  /* the call was reached, and it can fail so */
	bool overdue;
	long calls; /* of the name, of all processes; for MEDDLE_SHORT writes */
	long main_calls;
	/* the numbers of the calls, as long as there is room; the caller's, NULL: not wanted */
	short *record;
	long record_size;
	long call; /* the number of the system call that was meddled with */
	bool by_main;
	int error_count;        /* how many errors fit it */
	int error_number;       /* the one that it got */
	int left;               /* processes that did not end */
	unsigned long argument; /* of a call that is made with another one */
	long outlived_ms;       /* how long the last process has outlived the program */
};

/* Runs it; exits with a message when that cannot be done at all. */
void trace_run(struct trace *trace);

/*
 * Whether the system call may change something outside of its process, or begins or ends one: what
 * comes after it is another state than what was before.
 */
bool trace_call_changes(long call);

/* Whether there are errors that fit the system call. */
bool trace_call_fails(long call);

/* "openat", or "call 123" for a name that is not known. Valid until the next call. */
const char *trace_call_name(long call);

const char *trace_error_name(int error_number);

#endif
