/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/worker.h"

#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "scratch.h"
#include "tap.h"

#define DEVICE "0000:01:00.0"
#define SOON_MS 150
#define LONG_MS 30000

/* A tree with a FIFO, whose opening blocks as a kernel's call may, and a directory of locks. */
struct bench {
	struct scratch scratch;
	int locks_fd;
	struct patience patience;
	struct worker_context context;
};

static void bench_open(struct bench *bench)
{
	bench->scratch = scratch_open();
	scratch_directory(&bench->scratch, "locks");
	scratch_fifo(&bench->scratch, "blocks");
	scratch_file(&bench->scratch, "attribute", "old\n");
	bench->locks_fd = root_open(&bench->scratch.root, O_RDONLY | O_DIRECTORY, "locks");
	bench->context = (struct worker_context){
		.root = &bench->scratch.root,
		.locks_fd = bench->locks_fd,
		.patience = &bench->patience,
	};
	bench->patience = (struct patience){ 0 };
}

static void bench_close(struct bench *bench)
{
	close(bench->locks_fd);
	scratch_close(&bench->scratch);
}

#define BENCH(name)                                              \
	__attribute__((cleanup(bench_close))) struct bench name; \
	bench_open(&name)

static int run(struct bench *bench, const struct worker_call *call, int64_t duration_ms,
	       int *ret_answer, char **ret_text, struct error *error)
{
	bench->patience.deadline_ms = clock_now_ms() + duration_ms;
	return worker_run(&bench->context, call, ret_answer, ret_text, error);
}

static const struct worker_call blocks = {
	.access = WORKER_READ,
	.device = DEVICE,
	.step = "unbind from snd_hda_intel",
	.path = "blocks",
};

static const struct worker_call reads = {
	.access = WORKER_READ,
	.device = DEVICE,
	.step = "read the driver override",
	.path = "attribute",
};

/* ---- what is accessed --------------------------------------------------------------------- */

static void test_read(void)
{
	BENCH(bench);
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *empty = NULL;
	struct worker_call call = reads;
	int answer = 7;

	CHECK(run(&bench, &call, LONG_MS, &answer, &text, &error) == 0 && answer == 0,
	      "a file is read");
	CHECK_TEXT(text, "old", "what was read, without its final newline");
	scratch_file(&bench.scratch, "empty", "");
	call.path = "empty";
	CHECK(run(&bench, &call, LONG_MS, &answer, &empty, &error) == 0 && answer == 0,
	      "an empty file is read");
	CHECK_TEXT(empty, "", "as empty text");
	CHECK(run(&bench, &call, LONG_MS, &answer, NULL, &error) == 0 && answer == 0,
	      "what is read need not be wanted");
}

static void test_read_limit(void)
{
	BENCH(bench);
	_cleanup_free_ char *text = NULL;
	char big[WORKER_TEXT_MAX_BYTES + 100];
	struct worker_call call = reads;
	int answer;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	scratch_file(&bench.scratch, "big", big);
	call.path = "big";
	CHECK(run(&bench, &call, LONG_MS, &answer, &text, NULL) == 0 &&
		      strlen(text) == WORKER_TEXT_MAX_BYTES,
	      "no more than the limit comes back");
}

static void test_write(void)
{
	BENCH(bench);
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *back = NULL;
	struct worker_call call = {
		.access = WORKER_WRITE, .step = "write", .path = "attribute", .text = "new"
	};
	int answer = 7;

	CHECK(run(&bench, &call, LONG_MS, &answer, NULL, NULL) == 0 && answer == 0 &&
		      root_read(&bench.scratch.root, 16, &text, "attribute") == 0,
	      "a file is written");
	CHECK_TEXT(text, "new", "with the text and nothing else");
	call.access = WORKER_WRITE_READ;
	call.text = "two";
	CHECK(run(&bench, &call, LONG_MS, &answer, &back, NULL) == 0 && answer == 0,
	      "a file is written and read back");
	CHECK_TEXT(back, "two", "what was read back");
}

static void test_open(void)
{
	BENCH(bench);
	struct worker_call call = { .access = WORKER_OPEN, .step = "open", .path = "attribute" };
	int answer = 7;

	CHECK(run(&bench, &call, LONG_MS, &answer, NULL, NULL) == 0 && answer == 0,
	      "a file is opened");
	call.path = "none";
	CHECK(run(&bench, &call, LONG_MS, &answer, NULL, NULL) == 0 && answer == -ENOENT,
	      "one that is not there is not");
}

