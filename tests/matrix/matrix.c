/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kills the hook, or fails what it asks of the kernel, at one point after the other while it
 * acquires and while it releases, and looks each time whether the host comes out of it as it was.
 *
 * usage: matrix kill|fail|short|memory all|changes|sample [SHARD/SHARDS]
 *
 * kill: SIGKILL for the hook at a system call, whoever makes it; where a worker makes it, once more
 * for the worker alone.
 *
 * fail: the call fails, by each error that fits it.
 *
 * short: a write to a file that takes less than all writes half.
 *
 * memory: malloc(), calloc() or realloc() fails.
 *
 * The Nth call of a name is a point, for each that a clean run has. An acquire that comes to its
 * end is the beginning of a release's point, and the other way round.
 *
 * After a kill comes what may come next on a real host: the same VM's next prepare, its release,
 * `gpu-handoff recover`, another VM's prepare. Each state of the host that a kill has left, devices
 * and claims byte for byte, is put right in all four ways; when it comes again in one of them, and
 * by hand if no device is other than it was. `sample` and `changes` leave points out: see points.h.
 *
 * Expects the domains "one" and "two" with the GPU and nothing else, /tmp/one.xml and /tmp/two.xml,
 * and a host whose devices have their drivers. The last lines tell the number of points tried, and
 * how many of them were recovered from.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "points.h"
#include "tracer.h"

#define ERRORS "/tmp/matrix.err"
#define OUTPUT "/tmp/matrix.out"
#define COUNTER "/tmp/matrix.count"
#define FAILING_MALLOC "/lab/bin/failing-malloc.so"
#define LIBVIRT "/run/libvirt/libvirt-sock"
#define RUN_SECONDS 120
#define BAD_MAX 20
#define TRY_MAX 12
#define CLEAN_RUNS 5
#define REACH_MAX 6
#define OUTLIVE_SECONDS 5
#define LOADER_FAILED 127 /* elf/dl-error-skeleton.c */

enum way { BY_PREPARE, BY_RELEASE, BY_RECOVER, BY_OTHER, WAYS };
static const char *const way_names[WAYS] = { "the same VM's prepare", "its release", "recover",
					     "another VM's prepare" };

static const char *const kind_names[] = { "kill", "fault", "short write", "allocation" };

enum operation { ACQUIRE, RELEASE, OPERATIONS };
static const char *const operation_names[OPERATIONS] = { "acquire", "release" };

struct state {
	char *devices;
	char *claims;
};

/* A state that was met, and the ways in which it has been put right. */
struct seen {
	struct state state;
	unsigned int ways;
};

/* The points of an operation. */
struct matrix {
	struct state start; /* of the host, before the operation */
	struct points points;
	/* where we are: the one to be tried next */
	long point;
	bool is_chosen;
	int error_index;
	/* what has come of it */
	long tried, recovered, missed;
};

static struct choice choice = { .shard = 1, .shards = 1 };

static struct matrix matrices[OPERATIONS];
static enum operation operation; /* of the point that is tried */
static struct seen *all_seen;
static size_t seen_count;
static long by_hand, kept, refused, succeeded, settled;
static unsigned int turn;
static struct trace trace;
static short *record; /* where a clean run's calls go, NULL otherwise */

/* Whether points are system calls, by their names. */
static bool is_named(void)
{
	return choice.kind == KILL || choice.kind == FAIL;
}

static const char *const environment[] = { "LC_ALL=C", "PATH=/usr/sbin:/usr/bin", NULL };

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- the host ----------------------------------------------------------------------------- */

static struct state look(void)
{
	return (struct state){ host_devices(), host_claims() };
}

static void state_clear(struct state *state)
{
	free(state->devices);
	free(state->claims);
	*state = (struct state){ 0 };
}

static bool same(const struct state *a, const struct state *b)
{
	return strcmp(a->devices, b->devices) == 0 && strcmp(a->claims, b->claims) == 0;
}

static bool is_now(const struct state *wanted)
{
	struct state now = look();
	bool is = same(&now, wanted);

	state_clear(&now);
	return is;
}

