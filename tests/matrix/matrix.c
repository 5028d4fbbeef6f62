/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kills the hook, or fails what it asks of the kernel, at one point after the other while it
 * acquires and while it releases, and looks each time whether the host comes out of it as it was.
 *
 * usage: matrix kill|fail|short|memory all|sample [SHARD/SHARDS]
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
 * by hand if no device is other than it was. `sample` leaves points out: see is_selected().
 *
 * Expects the domains "one" and "two" with the GPU and nothing else, /tmp/one.xml and /tmp/two.xml,
 * and a host whose devices have their drivers. The last lines tell the number of points tried, and
 * how many of them were recovered from.
 */
#include <errno.h>
#include <fcntl.h>
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
#include "tracer.h"

#define ERRORS "/tmp/matrix.err"
#define OUTPUT "/tmp/matrix.out"
#define COUNTER "/tmp/matrix.count"
#define LOG "/var/log/messages"
#define FAILING_MALLOC "/lab/bin/failing-malloc.so"
#define LIBVIRT "/run/libvirt/libvirt-sock"
#define RUN_SECONDS 120
#define BAD_MAX 20
#define RECORD_MAX 20000
#define TRY_MAX 12
#define CLEAN_RUNS 5
#define REACH_MAX 6
#define CALL_MAX 512
#define OUTLIVE_SECONDS 5
#define NO_POINT (-1)

enum way { BY_PREPARE, BY_RELEASE, BY_RECOVER, BY_OTHER, WAYS };
static const char *const way_names[WAYS] = { "the same VM's prepare", "its release", "recover",
					     "another VM's prepare" };

enum kind { KILL, FAIL, SHORT, MEMORY };
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
	/* of a clean run */
	short record[RECORD_MAX];
	long count; /* of its points */
	long claim_at;
	long loaded_at; /* what comes before are the dynamic loader's calls */
	/* where we are: the one to be tried next */
	long point;
	int error_index;
	long changes_seen;
	/* what has come of it */
	long tried, recovered, missed;
};

static enum kind kind;
static bool sample;
static long shard = 1, shards = 1;

static struct matrix matrices[OPERATIONS];
static enum operation operation; /* of the point that is tried */
static struct seen *all_seen;
static size_t seen_count;
static long by_hand, kept, refused, succeeded, settled;
static unsigned int turn;
static struct trace trace;

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
	if (kind == MEMORY)
		printf("allocation %ld: ", trace.at);
	else
		printf("%s %ld by %s%s%s: ", trace_call_name(trace.call), trace.at,
		       trace.by_main ? "the hook" : "a worker", kind == FAIL ? ", " : "",
		       kind == FAIL ? trace_error_name(trace.error_number) : "");
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

/* The system call of the point, and which of its name it is. */
static long call_of(const struct matrix *matrix, long *ret_nth)
{
	*ret_nth = 0;
	for (long i = 0; i < matrix->point; i++)
		*ret_nth += matrix->record[i] == matrix->record[matrix->point - 1];
	return matrix->record[matrix->point - 1];
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
		.record = clean ? matrix->record : NULL,
		.record_size = RECORD_MAX,
	};
	if (kind == MEMORY) {
		run_preloaded(arguments[operation]);
		return trace.done;
	}
	if (!clean && (kind == KILL || kind == FAIL))
		trace.only = call_of(matrix, &trace.at);
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
static bool settle_killed(bool again)
{
	struct state after = look();
	struct seen *seen = find_seen(&after);
	enum way way = 0;

	while (way < WAYS && seen->ways & 1u << way)
		way++;
	if (way < WAYS) {
		seen->ways |= 1u << way;
		settle(way, &after);
	} else if (strcmp(after.devices, matrices[operation].start.devices) == 0) {
		host_put_claims(matrices[operation].start.claims);
		by_hand++;
	} else if (sample) {
		settle(turn++ % 2 ? BY_PREPARE : BY_RELEASE, &after);
	} else {
		settle(turn++ % WAYS, &after);
	}
	again = seen->ways != (1u << WAYS) - 1;
	state_clear(&after);
	return again;
}

static void judge_survivor(void);

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
	matrices[operation].missed++;
	printf("# not met in %d tries: %s, %s %ld\n", REACH_MAX, operation_names[operation],
	       kind == KILL || kind == FAIL ? trace_call_name(trace.only) : kind_names[kind],
	       trace.at);
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
		again = settle_killed(i > 0);
	}
	conclude(bad_before);
	if (by_main)
		return;
	bad_before = bad;
	if (!reach(MEDDLE_KILL_CALLER))
		return;
	/* the order of two processes may be another one this time */
	if (trace.by_main)
		settle_killed(true);
	else
		judge_survivor();
	conclude(bad_before);
}