static void test_errno(void)
{
	BENCH(bench);
	const struct {
		enum worker_access access;
		const char *path;
		int answer;
	} cases[] = {
		{ WORKER_READ, "none", -ENOENT },         { WORKER_READ, "locks", -EISDIR },
		{ WORKER_READ, "attribute/x", -ENOTDIR }, { WORKER_WRITE, "none", -ENOENT },
		{ WORKER_WRITE, "locks", -EISDIR },       { WORKER_WRITE, "full", -ENOSPC },
		{ WORKER_WRITE_READ, "full", -ENOSPC },   { WORKER_OPEN, "locks", -EISDIR },
	};

	scratch_link(&bench.scratch, "full", "/dev/full");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct worker_call call = {
			.access = cases[i].access, .step = "try", .path = cases[i].path, .text = "x"
		};
		_cleanup_error_ struct error error = ERROR_INIT;
		char *text = NULL;
		int answer = 7;

		CHECK(run(&bench, &call, LONG_MS, &answer, &text, &error) == 0 &&
			      answer == cases[i].answer && !text && !error.code,
		      "the kernel's answer comes back, as an answer: %s",
		      strerror(-cases[i].answer));
	}
}

/* ---- programs ----------------------------------------------------------------------------- */

static int run_shell(struct bench *bench, const char *script, struct error *error)
{
	const char *const arguments[] = { "/bin/sh", "-c", script, NULL };
	struct worker_call call = { .access = WORKER_EXECUTE,
				    .step = "run a script",
				    .arguments = arguments };
	int answer = -1000;
	int r = run(bench, &call, LONG_MS, &answer, NULL, error);

	return r < 0 ? r : answer;
}

static void test_execute(void)
{
	BENCH(bench);
	const char *const nothing[] = { "/no/such/program", NULL };
	struct worker_call call = { .access = WORKER_EXECUTE,
				    .step = "run nothing",
				    .arguments = nothing };
	int answer = 7;

	CHECK(run_shell(&bench, "exit 0", NULL) == 0, "a program's success");
	CHECK(run_shell(&bench, "exit 7", NULL) == 7, "a program's exit status");
	CHECK(run(&bench, &call, LONG_MS, &answer, NULL, NULL) == 0 && answer == -ENOENT,
	      "a program that is not there is the kernel's answer, not an exit status");
}

static void test_output(void)
{
	BENCH(bench);
	const char *const says[] = { "/bin/sh", "-c", "echo out; echo err >&2; exit 3", NULL };
	const char *const much[] = { "/bin/sh", "-c", "yes 12345678 | head -c 1000000", NULL };
	struct worker_call call = { .access = WORKER_EXECUTE, .step = "say", .arguments = says };
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *long_text = NULL;
	int answer = 7;

	CHECK(run(&bench, &call, LONG_MS, &answer, &text, NULL) == 0 && answer == 3,
	      "a program that says something and fails");
	CHECK_TEXT(text, "out\nerr", "what it said on either output comes back");
	call.arguments = much;
	CHECK(run(&bench, &call, LONG_MS, &answer, &long_text, NULL) == 0 && answer == 0 &&
		      strlen(long_text) == 1000000,
	      "and more than a pipe would hold, too");
}

/* What a function finds and is given: the tree, its data, and a place to write to. */
static int speak(const struct root *root, int output_fd, const void *data)
{
	_cleanup_free_ char *text = NULL;
	int r = root_read(root, 64, &text, "attribute");

	if (r == 0)
		dprintf(output_fd, "%s %s %d\n", text, (const char *)data, getpid());
	return strcmp(data, "fail") == 0 ? -EXDEV : r;
}

static void test_function(void)
{
	BENCH(bench);
	struct worker_call call = {
		.access = WORKER_CALL, .step = "speak", .function = speak, .data = "data"
	};
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *none = NULL;
	int answer = 7;
	int process = 0;

	CHECK(run(&bench, &call, LONG_MS, &answer, &text, NULL) == 0 && answer == 0,
	      "a function is called");
	CHECK(text && sscanf(text, "old data %d", &process) == 1 && process != getpid(),
	      "by a process of its own, with the tree and its data: %s", text ? text : "(none)");
	call.data = "fail";
	CHECK(run(&bench, &call, LONG_MS, &answer, &none, NULL) == 0 && answer == -EXDEV,
	      "what it returns is the answer");
	CHECK(none && strncmp(none, "old fail ", 9) == 0, "and what it wrote comes back then too");
}

