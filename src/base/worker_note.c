/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/worker_note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/lock.h"

#define LOCK_NOTE_MAX_BYTES 256
#define TAINT_DIE (1ULL << 7)

void worker_note_write(int lock_fd, const struct worker_note *note)
{
	char text[LOCK_NOTE_MAX_BYTES];
	int length = snprintf(text, sizeof(text), "%lld %d %s %s %.*s\n", (long long)note->since_ms,
			      (int)note->owner, note->late ? "late" : "running",
			      note->tells_crash ? "clean" : "any", WORKER_STEP_MAX_BYTES - 1,
			      note->step);

	if (length < 0 || (size_t)length >= sizeof(text) || ftruncate(lock_fd, 0) < 0)
		return;
	if (pwrite(lock_fd, text, (size_t)length, 0) < 0)
		return;
}

int worker_kernel_crashed(const struct root *root)
{
	_cleanup_free_ char *taint = NULL;
	int r = root_read(root, 64, &taint, "proc/sys/kernel/tainted");

	/* what hangs on it lasts until a reboot, and one that fails may fail for a moment */
	if (r < 0)
		r = root_read(root, 64, &taint, "proc/sys/kernel/tainted");
	if (r < 0)
		return r;
	return (strtoull(taint, NULL, 10) & TAINT_DIE) != 0;
}

int worker_note_is_crash(const struct root *root, const struct worker_note *note)
{
	return note->step[0] && note->tells_crash ? worker_kernel_crashed(root) : 0;
}

int worker_mark_read(int locks_fd, const char *name, char **ret_text)
{
	_cleanup_close_ int fd =
		openat(locks_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	size_t length;
	int r;

	if (fd < 0)
		return -errno;
	r = file_read(fd, LOCK_NOTE_MAX_BYTES, ret_text, &length);
	if (r == 0)
		(*ret_text)[strcspn(*ret_text, "\n")] = '\0';
	return r;
}

void worker_note_read(int locks_fd, const char *lock_name, struct worker_note *ret_note)
{
	_cleanup_free_ char *text = NULL;
	char word[8], before[8];
	long long since;
	int start = 0;
	int owner;

	*ret_note = (struct worker_note){ 0 };
	if (worker_mark_read(locks_fd, lock_name, &text) < 0 ||
	    sscanf(text, "%lld %d %7s %7s %n", &since, &owner, word, before, &start) != 4 ||
	    start == 0)
		return;
	ret_note->since_ms = since;
	ret_note->owner = owner;
	ret_note->late = strcmp(word, "late") == 0;
	ret_note->tells_crash = strcmp(before, "clean") == 0;
	snprintf(ret_note->step, sizeof(ret_note->step), "%s", text + start);
}

void worker_note_late(const struct root *root, int locks_fd, const char *lock_name,
		      const struct worker_note *note)
{
	_cleanup_close_ int fd = openat(locks_fd, lock_name,
					O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct worker_note now;

	worker_note_read(locks_fd, lock_name, &now);
	if (fd < 0 || now.since_ms != note->since_ms || now.owner != note->owner)
		return;
	now.late = true;
	worker_note_write(fd, &now);
	/* it may have come back just now */
	if (lock_is_taken(root, locks_fd, lock_name) == 0 && ftruncate(fd, 0) < 0)
		return;
}

int worker_look(const struct root *root, int locks_fd, const char *device,
		struct worker_note *ret_note)
{
	_cleanup_free_ char *step = NULL;
	struct worker_note note;
	char name[LOCK_NAME_SIZE];
	int crashed = 0;
	int r;

	snprintf(name, sizeof(name), "%s.lock", device);
	worker_note_read(locks_fd, name, &note);
	r = lock_is_taken(root, locks_fd, name);
	if (r < 0)
		return r;
	if (r == 0)
		crashed = worker_note_is_crash(root, &note);
	if (crashed < 0)
		return crashed;
	if (r == 0 && !crashed)
		note = (struct worker_note){ 0 };
	note.in_flight = r == 1;
	snprintf(name, sizeof(name), "%s.wedged", device);
	note.wedged = crashed || faccessat(locks_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (note.wedged && worker_mark_read(locks_fd, name, &step) == 0)
		snprintf(note.step, sizeof(note.step), "%s", step);
	*ret_note = note;
	return 0;
}