/* ---- after a failure ---------------------------------------------------------------------- */

static long log_bytes(void)
{
	FILE *file = fopen(LOG, "r");
	long size = 0;

	if (file && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (file)
		fclose(file);
	return size;
}

static long log_before;

/* What was not put right is told, kept in a claim, and put right by who comes next. */
static void judge_kept(const struct state *after)
{
	char *errors = host_read(ERRORS);

	kept++;
	printf("# left to who comes next: ");
	show_point();
	printf("%s\n", is_held(after->claims) ? "held" : "restored in part");
	if (!*after->claims)
		complain("the host is not as before, and no claim tells it");
	if (!*errors && log_bytes() == log_before)
		complain("the host is not as before, and nobody was told");
	free(errors);
	settle(is_held(after->claims) ? BY_RELEASE : BY_RECOVER, after);
}

/*
 * Before main() it is the dynamic loader that fails, in its own way: without memory for itself by a
 * signal. Nothing of ours can speak then, nor has it changed anything.
 */
static bool is_loaders(const struct state *after)
{
	const struct matrix *matrix = &matrices[operation];

	return kind == FAIL && trace.done && matrix->point < matrix->loaded_at &&
	       WIFSIGNALED(trace.status) && same(after, &matrix->start);
}

/* The hook was not killed itself: a clean success, or a clean failure with a message. */
static void judge_survivor(void)
{
	struct state after = look();
	char *errors = host_read(ERRORS);
	bool failed = !WIFEXITED(trace.status) || WEXITSTATUS(trace.status) != 0;

	if (is_loaders(&after)) {
		refused++;
		free(errors);
		state_clear(&after);
		return;
	}
	if (WIFSIGNALED(trace.status))
		complain("the hook died of signal %d", WTERMSIG(trace.status));
	if (failed && !*errors)
		complain("it failed with status %d and without a word", WEXITSTATUS(trace.status));
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
		judge_kept(&after);
	}
	if (!is_now(&matrices[RELEASE].start) && !is_before())
		force_before();
	free(errors);
	state_clear(&after);
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

	log_before = log_bytes();
	if (sample)
		matrix->error_index = (int)matrix->point;
	if (reach(meddlings[kind])) {
		judge_survivor();
		if (trace.done)
			conclude(bad_before);
	}
	if (kind == FAIL && !sample && ++matrix->error_index < trace.error_count)
		return;
	matrix->error_index = 0;
	matrix->point++;
}

/* ---- all of them -------------------------------------------------------------------------- */

/*
 * Of a sample: one in ten before the claim is written; from there on calls that change something,
 * for after every other call the host is as it was after the one before, and few of all others. Of
 * the shards each has every so-manyth.
 */
static bool is_selected(struct matrix *matrix)
{
	static const struct {
		long before_claim, changes, others;
	} every[] = {
		[KILL] = { 10, 4, 80 },
		[FAIL] = { 10, 12, 100 },
		[SHORT] = { 1, 1, 1 },
		[MEMORY] = { 120, 120, 120 },
	};
	bool named = kind == KILL || kind == FAIL;
	long at = matrix->point;
	long call = named ? matrix->record[at - 1] : NO_POINT;
	bool changes = named && at >= matrix->claim_at && trace_call_changes(call);
	long one_of = every[kind].others;

	if (named && (call == NO_POINT || (kind == FAIL && !trace_call_fails(call))))
		return false;
	if (at < matrix->claim_at)
		one_of = every[kind].before_claim;
	else if (changes)
		one_of = every[kind].changes;
	if (sample && (changes ? matrix->changes_seen++ : at) % one_of != 0)
		return false;
	return at % shards == shard % shards;
}

/* Goes on to the next point of those selected, or stays where we are. Returns whether there is one.
 */
static bool find_point(struct matrix *matrix)
{
	while (matrix->point <= matrix->count && matrix->error_index == 0 && !is_selected(matrix))
		matrix->point++;
	return matrix->point <= matrix->count;
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
		if (kind != KILL) {
			survive_at_point();
		} else {
			kill_at_point();
			matrices[operation].point++;
		}
	}
}

