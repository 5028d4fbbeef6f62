/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way back beside a call in flight: what no real kernel does at the same moment each time. All
 * else of it is held by tests/trees and tests/kernel.
 */
#include "handoff/restore.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "scratch.h"
#include "tap.h"

#define NAME "0000:01:00.0"
#define DEVICE "sys/bus/pci/devices/" NAME
#define DRIVER "../../../bus/pci/drivers/"
#define CONSOLE "sys/class/vtconsole/vtcon1/bind"
#define BUSY_MS 700
#define TIME_MS 20000

static void add_machine(const struct scratch *place)
{
	scratch_directory(place, "run");
	scratch_file(place, DEVICE "/modalias",
		     "pci:v00008086d0000100Esv00000001sd00000001bc02sc00i00\n");
	scratch_file(place, DEVICE "/driver_override", "(null)\n");
	scratch_link(place, DEVICE "/driver", DRIVER "vfio-pci");
	scratch_file(place, CONSOLE, "0\n");
}

/* A claim on the function, which had the driver e1000, and on a console. */
static struct claim make_claim(void)
{
	struct claim claim = CLAIM_INIT;
	struct claim_function *function = calloc(1, sizeof(*function));

	claim.vm = strdup("win");
	claim.boot_id = strdup("b");
	claim.token = strdup("t");
	claim.phase = CLAIM_HELD;
	claim.timeout_ms = TIME_MS;
	claim.functions = function;
	claim.function_count = 1;
	strings_add(&claim.consoles, "vtcon1");
	pci_address_parse(NAME, &function->address);
	memcpy(function->name, NAME, sizeof(NAME));
	function->id = (struct pci_id){ .vendor = 0x8086, .device = 0x100e };
	function->group = -1;
	function->vfio_driver = strdup("vfio-pci");
	function->before.driver = strdup("e1000");
	return claim;
}

