/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/daemon.h"

#include <errno.h>

#include "scratch.h"
#include "tap.h"

#define STAT(start) "7 (libvirtd) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 21 0 " start " 1 1\n"

static void make_daemon(const struct scratch *scratch)
{
	scratch_file(scratch, "proc/stat", "cpu  1 2 3\nbtime 1000\nprocesses 9\n");
	scratch_file(scratch, "proc/7/comm", "libvirtd\n");
	scratch_file(scratch, "proc/7/stat", STAT("500"));
	scratch_file(scratch, "proc/version", "no process\n");
}

static void test_find(void)
{
	SCRATCH(scratch);
	struct daemon daemon;

	scratch_directory(&scratch, "proc");
	CHECK(daemon_find(&scratch.root, &daemon) == -ENOENT, "no daemon runs");
	make_daemon(&scratch);
	CHECK(daemon_find(&scratch.root, &daemon) == 0 && daemon.pid == 7, "it is found");
	CHECK_TEXT(daemon.name, "libvirtd", "with its name");
	CHECK(daemon.start == 500 && daemon.start_s == 1000 + 500 / sysconf(_SC_CLK_TCK),
	      "and when it was started");
	scratch_link(&scratch, "proc/7/exe", "/usr/bin/sleep");
	CHECK(daemon_find(&scratch.root, &daemon) == -ENOENT,
	      "another program that is called so is none");
}

static void test_note(void)
{
	SCRATCH(scratch);
	struct store store = STORE_INIT;
	struct daemon daemon;

	make_daemon(&scratch);
	scratch_directory(&scratch, "run");
	daemon_find(&scratch.root, &daemon);
	CHECK(store_open(&scratch.root, &store, NULL) == 0, "the store");
	CHECK(!daemon_note_is(&store, &daemon), "without a note the daemon has not called");
	CHECK(daemon_note_write(&scratch.root, &store, 7) == 0 && daemon_note_is(&store, &daemon),
	      "with its note it has");
	scratch_file(&scratch, "proc/8/comm", "bash\n");
	scratch_file(&scratch, "proc/8/stat", STAT("600"));
	CHECK(daemon_note_write(&scratch.root, &store, 8) == 0 && daemon_note_is(&store, &daemon),
	      "who is no daemon leaves no note");
	daemon.start = 501;
	CHECK(!daemon_note_is(&store, &daemon), "a note of an earlier daemon is not this one's");
	store_close(&store);
}

int main(void)
{
	test_find();
	test_note();
	return tap_done();
}
