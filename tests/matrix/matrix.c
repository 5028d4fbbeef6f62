/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kills the hook, or fails what it asks of the kernel, at one system call after the other, and
 * looks each time whether the host comes out of it as it was.
 *
 * usage: matrix kill|fail|short|memory acquire|release all|sample [SHARD/SHARDS]
 *
 * kill: SIGKILL for the hook at the call, whoever makes it; where a worker makes it, once more for
 * the worker alone.
 *
 * fail: the call fails, by each error that fits it.
 *
 * short: a write to a file that takes less than all writes half.
 *
 * memory: malloc(), calloc() or realloc() fails.
 *
 * After a kill comes what may come next on a real host: the same VM's next prepare, its release,
 * `gpu-handoff recover`, another VM's prepare. Each state of the host that a kill has left, devices
 * and claims byte for byte, is put right in all four ways; when it comes again in one of them, and
 * by hand if no device is other than it was. `sample` leaves points out: see selected().
 *
 * Expects the domains "one" and "two" with the GPU and nothing else, /tmp/one.xml and /tmp/two.xml,
 * and a host whose devices have their drivers. The last line tells the number of points tried, and
 * how many of them were recovered from.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

enum way { BY_PREPARE, BY_RELEASE, BY_RECOVER, BY_OTHER, WAYS };
static const char *const way_names[WAYS] = { "the same VM's prepare", "its release", "recover",
					     "another VM's prepare" };

enum kind { KILL, FAIL, SHORT, MEMORY };

struct state {
	char *devices;
	char *claims;
};

/* A state that was met, and the ways in which it has been put right. */
struct seen {
	struct state state;
	unsigned int ways;
};

static enum kind kind;
static bool releasing;
static bool sample;
static long shard = 1, shards = 1;

static struct state before, start_state;
static struct seen *all_seen;
static size_t seen_count;
static long tried, recovered, by_hand, kept, refused, succeeded, settled;
static unsigned int turn;
static struct trace trace;

/* Of a clean run. */
static short record[RECORD_MAX];
static long clean_calls, claim_at, changes_seen;

static const char *const environment[] = { "LC_ALL=C", "PATH=/usr/sbin:/usr/bin", NULL };

static void die(const char *what)
{
	perror(what);
	exit(2);
}

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

static bool is_held(const char *claims)
{
	return strstr(claims, "\nphase = held\n");
}

/* ---- programs ----------------------------------------------------------------------------- */

static void redirect(const char *path, int flags, int wanted)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0 || dup2(fd, wanted) < 0)
		_exit(126);
}

static int run(const char *const *arguments, const char *const *variables, const char *input)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		die("fork");
	if (child == 0) {
		redirect(input, O_RDONLY, 0);
		redirect(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC, 1);
		redirect(ERRORS, O_WRONLY | O_CREAT | O_TRUNC, 2);
		execve(arguments[0], (char *const *)arguments, (char *const *)variables);
		_exit(127);
	}
	while (waitpid(child, &status, 0) < 0)
		;
	return status;
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
	printf("point %ld, ", trace.at);
	if (kind == MEMORY)
		printf("an allocation: ");
	else
		printf("%s by %s%s%s: ", trace_call_name(trace.call),
		       trace.by_main ? "the hook" : "a worker", kind == FAIL ? ", " : "",
		       kind == FAIL ? trace_error_name(trace.error_number) : "");
}

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
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

/* Back to the state before by all means; without it nothing more can be said. */
static void force_before(void)
{
	release("one");
	release("two");
	recover();
	if (is_now(&before))
		return;
	host_put_claims(before.claims);
	if (is_now(&before))
		return;
	complain("the host cannot be brought back; nothing more was tried");
	exit(1);
}

/* ---- before a point ----------------------------------------------------------------------- */

static void go_to_start(void)
{
	if (is_now(&start_state))
		return;
	if (!is_now(&before)) {
		complain("the host is not as before");
		force_before();
	}
	if (releasing && (prepare("one") != 0 || !is_now(&start_state))) {
		complain("the GPU cannot be acquired");
		exit(1);
	}
}

static bool runs_preloaded(void)
{
	return kind == MEMORY;
}

/* Runs the operation with the allocation that fails. Returns whether it was reached. */
static bool run_preloaded(const char *const *arguments)
{
	char at[64];
	const char *const variables[] = { "LC_ALL=C", "PATH=/usr/sbin:/usr/bin",
					  "LD_PRELOAD=" FAILING_MALLOC, at, NULL };
	FILE *file = fopen(COUNTER, "w");
	long count = 0;

	if (!file || fwrite(&count, sizeof(count), 1, file) != 1 || fclose(file) != 0)
		die(COUNTER);
	snprintf(at, sizeof(at), "FAIL_AT=%ld", trace.at);
	trace.status = run(arguments, variables, releasing ? "/dev/null" : "/tmp/one.xml");
	file = fopen(COUNTER, "r");
	if (!file || fread(&count, sizeof(count), 1, file) != 1 || fclose(file) != 0)
		die(COUNTER);
	trace.calls = count;
	return count >= trace.at;
}