static void test_surroundings(void)
{
	BENCH(bench);

	setenv("GPU_HANDOFF_TEST", "x", 1);
	CHECK(run_shell(&bench, "test \"$GPU_HANDOFF_TEST$HOME$LD_PRELOAD\" = ''", NULL) == 0,
	      "a program gets nothing of the environment");
	CHECK(run_shell(&bench, "test \"$PATH:$LC_ALL\" = /usr/sbin:/usr/bin:/sbin:/bin:C", NULL) ==
		      0,
	      "but a search path and the C locale");
	CHECK(run_shell(&bench,
			"for fd in 0 1 2; do "
			"test \"$(readlink /proc/$$/fd/$fd)\" = /dev/null || exit 1; done",
			NULL) == 0,
	      "its standard descriptors are /dev/null");
	/* the shell's own look into the directory is no descriptor any more */
	CHECK(run_shell(&bench,
			"for fd in /proc/$$/fd/*; do case ${fd##*/} in 0 | 1 | 2) ;; "
			"*) readlink $fd >/dev/null && exit 1 ;; esac; done; exit 0",
			NULL) == 0,
	      "and it has no others");
	CHECK(run_shell(&bench,
			"read -r pid name state parent group session rest </proc/$$/stat; "
			"test $session = $pid",
			NULL) == 0,
	      "it is in a session of its own");
	/* by the shell itself: while it waits for a child it may block some */
	CHECK(run_shell(&bench,
			"while read -r key value; do test \"$key\" = SigBlk: && break; done "
			"</proc/self/status; test \"$value\" = 0000000000000000",
			NULL) == 0,
	      "no signal is blocked for it");
}

/* ---- what does not come back -------------------------------------------------------------- */

static bool device_is_locked(const struct bench *bench)
{
	int fd = lock_take(bench->locks_fd, DEVICE ".lock", NULL);

	if (fd >= 0)
		close(fd);
	return fd == -EWOULDBLOCK;
}

/* Whether it becomes true within seconds. */
static bool device_becomes_free(const struct bench *bench)
{
	int64_t deadline = clock_now_ms() + LONG_MS;

	while (device_is_locked(bench) && clock_left_ms(deadline))
		clock_sleep_ms(10, deadline);
	return !device_is_locked(bench);
}

/* Lets the blocked read of the FIFO end. */
static void unblock(const struct bench *bench)
{
	int fd = root_open(&bench->scratch.root, O_WRONLY, "blocks");

	if (fd < 0)
		scratch_fail("blocks");
	close(fd);
}

static void test_deadline(void)
{
	BENCH(bench);
	_cleanup_error_ struct error error = ERROR_INIT;
	int64_t start = clock_now_ms();
	char *text = NULL;
	int answer = 7;
	int r = run(&bench, &blocks, SOON_MS, &answer, &text, &error);
	int64_t took = clock_now_ms() - start;

	CHECK(r == -ETIMEDOUT && took >= SOON_MS && took < LONG_MS / 2,
	      "a call that blocks is waited for until the deadline");
	CHECK(answer == 7 && !text, "and the results are untouched");
	CHECK_TEXT(error.device, DEVICE, "the message has the device");
	CHECK_TEXT(error.what, "cannot unbind from snd_hda_intel", "and the step");
	CHECK(error.why && strstr(error.why, "left behind"), "and that the call is left behind");
	CHECK(error.hint && strstr(error.hint, "reboot"), "and the last resort");
	CHECK(device_is_locked(&bench), "the worker left behind keeps the device's lock");
	unblock(&bench);
	CHECK(device_becomes_free(&bench), "until its call has returned");
}

static bool lock_text_is(const struct bench *bench, const char *wanted)
{
	_cleanup_free_ char *text = NULL;

	return root_read(&bench->scratch.root, 256, &text, "locks/" DEVICE ".lock") == 0 &&
	       strcmp(text, wanted) == 0;
}

/* A program that nobody waits for any more is ended, so that it does nothing later. */
static void test_program_ends(void)
{
	BENCH(bench);
	/* with one that it has started */
	const char *const slow[] = { "/bin/sleep", "1", NULL };
	const char *const sleeps[] = { "/bin/sh", "-c", "sleep 60 & wait", NULL };
	struct worker_call call = {
		.access = WORKER_EXECUTE,
		.device = DEVICE,
		.step = "sleep",
		.arguments = sleeps,
		.dies_unawaited = true,
	};
	int answer = 7;

	CHECK(run(&bench, &call, SOON_MS, &answer, NULL, NULL) == -ETIMEDOUT && answer == 7,
	      "a program that does not end is waited for until the deadline");
	CHECK(device_becomes_free(&bench), "and is ended then");
	CHECK(run(&bench, &reads, LONG_MS, &answer, NULL, NULL) == 0 && answer == 0,
	      "the device can be used");
	/* what brings the host back */
	call.arguments = slow;
	call.dies_unawaited = false;
	CHECK(run(&bench, &call, SOON_MS, &answer, NULL, NULL) == -ETIMEDOUT &&
		      device_is_locked(&bench),
	      "another one goes on");
	CHECK(device_becomes_free(&bench), "until it ends");
}