/* Lowers how often each call is made at least to how often this run has made it. */
static void count_least(const short *record, long count, long least[CALL_MAX])
{
	long counts[CALL_MAX] = { 0 };

	for (long i = 0; i < count; i++)
		if (record[i] >= 0 && record[i] < CALL_MAX)
			counts[record[i]]++;
	for (long i = 0; i < CALL_MAX; i++)
		if (counts[i] < least[i])
			least[i] = counts[i];
}

/* What is beyond that is no point. */
static void leave_least(short *record, long count, long least[CALL_MAX])
{
	for (long i = 0; i < count; i++)
		if (record[i] >= 0 && record[i] < CALL_MAX && least[record[i]]-- <= 0)
			record[i] = NO_POINT;
}

/*
 * Some clean runs, of which that with the fewest calls is taken: two runs do not make quite the
 * same ones, for a wait is longer or shorter. Of a name there are as many points as each of them
 * had.
 */
static void run_some(void)
{
	static short record[RECORD_MAX];
	struct matrix *matrix = &matrices[operation];
	struct trace best = { 0 };
	long least[CALL_MAX];

	for (long i = 0; i < CALL_MAX; i++)
		least[i] = RECORD_MAX;
	for (int i = 0; i < CLEAN_RUNS; i++) {
		matrix->point = 0;
		run_operation(MEDDLE_NOT);
		if (trace.status != 0)
			complain("a clean one failed");
		if (trace.calls > RECORD_MAX)
			complain("it makes %ld calls, more than are recorded", trace.calls);
		if (kind != MEMORY)
			count_least(matrix->record, trace.calls, least);
		if (i > 0 && trace.calls >= best.calls)
			continue;
		best = trace;
		memcpy(record, matrix->record, sizeof(record));
	}
	trace = best;
	memcpy(matrix->record, record, sizeof(record));
	if (kind != MEMORY)
		leave_least(matrix->record, trace.calls, least);
}

/* What is to be met: how many points there are, and which. */
static void run_clean(void)
{
	struct matrix *matrix = &matrices[operation];

	run_some();
	matrix->count = trace.calls;
	if (kind != MEMORY && operation == ACQUIRE)
		while (matrix->claim_at < matrix->count &&
		       matrix->record[matrix->claim_at] != SYS_renameat2 &&
		       matrix->record[matrix->claim_at] != SYS_renameat)
			matrix->claim_at++;
	while (matrix->loaded_at < matrix->count &&
	       matrix->record[matrix->loaded_at] != SYS_prlimit64)
		matrix->loaded_at++;
	printf("# a clean %s: %ld calls, %ld of them by the hook itself, the claim at %ld\n",
	       operation_names[operation], trace.calls, trace.main_calls, matrix->claim_at);
	if (kind == SHORT) {
		matrix->count = 0;
		for (long i = 0; i < trace.calls && i < RECORD_MAX; i++)
			matrix->count +=
				matrix->record[i] == SYS_write || matrix->record[i] == SYS_pwrite64;
	}
	matrix->point = 1;
}

static bool tell(void)
{
	bool good = bad == 0;

	printf("# %zu states of the host after a kill, settled %ld times, put back by hand %ld "
	       "times\n"
	       "# of those who lived on %ld succeeded, %ld refused, %ld left it to who came next\n",
	       seen_count, settled, by_hand, succeeded, refused, kept);
	for (operation = 0; operation < OPERATIONS; operation++) {
		const struct matrix *matrix = &matrices[operation];

		printf("%s: %s points: %ld tried, %ld recovered; %ld not met\n",
		       operation_names[operation], kind_names[kind], matrix->tried,
		       matrix->recovered, matrix->missed);
		good &= matrix->tried > 0 && matrix->tried == matrix->recovered &&
			matrix->missed <= matrix->tried / 50 + 2;
	}
	return good;
}

static bool read_arguments(int count, char **arguments)
{
	static const char *const kinds[] = { "kill", "fail", "short", "memory" };

	if (count != 3 && count != 4)
		return false;
	for (kind = 0; kind <= MEMORY && strcmp(arguments[1], kinds[kind]) != 0;)
		kind++;
	sample = strcmp(arguments[2], "sample") == 0;
	return kind <= MEMORY && (sample || strcmp(arguments[2], "all") == 0) &&
	       (count == 3 || sscanf(arguments[3], "%ld/%ld", &shard, &shards) == 2);
}

int main(int count, char **arguments)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!read_arguments(count, arguments)) {
		fprintf(stderr, "usage: matrix kill|fail|short|memory all|sample [SHARD/SHARDS]\n");
		return 2;
	}
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