/* Runs the operation from its start with the point in `trace`. Returns whether it was reached. */
static bool run_operation(enum meddling meddling)
{
	static const char *const acquire_arguments[] = {
		HOOK, "one", "prepare", "begin", "-", NULL
	};
	static const char *const release_arguments[] = { HOOK,  "one",      "release",
							 "end", "shutdown", NULL };
	const char *const *arguments = releasing ? release_arguments : acquire_arguments;

	go_to_start();
	if (runs_preloaded())
		return run_preloaded(arguments);
	trace = (struct trace){
		.arguments = arguments,
		.environment = environment,
		.input = releasing ? "/dev/null" : "/tmp/one.xml",
		.output = OUTPUT,
		.errors = ERRORS,
		.meddling = meddling,
		.at = trace.at,
		.error_index = trace.error_index,
		.seconds = RUN_SECONDS,
		.record = meddling == MEDDLE_NOT ? record : NULL,
		.record_size = RECORD_MAX,
	};
	trace_run(&trace);
	if (trace.overdue || trace.left)
		complain("it did not end in %d s", RUN_SECONDS);
	return trace.done;
}

/* ---- after a kill ------------------------------------------------------------------------- */

/*
 * The next prepare of `vm` takes the GPU, and its release gives it back; where the next point
 * begins with what the same VM's prepare has made, it stays.
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
	if (other || !releasing)
		release(vm);
}

/* A VM that may run keeps its GPU: nothing is changed, and its release gives it back. */
static void settle_held(enum way way)
{
	struct state after = look();

	if (way == BY_RECOVER ? recover() == 0 : prepare("two") == 0)
		complain("then %s: not refused, though the VM may run", way_names[way]);
	if (!is_now(&after))
		complain("then %s: something was changed, though the VM may run", way_names[way]);
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
	const struct state *wanted = way == BY_PREPARE ? &start_state : &before;
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
			 wanted == &before ? "before" : "after a start");
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
	} else if (strcmp(after.devices, start_state.devices) == 0) {
		host_put_claims(start_state.claims);
		by_hand++;
	} else if (sample) {
		settle(releasing ? BY_PREPARE : BY_RELEASE, &after);
	} else {
		settle(turn++ % WAYS, &after);
	}
	again = seen->ways != (1u << WAYS) - 1;
	state_clear(&after);
	return again;
}

static void judge_survivor(void);

