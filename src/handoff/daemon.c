/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/daemon.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "host/boot_time.h"
#include "host/holders_search.h"

#define NOTE "daemon"
#define NAME_MAX_BYTES 64

/* The monolithic one and the modular one: their units are called alike. */
static const char *const names[] = { "libvirtd", "virtqemud" };

/* The file that it runs; NULL for who may not know. The caller frees it. */
static char *find_program(const struct root *root, pid_t pid)
{
	char *program = NULL;

	if (root_link_name(root, &program, "proc/%d/exe", (int)pid) < 0)
		return NULL;
	return program;
}

/* A process may call itself anything; the program of a removed package is "libvirtd (deleted)". */
static bool runs_program(const struct root *root, pid_t pid, const char *name)
{
	_cleanup_free_ char *program = find_program(root, pid);

	return !program || strncmp(program, name, strlen(name)) == 0;
}

/* A user's session daemon runs the hook as that user, for which it does nothing. */
static bool belongs_to_root(const struct root *root, pid_t pid)
{
	_cleanup_free_ char *directory = text_format("proc/%d", (int)pid);
	struct stat status;

	if (!root->is_host)
		return true;
	return directory && fstatat(root->fd, directory, &status, 0) == 0 && status.st_uid == 0;
}

static const char *find_name(const struct root *root, pid_t pid)
{
	_cleanup_free_ char *comm = NULL;

	if (root_read(root, NAME_MAX_BYTES, &comm, "proc/%d/comm", (int)pid) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(comm, names[i]) == 0 && runs_program(root, pid, names[i]))
			return belongs_to_root(root, pid) ? names[i] : NULL;
	return NULL;
}

int daemon_find(const struct root *root, struct daemon *ret_daemon)
{
	_cleanup_strings_ struct strings entries = STRINGS_INIT;
	int64_t boot_s;
	int r = root_list(root, &entries, "proc");

	if (r < 0)
		return r;
	for (size_t i = 0; i < entries.count; i++) {
		struct daemon daemon = { .pid = (pid_t)atol(entries.items[i]) };
		const char *name;

		if (!isdigit((unsigned char)entries.items[i][0]))
			continue;
		name = find_name(root, daemon.pid);
		if (!name || holders_process_started(root, daemon.pid, &daemon.start) < 0)
			continue;
		r = boot_time_read(root, &boot_s);
		if (r < 0)
			return r;
		snprintf(daemon.name, sizeof(daemon.name), "%s", name);
		daemon.start_s =
			boot_s + (int64_t)(daemon.start / (unsigned long long)sysconf(_SC_CLK_TCK));
		*ret_daemon = daemon;
		return 0;
	}
	return -ENOENT;
}

/* ---- the note ----------------------------------------------------------------------------- */

static char *format_note(pid_t pid, unsigned long long start)
{
	return text_format("%d %llu\n", (int)pid, start);
}

static bool has_note(const struct store *store, const char *wanted)
{
	const struct root directory = { .fd = store->fd };
	_cleanup_free_ char *note = NULL;

	return root_read(&directory, NAME_MAX_BYTES, &note, NOTE) == 0 &&
	       strncmp(note, wanted, strlen(note)) == 0 && strlen(note) + 1 == strlen(wanted);
}

int daemon_note_write(const struct root *root, const struct store *store, pid_t pid)
{
	_cleanup_free_ char *note = NULL;
	unsigned long long start;
	int r;

	/* by hand, or in a test, something else calls it */
	if (!find_name(root, pid))
		return 0;
	r = holders_process_started(root, pid, &start);
	if (r < 0)
		return r;
	note = format_note(pid, start);
	/* hooks that run side by side have the same to say */
	if (note && has_note(store, note))
		return 0;
	return note ? file_replace(store->fd, NOTE, note, strlen(note)) : -ENOMEM;
}

bool daemon_note_is(const struct store *store, const struct daemon *daemon)
{
	_cleanup_free_ char *wanted = format_note(daemon->pid, daemon->start);

	return wanted && has_note(store, wanted);
}