/* The VM's claim. What is listed before it, a claim that was half written, says nothing. */
static const char *claim_of_one(const char *claims)
{
	const char *claim = strstr(claims, "/vm/one.claim\n");

	return claim ? claim : "";
}

static bool is_held(const char *claims)
{
	return strstr(claim_of_one(claims), "\nphase = held\n");
}

/* ---- programs ----------------------------------------------------------------------------- */

static void redirect(const char *path, int flags, int wanted)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0 || dup2(fd, wanted) < 0)
		_exit(126);
}

static void on_alarm(int signal_number)
{
	(void)signal_number;
}

/*
 * Waits for the program and for all that it has started, which come to us when it has ended.
 * Returns its status.
 */
static int wait_for_all(pid_t program)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	bool ended = false;
	int status, result = 0;

	sigaction(SIGALRM, &action, NULL);
	alarm(RUN_SECONDS);
	for (;;) {
		pid_t pid = waitpid(-1, &status, 0);

		if (pid == program) {
			result = status;
			ended = true;
			alarm(OUTLIVE_SECONDS);
		} else if (pid < 0 && errno == EINTR) {
			complain("a process of it lives on%s", ended ? "" : ", and itself");
			if (ended)
				break;
			kill(program, SIGKILL);
			alarm(OUTLIVE_SECONDS);
		} else if (pid < 0) {
			break;
		}
	}
	alarm(0);
	return result;
}

static int run(const char *const *arguments, const char *const *variables, const char *input)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child == 0) {
		redirect(input, O_RDONLY, 0);
		redirect(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC, 1);
		redirect(ERRORS, O_WRONLY | O_CREAT | O_TRUNC, 2);
		execve(arguments[0], (char *const *)arguments, (char *const *)variables);
		_exit(127);
	}
	return wait_for_all(child);
}

static int prepare(const char *vm)
{
	const char *const arguments[] = { HOOK, vm, "prepare", "begin", "-", NULL };

	return run(arguments, environment, vm[0] == 'o' ? "/tmp/one.xml" : "/tmp/two.xml");
}

static int release(const char *vm)
{
	const char *const arguments[] = { HOOK, vm, "release", "end", "shutdown", NULL };

	return run(arguments, environment, "/dev/null");
}

static int recover(void)
{
	const char *const arguments[] = { COMMAND, "recover", NULL };

	return run(arguments, environment, "/dev/null");
}

/* ---- what was wrong ----------------------------------------------------------------------- */

static int bad;