static void test_wait_idle(void)
{
	BENCH(bench);
	_cleanup_error_ struct error error = ERROR_INIT;
	int answer = 7;

	bench.patience.deadline_ms = clock_now_ms() + LONG_MS;
	CHECK(worker_wait_idle(&bench.context, DEVICE, false, NULL) == 0 &&
		      !root_exists(&bench.scratch.root, "locks/" DEVICE ".lock"),
	      "there was never a call, and no lock is made");
	run(&bench, &blocks, SOON_MS, &answer, NULL, NULL);
	bench.patience.deadline_ms = clock_now_ms() + SOON_MS;
	CHECK(worker_wait_idle(&bench.context, DEVICE, false, &error) == -ETIMEDOUT,
	      "a call that is in flight is waited for until the deadline");
	CHECK_TEXT(error.what, "an earlier call to the kernel for it has not returned",
		   "the message says so");
	CHECK(worker_wait_idle(&bench.context, DEVICE, true, NULL) == -ETIMEDOUT,
	      "so is one that somebody has waited for in vain, when it is to be to the end");
	unblock(&bench);
	bench.patience.deadline_ms = clock_now_ms() + LONG_MS;
	CHECK(worker_wait_idle(&bench.context, DEVICE, true, NULL) == 0 &&
		      !device_is_locked(&bench) && lock_text_is(&bench, ""),
	      "when it has returned, no lock is left, nor a note");
	CHECK(worker_wait_idle(&bench.context, DEVICE, false, NULL) == 0,
	      "and nothing is waited for");
}

static void test_in_flight(void)
{
	BENCH(bench);
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *text = NULL;
	struct worker_call other = reads;
	struct worker_call nobodys = reads;
	int64_t start;
	int answer = 7;
	int r;

	run(&bench, &blocks, SOON_MS, &answer, NULL, NULL);
	start = clock_now_ms();
	r = run(&bench, &reads, SOON_MS, &answer, NULL, &error);
	CHECK(r == -ETIMEDOUT && answer == 7 && clock_now_ms() - start >= SOON_MS,
	      "the next call waits for the one in flight, until its own deadline");
	CHECK_TEXT(error.what, "an earlier call to the kernel for it has not returned",
		   "the message says so");
	CHECK_TEXT(error.device, DEVICE, "and on which device");
	CHECK(error.why && strncmp(error.why, "unbind from snd_hda_intel, ", 27) == 0 &&
		      strstr(error.why, " s ago"),
	      "and which step, since when: %s", error.why);
	other.device = "0000:01:00.1";
	CHECK(run(&bench, &other, LONG_MS, &answer, NULL, NULL) == 0 && answer == 0,
	      "another device can be used meanwhile");
	nobodys.device = NULL;
	CHECK(run(&bench, &nobodys, LONG_MS, &answer, NULL, NULL) == 0 && answer == 0,
	      "so can what is no device's");
	unblock(&bench);
	CHECK(run(&bench, &reads, LONG_MS, &answer, &text, &error) == 0 && answer == 0,
	      "it heals by itself when the call returns");
	CHECK_TEXT(text, "old", "and the next call's answer is its own");
}

static void test_skip_busy(void)
{
	BENCH(bench);
	_cleanup_error_ struct error error = ERROR_INIT;
	int64_t start;
	int answer = 7;
	int r;

	run(&bench, &blocks, SOON_MS, &answer, NULL, NULL);
	bench.context.skip_busy = true;
	start = clock_now_ms();
	r = run(&bench, &reads, LONG_MS, &answer, NULL, &error);
	CHECK(r == -ETIMEDOUT && answer == 7 && clock_now_ms() - start < LONG_MS / 2,
	      "who skips busy devices does not wait for a call in flight");
	CHECK_TEXT(error.what, "an earlier call to the kernel for it has not returned",
		   "and gets the same message");
	unblock(&bench);
	device_becomes_free(&bench);
	CHECK(run(&bench, &reads, LONG_MS, &answer, NULL, NULL) == 0 && answer == 0,
	      "a device that is not busy is used as ever");
}

static void test_waits_for_earlier(void)
{
	BENCH(bench);
	pid_t child;
	int answer = 7;

	run(&bench, &blocks, SOON_MS, &answer, NULL, NULL);
	child = fork();
	if (child == 0) {
		usleep(100 * 1000);
		unblock(&bench);
		_exit(0);
	}
	/* each waits for two seconds, which on a busy machine may be too short for the child */
	for (int i = 0; i < 5 && answer != 0; i++)
		run(&bench, &reads, LONG_MS, &answer, NULL, NULL);
	CHECK(answer == 0, "a call in flight that returns in time is waited for");
	waitpid(child, NULL, 0);
}

/* Runs the call in another process. Returns how long that took. */
static int64_t run_elsewhere(struct bench *bench, const struct worker_call *call,
			     int64_t duration_ms)
{
	int64_t start = clock_now_ms();
	pid_t child = fork();
	int answer;

	if (child == 0) {
		run(bench, call, duration_ms, &answer, NULL, NULL);
		/* the sanitizer's own end would wait for the worker's memory to be looked at */
		_exit(0);
	}
	waitpid(child, NULL, 0);
	return clock_now_ms() - start;
}