/* Somebody's worker: has the function for a moment, after which it is on another driver. */
static pid_t hold_function(const struct scratch *place, const struct store *store,
			   const char *driver)
{
	int ready[2];
	pid_t child;
	char byte;

	if (pipe(ready) < 0)
		scratch_fail("pipe");
	child = fork();
	if (child == 0) {
		int fd = lock_take(store->pci_fd, NAME ".lock", NULL);

		if (fd < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		usleep(BUSY_MS * 1000);
		unlinkat(place->root.fd, DEVICE "/driver", 0);
		if (symlinkat(driver, place->root.fd, DEVICE "/driver") < 0)
			_exit(1);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		scratch_fail("the lock's holder");
	close(ready[0]);
	return child;
}

static char *console_of(const struct scratch *place)
{
	char *text = NULL;

	return root_read(&place->root, 16, &text, CONSOLE) == 0 ? text : NULL;
}

/* The machine, with a claim on it that is to be given back. */
struct bench {
	struct scratch place;
	struct store store;
	struct claim claim;
	struct errors errors;
	struct operation operation;
};

static void bench_open(struct bench *bench)
{
	*bench = (struct bench){ .place = scratch_open(), .claim = make_claim() };
	bench->store = STORE_INIT;
	bench->errors = ERRORS_INIT;
	bench->operation = (struct operation){
		.root = &bench->place.root,
		.store = &bench->store,
		.vm = "win",
	};
	add_machine(&bench->place);
	if (store_open(&bench->place.root, &bench->store, NULL) < 0)
		scratch_fail("the store");
}

static void bench_close(struct bench *bench)
{
	errors_clear(&bench->errors);
	claim_clear(&bench->claim);
	store_close(&bench->store);
	scratch_close(&bench->place);
}

#define BENCH(name)                                              \
	__attribute__((cleanup(bench_close))) struct bench name; \
	bench_open(&name)

static int restore(struct bench *bench, int64_t duration_ms)
{
	bench->operation.patience.deadline_ms = clock_now_ms() + duration_ms;
	return restore_claim(&bench->operation, &bench->claim, &bench->errors);
}

/* A function that is VFIO's at the first look, and busy, need not be so at the second. */
static void test_busy_for_a_moment(void)
{
	BENCH(bench);
	_cleanup_free_ char *console = NULL;
	pid_t holder = hold_function(&bench.place, &bench.store, DRIVER "e1000");
	int r = restore(&bench, TIME_MS);

	waitpid(holder, NULL, 0);
	CHECK(r == 0 && bench.errors.count == 0,
	      "a function that is busy for a moment is waited for");
	CHECK(!root_exists(&bench.place.root, "run/gpu-handoff/vm/win.claim"),
	      "the claim is removed");
	console = console_of(&bench.place);
	CHECK(console && console[0] == '1', "and what the host had with the device is back");
}

/* One that stays busy is told, and the rest waits for it in the claim. */
static void test_busy(void)
{
	BENCH(bench);
	_cleanup_free_ char *console = NULL;
	int lock = lock_take(bench.store.pci_fd, NAME ".lock", NULL);
	int r = restore(&bench, 300);

	close(lock);
	CHECK(r == -ETIMEDOUT && bench.errors.count == 1, "a function that stays busy is told");
	CHECK(root_exists(&bench.place.root, "run/gpu-handoff/vm/win.claim"), "the claim stays");
	console = console_of(&bench.place);
	CHECK(console && console[0] == '0', "and what the host had with the device is not back");
}

/* The function is back already; a module is being unloaded by who was not waited for. */
static void add_module(struct bench *bench)
{
	unlinkat(bench->place.root.fd, DEVICE "/driver", 0);
	scratch_link(&bench->place, DEVICE "/driver", DRIVER "e1000");
	scratch_file(&bench->place, "sys/module/gh_none/initstate", "live\n");
	strings_add(&bench->claim.modules, "gh_none");
}

static void test_module_busy(void)
{
	BENCH(bench);
	_cleanup_free_ char *console = NULL;
	int lock = lock_take(bench.store.pci_fd, "gh_none.lock", NULL);
	int r;

	add_module(&bench);
	r = restore(&bench, 300);
	close(lock);
	CHECK(r == -ETIMEDOUT && bench.errors.count == 1,
	      "an unload that does not end is told, though the module is loaded yet");
	CHECK(root_exists(&bench.place.root, "run/gpu-handoff/vm/win.claim"), "the claim stays");
	console = console_of(&bench.place);
	CHECK(console && console[0] == '1', "what the host had with the device is back");
	CHECK(restore(&bench, TIME_MS) == 0 &&
		      !root_exists(&bench.place.root, "run/gpu-handoff/vm/win.claim"),
	      "the next try, with the module as it was, is the last one");
}

/* Somebody's unload goes on for a moment, after `note` in its lock. */
static int restore_beside_unload(struct bench *bench, const char *note, int64_t *ret_took_ms)
{
	int64_t start_ms = clock_now_ms();
	int lock = lock_take(bench->store.pci_fd, "gh_none.lock", NULL);
	pid_t child;
	int r;

	if (write(lock, note, strlen(note)) < 0)
		scratch_fail("the lock's note");
	add_module(bench);
	child = fork();
	if (child == 0) {
		usleep(BUSY_MS * 1000);
		_exit(0);
	}
	close(lock);
	r = restore(bench, TIME_MS);
	*ret_took_ms = clock_now_ms() - start_ms;
	waitpid(child, NULL, 0);
	return r;
}

static void test_module_busy_for_a_moment(void)
{
	BENCH(bench);
	int64_t took_ms;

	CHECK(restore_beside_unload(&bench, "", &took_ms) == 0 && bench.errors.count == 0 &&
		      took_ms >= BUSY_MS,
	      "an unload that takes a moment is waited for");
	CHECK(!root_exists(&bench.place.root, "run/gpu-handoff/vm/win.claim"),
	      "the claim is removed when it is known what has become of the module");
}

/* What others have waited for in vain does not keep the devices, but there is time left. */
static void test_module_late(void)
{
	BENCH(bench);
	int64_t took_ms;

	CHECK(restore_beside_unload(&bench, "5 5 late any unload the kernel module gh_none\n",
				    &took_ms) == 0 &&
		      bench.errors.count == 0 && took_ms >= BUSY_MS,
	      "one that somebody has waited for in vain, too");
	CHECK(!root_exists(&bench.place.root, "run/gpu-handoff/vm/win.claim"),
	      "and the claim is removed");
}

int main(void)
{
	test_busy_for_a_moment();
	test_busy();
	test_module_busy();
	test_module_busy_for_a_moment();
	test_module_late();
	return tap_done();
}