static void show(const char *title, const char *text)
{
	printf("#   %s:\n", title);
	while (*text) {
		size_t length = strcspn(text, "\n");

		printf("#     %.*s\n", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

static void show_point(void)
{
	printf("%s, ", operation_names[operation]);
	if (choice.kind == MEMORY)
		printf("allocation %ld: ", trace.at);
	else
		printf("%s %ld by %s%s%s: ", trace_call_name(trace.call), trace.at,
		       trace.by_main ? "the hook" : "a worker", choice.kind == FAIL ? ", " : "",
		       choice.kind == FAIL ? trace_error_name(trace.error_number) : "");
}

static void complain(const char *format, ...)
{
	va_list arguments;
	struct state now;
	char *errors;

	if (++bad > BAD_MAX)
		return;
	printf("# ");
	show_point();
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	now = look();
	errors = host_read(ERRORS);
	show("devices", now.devices);
	show("claims", now.claims);
	show("stderr", errors);
	free(errors);
	state_clear(&now);
	fflush(stdout);
}

static bool is_before(void)
{
	return is_now(&matrices[ACQUIRE].start);
}

/* Back to the state before by all means; without it nothing more can be said. */
static void force_before(void)
{
	release("one");
	release("two");
	recover();
	if (is_before())
		return;
	host_put_claims(matrices[ACQUIRE].start.claims);
	if (is_before())
		return;
	complain("the host cannot be brought back; nothing more was tried");
	exit(1);
}

/* ---- the operation ------------------------------------------------------------------------ */

static void go_to_start(void)
{
	if (is_now(&matrices[operation].start))
		return;
	if (operation == ACQUIRE && is_now(&matrices[RELEASE].start))
		release("one");
	if (!is_before()) {
		complain("the host is not as before");
		force_before();
	}
	if (operation == RELEASE && (prepare("one") != 0 || !is_now(&matrices[RELEASE].start))) {
		complain("the GPU cannot be acquired");
		exit(1);
	}
}

/* Runs it with the allocation that fails. */
static void run_preloaded(const char *const *arguments)
{
	char at[64];
	const char *const variables[] = { "LC_ALL=C", "PATH=/usr/sbin:/usr/bin",
					  "LD_PRELOAD=" FAILING_MALLOC, at, NULL };
	FILE *file = fopen(COUNTER, "w");
	long count = 0;

	if (!file || fwrite(&count, sizeof(count), 1, file) != 1 || fclose(file) != 0)
		die(COUNTER);
	snprintf(at, sizeof(at), "FAIL_AT=%ld", trace.at);
	trace.status =
		run(arguments, variables, operation == RELEASE ? "/dev/null" : "/tmp/one.xml");
	file = fopen(COUNTER, "r");
	if (!file || fread(&count, sizeof(count), 1, file) != 1 || fclose(file) != 0)
		die(COUNTER);
	trace.calls = count;
	trace.done = trace.at > 0 && count >= trace.at;
}

/* Runs the operation from its start with the point; a clean run for none. Returns whether it came
 * to it. */
static bool run_operation(enum meddling meddling)
{
	static const char *const arguments[OPERATIONS][6] = {
		{ HOOK, "one", "prepare", "begin", "-", NULL },
		{ HOOK, "one", "release", "end", "shutdown", NULL },
	};
	struct matrix *matrix = &matrices[operation];
	bool clean = matrix->point == 0;

	go_to_start();
	trace = (struct trace){
		.arguments = arguments[operation],
		.environment = environment,
		.input = operation == RELEASE ? "/dev/null" : "/tmp/one.xml",
		.output = OUTPUT,
		.errors = ERRORS,
		.meddling = meddling,
		.only = TRACE_ALL,
		.at = matrix->point,
		.error_index = matrix->error_index,
		.seconds = RUN_SECONDS,
		.record = record,
		.record_size = CALLS_MAX,
	};
	if (choice.kind == MEMORY) {
		run_preloaded(arguments[operation]);
		return trace.done;
	}
	if (!clean && is_named())
		trace.only = points_call(&matrix->points, matrix->point, &trace.at);
	trace_run(&trace);
	if (trace.overdue || trace.left)
		complain("it did not end in %d s", RUN_SECONDS);
	if (trace.outlived_ms > OUTLIVE_SECONDS * 1000)
		complain("a process of it lived on for %ld ms", trace.outlived_ms);
	return trace.done;
}

/* Counts the point in. */
static void conclude(int bad_before)
{
	matrices[operation].tried++;
	matrices[operation].recovered += bad == bad_before;
}

/* ---- after a kill ------------------------------------------------------------------------- */

/*
 * The next prepare of `vm` takes the GPU. The same VM's has it as after any start, then: it is
 * where a release's point begins. Another VM's release gives it back.
 */
static void settle_by_prepare(const char *vm)
{
	bool other = vm[0] != 'o';
	char *devices;

	if (prepare(vm) != 0) {
		complain("then %s: it failed", way_names[other ? BY_OTHER : BY_PREPARE]);
		return;
	}
	devices = host_devices();
	if (!host_devices_given(devices))
		complain("then a prepare: the GPU was not acquired");
	free(devices);
	if (other)
		release(vm);
}

/* A VM that may run keeps its GPU and its claim: nothing is changed, and its release gives it back.
 */
static void settle_held(enum way way)
{
	struct state after = look(), then;

	if (way == BY_RECOVER ? recover() == 0 : prepare("two") == 0)
		complain("then %s: not refused, though the VM may run", way_names[way]);
	then = look();
	if (strcmp(then.devices, after.devices) != 0 ||
	    strcmp(claim_of_one(then.claims), claim_of_one(after.claims)) != 0)
		complain("then %s: something was changed, though the VM may run", way_names[way]);
	state_clear(&then);
	state_clear(&after);
	release("one");
}

/* Whoever asks libvirt is told that the VM does not run. */
static bool may_run(enum way way)
{
	return way == BY_OTHER || (way == BY_RECOVER && access(LIBVIRT, F_OK) < 0);
}

static void settle(enum way way, const struct state *after)
{
	const struct state *wanted = &matrices[way == BY_PREPARE ? RELEASE : ACQUIRE].start;
	int bad_before = bad;

	settled++;
	if (is_held(after->claims) && may_run(way))
		settle_held(way);
	else if (way == BY_PREPARE || way == BY_OTHER)
		settle_by_prepare(way == BY_PREPARE ? "one" : "two");
	else if (way == BY_RELEASE && release("one") != 0)
		complain("then its release: it failed");
	else if (way == BY_RECOVER && recover() != 0)
		complain("then recover: it failed");
	if (bad == bad_before && !is_now(wanted))
		complain("then %s: the host is not as %s", way_names[way],
			 way == BY_PREPARE ? "after a start" : "before");
	if (bad != bad_before) {
		printf("# after the kill:\n");
		show("devices", after->devices);
		show("claims", after->claims);
		force_before();
	}
}

static struct seen *find_seen(const struct state *state)
{
	for (size_t i = 0; i < seen_count; i++)
		if (same(&all_seen[i].state, state))
			return &all_seen[i];
	all_seen = realloc(all_seen, (seen_count + 1) * sizeof(*all_seen));
	if (!all_seen)
		die("memory");
	all_seen[seen_count] = (struct seen){
		.state = { strdup(state->devices), strdup(state->claims) },
	};
	return &all_seen[seen_count++];
}

/* Puts right what the kill has left. Returns whether the state wants the same kill once more. */
static bool settle_killed(void)
{
	struct state after = look();
	struct seen *seen = find_seen(&after);
	enum way way = 0;
	bool again;

	while (way < WAYS && seen->ways & 1u << way)
		way++;
	if (way < WAYS) {
		seen->ways |= 1u << way;
		settle(way, &after);
	} else if (strcmp(after.devices, matrices[operation].start.devices) == 0) {
		host_put_claims(matrices[operation].start.claims);
		by_hand++;
	} else if (choice.extent == SAMPLE) {
		settle(turn++ % 2 ? BY_PREPARE : BY_RELEASE, &after);
	} else {
		settle(turn++ % WAYS, &after);
	}
	again = seen->ways != (1u << WAYS) - 1;
	state_clear(&after);
	return again;
}

static void judge_survivor(void);

static void tell_missed(void)
{
	matrices[operation].missed++;
	printf("# not met in %d tries: %s, %s %ld\n", REACH_MAX, operation_names[operation],
	       is_named() ? trace_call_name(trace.only) : kind_names[choice.kind], trace.at);
}

/* Runs the operation with the point; again where it was not met. Returns whether it was in the end.
 */
static bool reach(enum meddling meddling)
{
	for (int i = 0; i < REACH_MAX; i++) {
		/* reached is also a write that is never cut short, or a call that does not fail */
		if (run_operation(meddling) || trace.calls >= trace.at)
			return true;
		judge_survivor();
	}
	tell_missed();
	return false;
}

static void kill_at_point(void)
{
	bool by_main, again = false;
	int bad_before = bad;

	for (int i = 0; i < TRY_MAX && (i == 0 || again); i++) {
		if (!reach(MEDDLE_KILL_ALL))
			return;
		by_main = trace.by_main;
		if (!WIFSIGNALED(trace.status) || WTERMSIG(trace.status) != SIGKILL)
			complain("the hook was not killed");
		again = settle_killed();
	}
	conclude(bad_before);
	if (by_main)
		return;
	/* the order of two processes may be another one this time */
	for (int i = 0; i < REACH_MAX; i++) {
		bad_before = bad;
		if (!reach(MEDDLE_KILL_CALLER))
			return;
		if (!trace.by_main) {
			judge_survivor();
			conclude(bad_before);
			return;
		}
		settle_killed();
		if (bad != bad_before)
			conclude(bad_before);
	}
	tell_missed();
}

/* ---- after a failure ---------------------------------------------------------------------- */

/*
 * It is the dynamic loader that failed, in its own way: before main() by a signal where it has no
 * memory for itself, otherwise with a status that is none of ours. Nothing of ours can speak then,
 * or try again; nor has it changed anything.
 */
static bool is_loaders(const struct state *after, const char *errors)
{
	const struct matrix *matrix = &matrices[operation];
	bool by_signal = choice.kind == FAIL && WIFSIGNALED(trace.status) &&
			 matrix->point < matrix->points.loaded_at;

	return trace.done && same(after, &matrix->start) &&
	       (by_signal ||
		(WIFEXITED(trace.status) && WEXITSTATUS(trace.status) == LOADER_FAILED && *errors));
}

/* Whoever comes next puts right what the loader has left to him. */
static void settle_loaders(const struct state *after)
{
	kept++;
	printf("# the dynamic loader failed: ");
	show_point();
	if (WIFSIGNALED(trace.status))
		printf("it died of signal %d\n", WTERMSIG(trace.status));
	else
		printf("status %d\n", WEXITSTATUS(trace.status));
	if (operation == RELEASE)
		settle(BY_RELEASE, after);
}

/* The hook was not killed itself: a clean success, or a clean failure with a message. */
static void judge_survivor(void)
{
	struct state after = look();
	char *errors = host_read(ERRORS);
	bool failed = !WIFEXITED(trace.status) || WEXITSTATUS(trace.status) != 0;

	if (is_loaders(&after, errors)) {
		settle_loaders(&after);
		free(errors);
		state_clear(&after);
		return;
	}
	if (WIFSIGNALED(trace.status))
		complain("the hook died of signal %d", WTERMSIG(trace.status));
	else if (failed && (operation == RELEASE || WEXITSTATUS(trace.status) != 1))
		complain("it ended with status %d", WEXITSTATUS(trace.status));
	if (failed && !*errors)
		complain("it failed without a word");
	if (operation == ACQUIRE && !failed) {
		succeeded++;
		if (!host_devices_given(after.devices) || !is_held(after.claims))
			complain("it succeeded, but the VM does not have the GPU");
		/* what is like any start need not be tried */
		if (!same(&after, &matrices[RELEASE].start)) {
			release("one");
			if (!is_before())
				complain("the VM's release did not bring the host back");
		}
	} else if (same(&after, &matrices[ACQUIRE].start)) {
		refused += operation == ACQUIRE;
		succeeded += operation == RELEASE;
	} else {
		complain("it has left the host other than it was before");
	}
	if (!is_now(&matrices[RELEASE].start) && !is_before())
		force_before();
	free(errors);
	state_clear(&after);
}

static void next_point(struct matrix *matrix)
{
	matrix->is_chosen = false;
	matrix->point++;
}

/* The point, and for FAIL its other errors one after the other. */
static void survive_at_point(void)
{
	static const enum meddling meddlings[] = {
		[FAIL] = MEDDLE_FAIL,
		[SHORT] = MEDDLE_SHORT,
		[MEMORY] = MEDDLE_NOT,
	};
	struct matrix *matrix = &matrices[operation];
	int bad_before = bad;

	if (choice.extent == SAMPLE)
		matrix->error_index = (int)matrix->point;
	if (reach(meddlings[choice.kind])) {
		judge_survivor();
		if (trace.done)
			conclude(bad_before);
	}
	if (choice.kind == FAIL && choice.extent != SAMPLE &&
	    ++matrix->error_index < trace.error_count)
		return;
	matrix->error_index = 0;
	next_point(matrix);
}

/* ---- all of them -------------------------------------------------------------------------- */

/* Goes on to the next point of those chosen, or stays where we are. Returns whether there is one.
 */
static bool find_point(struct matrix *matrix)
{
	while (matrix->point <= matrix->points.count && !matrix->is_chosen) {
		matrix->is_chosen = points_choose(&matrix->points, &choice, matrix->point);
		if (!matrix->is_chosen)
			matrix->point++;
	}
	return matrix->point <= matrix->points.count;
}

static void try_all(void)
{
	for (;;) {
		bool left[OPERATIONS] = { find_point(&matrices[ACQUIRE]),
					  find_point(&matrices[RELEASE]) };

		if (!left[ACQUIRE] && !left[RELEASE])
			return;
		operation = is_now(&matrices[RELEASE].start) ? RELEASE : ACQUIRE;
		if (!left[operation])
			operation = operation == RELEASE ? ACQUIRE : RELEASE;
		if (choice.kind != KILL) {
			survive_at_point();
		} else {
			kill_at_point();
			next_point(&matrices[operation]);
		}
	}
}

/* Some clean runs, so that it is known what all of them have. */
static void run_clean(void)
{
	static short calls[CALLS_MAX];
	struct matrix *matrix = &matrices[operation];
	struct points *points = &matrix->points;

	matrix->point = 0;
	for (int i = 0; i < CLEAN_RUNS; i++) {
		record = calls;
		run_operation(MEDDLE_NOT);
		record = NULL;
		if (trace.status != 0)
			complain("a clean one failed");
		if (trace.calls > CALLS_MAX)
			complain("it makes %ld calls, more than are recorded", trace.calls);
		else
			points_add(points, calls, trace.calls);
	}
	if (choice.kind != MEMORY)
		points_settle(points, operation == ACQUIRE);
	printf("# a clean %s: %ld calls, the claim at %ld\n", operation_names[operation],
	       points->count, points->claim_at);
	if (choice.kind == SHORT)
		points->count = points_writes(points);
	matrix->point = 1;
}

static bool tell(void)
{
	bool good = bad == 0;

	printf("# %zu states of the host after a kill, settled %ld times, put back by hand %ld "
	       "times\n"
	       "# of those who lived on %ld succeeded, %ld refused; the loader failed %ld times\n",
	       seen_count, settled, by_hand, succeeded, refused, kept);
	for (operation = 0; operation < OPERATIONS; operation++) {
		const struct matrix *matrix = &matrices[operation];

		printf("%s: %s points: %ld tried, %ld recovered; %ld not met\n",
		       operation_names[operation], kind_names[choice.kind], matrix->tried,
		       matrix->recovered, matrix->missed);
		good &= matrix->tried > 0 && matrix->tried == matrix->recovered &&
			matrix->missed <= matrix->tried / 50 + 2;
	}
	return good;
}

/* Which of the words it is, or -1. */
static int find_word(const char *const *words, int count, const char *word)
{
	while (--count >= 0 && strcmp(words[count], word) != 0)
		;
	return count;
}

static bool read_arguments(int count, char **arguments)
{
	static const char *const kinds[] = { "kill", "fail", "short", "memory" };
	static const char *const extents[] = { "all", "changes", "sample" };
	int kind = count > 2 ? find_word(kinds, 4, arguments[1]) : -1;
	int extent = count > 2 ? find_word(extents, 3, arguments[2]) : -1;

	choice.kind = (enum kind)kind;
	choice.extent = (enum extent)extent;
	return kind >= 0 && extent >= 0 && (extent != CHANGES || is_named()) &&
	       (count == 3 ||
		(count == 4 &&
		 sscanf(arguments[3], "%ld/%ld", &choice.shard, &choice.shards) == 2 &&
		 choice.shards > 0));
}

/*
 * Each call of what is traced is ours, and theirs again: from one emulated processor to the other
 * that takes a hundred times as long.
 */
static void stay_on_processor(void)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_setaffinity(0, sizeof(first), &first) < 0)
		die("sched_setaffinity");
}

int main(int count, char **arguments)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!read_arguments(count, arguments)) {
		fprintf(stderr,
			"usage: matrix kill|fail|short|memory all|changes|sample [SHARD/SHARDS]\n");
		return 2;
	}
	stay_on_processor();
	/* what a program has started comes to us when it has ended */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		die("prctl");
	matrices[ACQUIRE].start = look();
	if (prepare("one") != 0)
		die("the GPU cannot be acquired");
	matrices[RELEASE].start = look();
	release("one");
	for (operation = 0; operation < OPERATIONS; operation++)
		run_clean();
	if (bad)
		return 1;
	try_all();
	operation = ACQUIRE;
	go_to_start();
	return !tell();
}