static void test_late(void)
{
	BENCH(bench);
	_cleanup_error_ struct error error = ERROR_INIT;
	int64_t start;
	int answer = 7;
	int r;

	run(&bench, &blocks, SOON_MS, &answer, NULL, NULL);
	start = clock_now_ms();
	r = run(&bench, &reads, SOON_MS, &answer, NULL, &error);
	CHECK(r == -ETIMEDOUT && clock_now_ms() - start >= SOON_MS,
	      "who has waited for a call in vain may wait for it again");
	start = clock_now_ms();
	r = run(&bench, &reads, LONG_MS, &answer, NULL, NULL);
	CHECK(r == -ETIMEDOUT && clock_now_ms() - start < LONG_MS / 2,
	      "for a moment, not for as long as it may");
	CHECK(run_elsewhere(&bench, &reads, LONG_MS) < LONG_MS / 2,
	      "who comes later does not wait for it again");
	unblock(&bench);
	device_becomes_free(&bench);
}

/* Whose hook was killed: nobody has said that the call is late. */
static void test_orphan(void)
{
	BENCH(bench);
	_cleanup_close_ int fd = -1;
	int64_t start;

	scratch_file(&bench.scratch, "locks/" DEVICE ".lock",
		     "5 999999 running clean unbind from x\n");
	fd = openat(bench.locks_fd, DEVICE ".lock", O_RDWR | O_CLOEXEC);
	flock(fd, LOCK_EX);
	start = clock_now_ms();
	run_elsewhere(&bench, &reads, 2500);
	CHECK(clock_now_ms() - start >= 2500, "a call of a process that is gone is waited for");
	CHECK(run_elsewhere(&bench, &reads, LONG_MS) < LONG_MS / 2, "once");
}

static void test_look(void)
{
	BENCH(bench);
	struct root real = { .fd = open("/", O_RDONLY | O_DIRECTORY) };
	struct worker_note note;
	int answer;

	run(&bench, &blocks, SOON_MS, &answer, NULL, NULL);
	CHECK(worker_look(&real, bench.locks_fd, DEVICE, &note) == 0 && note.in_flight &&
		      note.late && !note.wedged && note.owner == getpid() && note.since_ms > 0,
	      "a call that is late can be seen");
	CHECK_TEXT(note.step, "unbind from snd_hda_intel", "and what it is");
	CHECK(worker_look(&real, bench.locks_fd, "0000:09:00.0", &note) == 0 && !note.in_flight &&
		      !root_exists(&bench.scratch.root, "locks/0000:09:00.0.lock"),
	      "looking makes no lock");
	unblock(&bench);
	device_becomes_free(&bench);
	scratch_file(&bench.scratch, "locks/" DEVICE ".wedged", "unbind from x");
	CHECK(worker_look(&real, bench.locks_fd, DEVICE, &note) == 0 && !note.in_flight &&
		      !note.late && note.wedged,
	      "a device that is wedged can be seen");
	CHECK_TEXT(note.step, "unbind from x", "and what was tried");
	close(real.fd);
}

static void test_damaged_note(void)
{
	static const char *const notes[] = { "",
					     "x",
					     "99999999999999999999999 x\n",
					     "5\n",
					     "-5 step\nmore\n",
					     "5 5 late\n",
					     "5 x late s\n" };

	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		BENCH(bench);
		_cleanup_error_ struct error error = ERROR_INIT;
		_cleanup_close_ int fd = -1;
		int answer;

		scratch_file(&bench.scratch, "locks/" DEVICE ".lock", notes[i]);
		fd = lock_take(bench.locks_fd, DEVICE ".lock", NULL);
		CHECK(run(&bench, &reads, 0, &answer, NULL, &error) == -ETIMEDOUT && error.what,
		      "a lock's note that cannot be read only makes the message poorer (%zu)", i);
	}
}

static bool count_down(void *data)
{
	int *left = data;

	return --*left <= 0;
}

static void test_cancelled(void)
{
	BENCH(bench);
	_cleanup_error_ struct error error = ERROR_INIT;
	int64_t start = clock_now_ms();
	int left = 3;
	int answer = 7;
	int r;

	bench.patience.cancelled = count_down;
	bench.patience.data = &left;
	r = run(&bench, &blocks, LONG_MS, &answer, NULL, &error);
	CHECK(r == -ECANCELED && answer == 7 && clock_now_ms() - start < LONG_MS / 2,
	      "a wait that is called off ends before its deadline");
	CHECK_TEXT(error.what, "cannot unbind from snd_hda_intel", "the message has the step");
	CHECK(device_is_locked(&bench), "the call that was not waited for keeps the device's lock");
	left = 3;
	r = run(&bench, &reads, LONG_MS, &answer, NULL, &error);
	CHECK(r == -ECANCELED, "so can the wait for a call in flight be called off");
	unblock(&bench);
}