/* Returns false when the operation has no such call any more. */
static bool kill_at(long at)
{
	bool by_main, again = false;
	int bad_before = bad;

	for (int i = 0; i < TRY_MAX && (i == 0 || again); i++) {
		trace.at = at;
		if (!run_operation(MEDDLE_KILL_ALL)) {
			/* not as many calls as at another run: nobody was killed */
			if (i == 0 && trace.calls < at) {
				judge_survivor();
				return false;
			}
			complain("nobody was killed");
			return true;
		}
		by_main = trace.by_main;
		if (!WIFSIGNALED(trace.status) || WTERMSIG(trace.status) != SIGKILL)
			complain("the hook was not killed");
		again = settle_killed(i > 0);
	}
	tried++;
	recovered += bad == bad_before;
	if (by_main)
		return true;
	bad_before = bad;
	trace.at = at;
	if (!run_operation(MEDDLE_KILL_CALLER)) {
		/* the order of two processes may be another one this time */
		judge_survivor();
		return true;
	}
	if (trace.by_main)
		settle_killed(true);
	else
		judge_survivor();
	tried++;
	recovered += bad == bad_before;
	return true;
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

/* The hook was not killed itself: a clean success, or a clean failure with a message. */
static void judge_survivor(void)
{
	struct state after = look();
	char *errors = host_read(ERRORS);
	bool failed = !WIFEXITED(trace.status) || WEXITSTATUS(trace.status) != 0;

	if (WIFSIGNALED(trace.status))
		complain("the hook died of signal %d", WTERMSIG(trace.status));
	if (failed && !*errors)
		complain("it failed with status %d and without a word", WEXITSTATUS(trace.status));
	if (!releasing && !failed) {
		succeeded++;
		if (!host_devices_given(after.devices) || !is_held(after.claims))
			complain("it succeeded, but the VM does not have the GPU");
		release("one");
		if (!is_now(&before))
			complain("the VM's release did not bring the host back");
	} else if (same(&after, &before)) {
		refused += !releasing;
		succeeded += releasing;
	} else {
		judge_kept(&after);
	}
	if (!is_now(&before))
		force_before();
	free(errors);
	state_clear(&after);
}

static bool survive(enum meddling meddling)
{
	int bad_before = bad;
	bool reached;

	log_before = log_bytes();
	reached = run_operation(meddling);
	judge_survivor();
	if (!reached)
		return false;
	tried++;
	recovered += bad == bad_before;
	return true;
}

/* By each error that fits the call; by one of them in a sample. */
static bool fail_at(long at)
{
	int index = sample ? (int)at : 0;

	do {
		trace.at = at;
		trace.error_index = index;
		if (!survive(MEDDLE_FAIL))
			return trace.calls >= at;
	} while (!sample && ++index < trace.error_count);
	return true;
}

static bool one_at(long at, enum meddling meddling)
{
	trace.at = at;
	return survive(meddling) || (kind == SHORT ? trace.writes : trace.calls) >= at;
}

/* ---- all of them -------------------------------------------------------------------------- */

/*
 * Of a sample: from the writing of the claim on calls that change something, for after every other
 * call the host is as it was after the one before, and few of all others. Of the shards each has
 * every so-manyth.
 */
static bool selected(long at)
{
	static const struct {
		long of_changes, of_others;
	} every[] = {
		[KILL] = { 4, 80 },
		[FAIL] = { 12, 100 },
		[SHORT] = { 1, 1 },
		[MEMORY] = { 120, 120 },
	};
	bool changes = kind != MEMORY && at <= clean_calls && at >= claim_at &&
		       trace_call_changes(record[at - 1]);
	long one_of = changes ? every[kind].of_changes : every[kind].of_others;

	if (sample && (changes ? changes_seen++ : at) % one_of != 0)
		return false;
	return at % shards == shard % shards;
}

static bool point(long at)
{
	switch (kind) {
	case KILL:
		return kill_at(at);
	case FAIL:
		return fail_at(at);
	case SHORT:
		return one_at(at, MEDDLE_SHORT);
	case MEMORY:
		break;
	}
	return one_at(at, MEDDLE_NOT);
}

static void tell(void)
{
	static const char *const names[] = { "kill", "fault", "short write", "allocation" };

	printf("# %zu states of the host after a kill, settled %ld times, put back by hand %ld "
	       "times\n"
	       "# of those who lived on %ld succeeded, %ld refused, %ld left it to who came next\n"
	       "%s points: %ld tried, %ld recovered\n",
	       seen_count, settled, by_hand, succeeded, refused, kept, names[kind], tried,
	       recovered);
}

static bool read_arguments(int count, char **arguments)
{
	static const char *const kinds[] = { "kill", "fail", "short", "memory" };

	if (count != 4 && count != 5)
		return false;
	for (kind = 0; kind <= MEMORY && strcmp(arguments[1], kinds[kind]) != 0;)
		kind++;
	releasing = strcmp(arguments[2], "release") == 0;
	sample = strcmp(arguments[3], "sample") == 0;
	return kind <= MEMORY && (releasing || strcmp(arguments[2], "acquire") == 0) &&
	       (sample || strcmp(arguments[3], "all") == 0) &&
	       (count == 4 || sscanf(arguments[4], "%ld/%ld", &shard, &shards) == 2);
}

/* What is to be met: how many calls there are, and which. */
static void run_clean(void)
{
	trace.at = 0;
	run_operation(MEDDLE_NOT);
	clean_calls = trace.calls < RECORD_MAX ? trace.calls : RECORD_MAX;
	while (!releasing && kind != MEMORY && claim_at < clean_calls &&
	       record[claim_at] != SYS_renameat2 && record[claim_at] != SYS_renameat)
		claim_at++;
	printf("# a clean run: %ld calls, %ld of them by the hook itself, the claim at %ld\n",
	       trace.calls, trace.main_calls, claim_at);
	judge_survivor();
}

int main(int count, char **arguments)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!read_arguments(count, arguments)) {
		fprintf(stderr, "usage: matrix kill|fail|short|memory acquire|release all|sample "
				"[SHARD/SHARDS]\n");
		return 2;
	}
	before = look();
	start_state = look();
	if (releasing) {
		if (prepare("one") != 0)
			die("the GPU cannot be acquired");
		state_clear(&start_state);
		start_state = look();
	}
	run_clean();
	if (bad)
		return 1;
	/* two runs do not make quite as many calls */
	for (long at = 1; at < clean_calls + 1000; at++)
		if (selected(at) && !point(at))
			break;
	if (!is_now(&before) && !is_now(&start_state))
		complain("at the end the host is not as before");
	force_before();
	tell();
	return bad || tried == 0 || tried != recovered;
}