static void test_no_locks(void)
{
	BENCH(bench);
	int answer = 7;

	bench.context.locks_fd = -1;
	CHECK(run(&bench, &reads, LONG_MS, &answer, NULL, NULL) == 0 && answer == 0 &&
		      !root_exists(&bench.scratch.root, "locks/" DEVICE ".lock"),
	      "look-only code takes no lock");
}

/* ---- workers that die --------------------------------------------------------------------- */

/* A worker for the device that ends itself by the signal. */
static int run_dying(struct bench *bench, const char *kill, struct error *error)
{
	const char *const arguments[] = { "/bin/sh", "-c", kill, NULL };
	const struct worker_call dies = { .access = WORKER_EXECUTE,
					  .device = DEVICE,
					  .step = "unbind from bochs-drm",
					  .arguments = arguments };
	int answer = 7;
	int r = run(bench, &dies, LONG_MS, &answer, NULL, error);

	CHECK(answer == 7, "a worker that dies has no answer (%s)", kill);
	return r;
}

static bool is_wedged(const struct bench *bench)
{
	return root_exists(&bench->scratch.root, "locks/" DEVICE ".wedged");
}

static void test_crashed(void)
{
	BENCH(bench);
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_error_ struct error later = ERROR_INIT;
	struct worker_call other = reads;
	int answer = 7;

	scratch_file(&bench.scratch, "proc/sys/kernel/tainted", "4224\n");
	CHECK(run_dying(&bench, "kill -KILL $$", &error) == -ENOTRECOVERABLE,
	      "a worker that is killed, with the kernel tainted by a crash");
	CHECK_TEXT(error.what, "cannot unbind from bochs-drm", "the message has the step");
	CHECK_TEXT(error.device, DEVICE, "and the device");
	CHECK(error.hint && strstr(error.hint, "Reboot"), "and what to do");
	CHECK(is_wedged(&bench), "the device is marked");
	CHECK(run(&bench, &reads, LONG_MS, &answer, NULL, &later) == -ENOTRECOVERABLE &&
		      answer == 7,
	      "and refused from then on, in another process too");
	CHECK_TEXT(later.device, DEVICE, "with its address");
	other.device = "0000:01:00.1";
	CHECK(run(&bench, &other, LONG_MS, &answer, NULL, NULL) == 0 && answer == 0,
	      "other devices are not concerned");
}

/* Where the mark would be made, a directory is in the way: as on a disk that is full. */
static void test_crash_not_marked(void)
{
	BENCH(bench);
	_cleanup_error_ struct error error = ERROR_INIT;
	int answer = 7;

	scratch_file(&bench.scratch, "proc/sys/kernel/tainted", "128\n");
	scratch_directory(&bench.scratch, "locks/." DEVICE ".wedged.gpu-handoff~");
	CHECK(run_dying(&bench, "kill -KILL $$", NULL) == -ENOTRECOVERABLE && !is_wedged(&bench),
	      "a worker that dies in the kernel, and the device cannot be marked");
	CHECK(run(&bench, &reads, LONG_MS, &answer, NULL, &error) == -ENOTRECOVERABLE &&
		      answer == 7 && !is_wedged(&bench),
	      "the next one sees it by the note");
	CHECK(error.why && strstr(error.why, "unbind from bochs-drm"), "the message has the step");
	unlinkat(bench.locks_fd, "." DEVICE ".wedged.gpu-handoff~", AT_REMOVEDIR);
	CHECK(run(&bench, &reads, LONG_MS, &answer, NULL, NULL) == -ENOTRECOVERABLE &&
		      is_wedged(&bench),
	      "and makes the mark when that is possible again");
}

/* A worker that has left a note, and whose parent was not there to see how it ended. */
static void test_crash_not_seen(void)
{
	BENCH(bench);
	_cleanup_error_ struct error error = ERROR_INIT;
	int answer = 7;

	scratch_file(&bench.scratch, "locks/" DEVICE ".lock",
		     "5 5 late clean unbind from bochs-drm\n");
	scratch_file(&bench.scratch, "proc/sys/kernel/tainted", "0\n");
	CHECK(run(&bench, &reads, LONG_MS, &answer, NULL, NULL) == 0 && answer == 0,
	      "a call that was left behind has ended: the device can be used");
	CHECK(lock_text_is(&bench, ""), "a call that has come back leaves no note");
	scratch_file(&bench.scratch, "locks/" DEVICE ".lock",
		     "5 5 late clean unbind from bochs-drm\n");
	scratch_file(&bench.scratch, "proc/sys/kernel/tainted", "128\n");
	CHECK(run(&bench, &reads, LONG_MS, &answer, NULL, &error) == -ENOTRECOVERABLE &&
		      is_wedged(&bench),
	      "the same, and the kernel has crashed: it cannot");
	CHECK(error.why && strstr(error.why, "unbind from bochs-drm"), "the message has the step");
}

/* On a kernel that had crashed before the call, a note that stays says nothing. */
static void test_crashed_before(void)
{
	BENCH(bench);
	struct root real = { .fd = open("/", O_RDONLY | O_DIRECTORY) };
	struct worker_note note;
	int answer = 7;

	scratch_file(&bench.scratch, "locks/" DEVICE ".lock",
		     "5 5 late any unbind from bochs-drm\n");
	scratch_file(&bench.scratch, "proc/sys/kernel/tainted", "128\n");
	CHECK(worker_look(&bench.scratch.root, bench.locks_fd, DEVICE, &note) != 0 || !note.wedged,
	      "a call that was left behind, on a kernel that had crashed before, is no crash");
	CHECK(run(&bench, &reads, LONG_MS, &answer, NULL, NULL) == 0 && answer == 0 &&
		      !is_wedged(&bench),
	      "the device can be used");
	run(&bench, &blocks, SOON_MS, &answer, NULL, NULL);
	CHECK(worker_look(&real, bench.locks_fd, DEVICE, &note) == 0 && note.in_flight &&
		      !note.tells_crash,
	      "the note says that the kernel had");
	unblock(&bench);
	device_becomes_free(&bench);
	close(real.fd);
}

static void test_crash_not_known(void)
{
	BENCH(bench);
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_error_ struct error later = ERROR_INIT;
	int answer = 7;

	CHECK(run_dying(&bench, "kill -KILL $$", &error) == -ESHUTDOWN && !is_wedged(&bench),
	      "a worker that dies, with a kernel that does not tell whether it has crashed");
	CHECK(error.why && strstr(error.why, "cannot be seen"), "the message says so");
	CHECK_TEXT(error.device, DEVICE, "with the device");
	scratch_file(&bench.scratch, "locks/" DEVICE ".lock",
		     "5 5 late clean unbind from bochs-drm\n");
	CHECK(run(&bench, &reads, LONG_MS, &answer, NULL, &later) == -ENOENT && answer == 7 &&
		      !is_wedged(&bench),
	      "nor is a note that may be of a crash believed as long as that is not known");
	CHECK_TEXT(later.device, DEVICE, "the message has the device");
	scratch_file(&bench.scratch, "proc/sys/kernel/tainted", "0\n");
	CHECK(run(&bench, &reads, LONG_MS, &answer, NULL, NULL) == 0 && answer == 0,
	      "when the kernel says that it has not, the device can be used");
}

static void test_killed(void)
{
	BENCH(bench);
	_cleanup_error_ struct error error = ERROR_INIT;
	int answer = 7;

	scratch_file(&bench.scratch, "proc/sys/kernel/tainted", "4096\n");
	CHECK(run_dying(&bench, "kill -KILL $$", &error) == -EINTR,
	      "a worker that somebody kills, with a kernel that has not crashed");
	CHECK(error.why && strstr(error.why, "killed by signal 9"), "the message says so");
	CHECK_TEXT(error.device, DEVICE, "with the device");
	CHECK(!is_wedged(&bench), "the device is not marked");
	CHECK(run(&bench, &reads, LONG_MS, &answer, NULL, NULL) == 0 && answer == 0,
	      "and can be used");
}

/* ---- what a worker keeps of its parent ---------------------------------------------------- */

static void test_descriptors(void)
{
	BENCH(bench);
	struct pollfd end = { .events = POLLIN };
	int64_t deadline;
	int pipes[40][2];
	int closed = 0;
	int answer;

	for (size_t i = 0; i < ARRAY_SIZE(pipes); i++)
		if (pipe(pipes[i]) < 0)
			scratch_fail("pipe");
	/* also where a worker has its own */
	dup2(pipes[0][1], 200);
	run(&bench, &blocks, SOON_MS, &answer, NULL, NULL);
	close(200);
	deadline = clock_now_ms() + 5000;
	for (size_t i = 0; i < ARRAY_SIZE(pipes); i++) {
		close(pipes[i][1]);
		end.fd = pipes[i][0];
		closed +=
			poll(&end, 1, (int)clock_left_ms(deadline)) == 1 && (end.revents & POLLHUP);
		close(pipes[i][0]);
	}
	CHECK(closed == ARRAY_SIZE(pipes),
	      "a worker left behind keeps no pipe of its parent open: libvirt sees the hook's end");
	unblock(&bench);
	device_becomes_free(&bench);
}

/* libvirt may start a hook with standard descriptors closed: a worker's own get these numbers. */
static int run_with_low_descriptors(const struct bench *bench, unsigned int first, bool locked)
{
	struct root root = ROOT_INIT;
	struct patience patience = { .deadline_ms = clock_now_ms() + LONG_MS };
	struct worker_context context = { .root = &root, .locks_fd = -1, .patience = &patience };
	_cleanup_free_ char *text = NULL;
	int answer = 7;

	for (unsigned int fd = first; fd < 10; fd++)
		close((int)fd);
	if (root_open_tree(bench->scratch.path, &root) < 0)
		return 1;
	if (locked)
		context.locks_fd = root_open(&root, O_RDONLY | O_DIRECTORY, "locks");
	if (worker_run(&context, &reads, &answer, &text, NULL) < 0 || answer != 0)
		return 2;
	return strcmp(text, "old") == 0 ? 0 : 3;
}

static void test_low_descriptors(void)
{
	BENCH(bench);

	for (unsigned int i = 0; i < 12; i++) {
		int status = -1;
		pid_t child = fork();

		if (child == 0)
			_exit(run_with_low_descriptors(&bench, i / 2, i % 2));
		waitpid(child, &status, 0);
		CHECK(status == 0, "a worker works when its parent's descriptors begin at %u%s",
		      i / 2, i % 2 ? ", with a lock" : "");
	}
}

static void test_dies_with_parent(void)
{
	BENCH(bench);
	int64_t deadline = clock_now_ms() + LONG_MS;
	pid_t parent = fork();
	int answer;

	if (parent == 0) {
		run(&bench, &blocks, LONG_MS, &answer, NULL, NULL);
		_exit(0);
	}
	while (!device_is_locked(&bench) && clock_left_ms(deadline))
		clock_sleep_ms(10, deadline);
	/* the lock is taken before the worker is there */
	clock_sleep_ms(100, deadline);
	CHECK(device_is_locked(&bench), "a worker is at work");
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	CHECK(device_becomes_free(&bench), "it dies with its parent, where the kernel lets it");
	CHECK(!root_exists(&bench.scratch.root, "locks/" DEVICE ".wedged"),
	      "which does not make the device unusable");
}

/* A program's caller, killed while it waits. */
static void lose_caller(struct bench *bench, const char *seconds, bool dies_unawaited)
{
	const char *const sleeps[] = { "/bin/sleep", seconds, NULL };
	const struct worker_call call = {
		.access = WORKER_EXECUTE,
		.device = DEVICE,
		.step = "sleep",
		.arguments = sleeps,
		.dies_unawaited = dies_unawaited,
	};
	int64_t deadline = clock_now_ms() + LONG_MS;
	pid_t parent = fork();
	int answer;

	if (parent == 0) {
		run(bench, &call, LONG_MS, &answer, NULL, NULL);
		_exit(0);
	}
	while (!device_is_locked(bench) && clock_left_ms(deadline))
		clock_sleep_ms(10, deadline);
	/* the lock is taken before the program is there */
	clock_sleep_ms(200, deadline);
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
}

static void test_program_outlives(void)
{
	BENCH(bench);

	lose_caller(&bench, "2", false);
	/* who is killed takes a moment to end */
	clock_sleep_ms(500, clock_now_ms() + LONG_MS);
	CHECK(device_is_locked(&bench), "a program that brings the host back outlives its caller");
	CHECK(device_becomes_free(&bench), "and comes to its end");
	lose_caller(&bench, "600", true);
	CHECK(device_becomes_free(&bench), "another one ends with it");
}

static void test_no_zombies(void)
{
	BENCH(bench);
	int answer;

	run(&bench, &reads, LONG_MS, &answer, NULL, NULL);
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD,
	      "a worker whose call has returned is gone");
}

/* What would be left behind at once must not be begun: its result would surprise the way back. */
static void test_no_time(void)
{
	BENCH(bench);
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *text = NULL;
	const struct worker_call write = {
		.access = WORKER_WRITE,
		.device = DEVICE,
		.step = "bind to vfio-pci",
		.path = "attribute",
		.text = "new",
	};
	int answer;

	CHECK(run(&bench, &write, 0, &answer, NULL, &error) == -ETIMEDOUT,
	      "no time is left: refused");
	CHECK_TEXT(error.why, "the time is over; it was not begun", "the message says so");
	CHECK(root_read(&bench.scratch.root, 16, &text, "attribute") == 0 &&
		      strcmp(text, "old") == 0,
	      "and it was not begun");
}

int main(void)
{
	test_read();
	test_read_limit();
	test_write();
	test_open();
	test_errno();
	test_execute();
	test_output();
	test_function();
	test_surroundings();
	test_no_zombies();
	test_deadline();
	test_program_ends();
	test_wait_idle();
	test_in_flight();
	test_skip_busy();
	test_waits_for_earlier();
	test_late();
	test_orphan();
	test_look();
	test_damaged_note();
	test_cancelled();
	test_no_locks();
	test_crashed();
	test_crash_not_marked();
	test_crash_not_seen();
	test_crashed_before();
	test_crash_not_known();
	test_killed();
	test_descriptors();
	test_low_descriptors();
	test_dies_with_parent();
	test_program_outlives();
	test_no_time();
	return tap_done();
}
