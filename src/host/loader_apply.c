/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/loader_apply.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/worker.h"
#include "host/loader_entry.h"
#include "host/loader_part.h"

/* Of one program: it may have to look at many disks. */
#define PROGRAM_MS (15 * 60 * 1000)
#define BACKUPS_MAX 1000
#define DATE_BYTES 32

/* ---- the file ----------------------------------------------------------------------------- */

/* Where a file really is. */
struct place {
	int directory_fd;
	char *path; /* without links */
	const char *name;
	char *backup; /* in the same directory */
};

static void clear_place(struct place *place)
{
	if (place->directory_fd >= 0)
		close(place->directory_fd); /* with its lock */
	free(place->path);
	free(place->backup);
}

/* Follows links, and takes a lock on the directory: two of us would each keep another's text. */
static int open_place(const char *file, struct place *place, struct error *error)
{
	_cleanup_free_ char *named = text_format("/%s", file);
	_cleanup_free_ char *directory = NULL;
	char *slash;
	int r;

	place->path = named ? realpath(named, NULL) : NULL;
	if (!place->path) {
		r = named ? negative_errno() : -ENOMEM;
		error_set_errno(error, -r, "cannot find /%s", file);
		return r;
	}
	slash = strrchr(place->path, '/');
	place->name = slash + 1;
	directory = strndup(place->path, (size_t)(slash - place->path) + 1);
	place->directory_fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (place->directory_fd < 0)
		return error_set_errno(error, directory ? errno : ENOMEM,
				       "cannot open the directory of %s", place->path);
	if (flock(place->directory_fd, LOCK_EX | LOCK_NB) < 0)
		return error_set_errno(error, errno, "cannot lock the directory of %s",
				       place->path);
	return 0;
}

/* Whether the file is still what the plan was made for. */
static int check_file(const struct place *place, const char *text, struct stat *ret_status,
		      struct error *error)
{
	_cleanup_close_ int fd = openat(place->directory_fd, place->name,
					O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_cleanup_free_ char *now = NULL;
	size_t length;
	int r;

	if (fd < 0 || fstat(fd, ret_status) < 0)
		return error_set_errno(error, errno, "cannot open %s", place->path);
	if (!S_ISREG(ret_status->st_mode))
		return error_set(error, EINVAL, "%s is no regular file", place->path);
	r = file_read(fd, LOADER_FILE_MAX_BYTES, &now, &length);
	if (r < 0)
		return error_set_errno(error, -r, "cannot read %s", place->path);
	if (strcmp(now, text) != 0) {
		error_set(error, EAGAIN, "%s has just been changed by somebody else", place->path);
		error_hint(error, "Try it again.");
		return -EAGAIN;
	}
	return 0;
}

/* NAME.gpu-handoff-DATE, with a number behind it when there is one already. */
static char *backup_name(const char *name, unsigned int number)
{
	time_t now = time(NULL);
	char date[DATE_BYTES] = "";
	struct tm local;

	if (!localtime_r(&now, &local) || !strftime(date, sizeof(date), "%Y-%m-%d", &local))
		date[0] = '\0';
	return number ? text_format("%s.gpu-handoff-%s.%u", name, date, number)
		      : text_format("%s.gpu-handoff-%s", name, date);
}

/* The old file gets a second name: it keeps all that it has, and no earlier copy is written over.
 */
static int keep_backup(struct place *place, struct error *error)
{
	for (unsigned int i = 0; i < BACKUPS_MAX; i++) {
		_cleanup_free_ char *name = backup_name(place->name, i);

		if (!name)
			return error_set_errno(error, ENOMEM, "cannot keep a copy of %s",
					       place->path);
		if (linkat(place->directory_fd, place->name, place->directory_fd, name, 0) == 0) {
			place->backup = take_ptr(name);
			return 0;
		}
		if (errno != EEXIST)
			return error_set_errno(error, errno, "cannot keep a copy of %s",
					       place->path);
	}
	return error_set_errno(error, EEXIST, "cannot keep a copy of %s", place->path);
}

static int change_file(struct place *place, const struct loader_change *change, struct error *error)
{
	struct stat status;
	int r = open_place(change->file, place, error);

	if (r == 0)
		r = check_file(place, change->before, &status, error);
	if (r == 0)
		r = keep_backup(place, error);
	if (r < 0)
		return r;
	r = file_replace_as(place->directory_fd, place->name, change->after, strlen(change->after),
			    &status);
	if (r < 0)
		error_set_errno(error, -r, "cannot write %s", place->path);
	return r;
}

/* The old file gets its name back. */
static int put_back(struct place *place)
{
	if (renameat(place->directory_fd, place->backup, place->directory_fd, place->name) < 0)
		return -errno;
	/* both names may have been the same file still, and then nothing was done */
	unlinkat(place->directory_fd, place->backup, 0);
	fsync(place->directory_fd);
	return 0;
}

/* ---- the programs ------------------------------------------------------------------------- */

static int run_program(const struct root *root, const struct strings *command, char **ret_output,
		       struct error *error)
{
	const struct patience patience = { .deadline_ms = clock_now_ms() + PROGRAM_MS };
	const struct worker_context context = {
		.root = root,
		.locks_fd = -1,
		.patience = &patience,
	};
	_cleanup_free_ const char **arguments = calloc(command->count + 1, sizeof(*arguments));
	_cleanup_free_ char *text = loader_command_text(command);
	struct worker_call call = { .access = WORKER_EXECUTE };
	_cleanup_free_ char *step = text ? text_format("run %s", text) : NULL;
	int answer;
	int r;

	if (!arguments || !step)
		return error_set_errno(error, ENOMEM, "cannot run %s", command->items[0]);
	for (size_t i = 0; i < command->count; i++)
		arguments[i] = command->items[i];
	call.arguments = arguments;
	call.step = step;
	r = worker_run(&context, &call, &answer, ret_output, error);
	if (r == -ETIMEDOUT)
		return error_set(error, ETIMEDOUT, "%s has not ended in %d minutes, and still runs",
				 text, PROGRAM_MS / 60000);
	if (r < 0)
		return r;
	if (answer < 0)
		return error_set_errno(error, -answer, "cannot run %s", command->items[0]);
	if (answer > 0)
		return error_set(error, EIO, "%s has ended with status %d", text, answer);
	log_info("%s was run", text);
	return 0;
}

/* A program that has not done it may have ended well all the same. */
static int check_done(const struct root *root, const struct loader_words *words,
		      const struct loader_change *change, struct error *error)
{
	_cleanup_loader_entries_ struct loader_entries entries = LOADER_ENTRIES_INIT;
	_cleanup_loader_change_ struct loader_change now = LOADER_CHANGE_INIT;

	if (!loader_result_has(root, change->result, words))
		return error_set(error, EIO,
				 "/%s does not have it, though the program has ended "
				 "well",
				 change->result);
	if (change->kind != LOADER_KERNELSTUB && change->kind != LOADER_GRUBBY)
		return 0;
	if (loader_plan(root, words, &now) < 0 || loader_entries_read(root, &entries) < 0)
		return error_set_errno(error, ENOMEM, "cannot see whether it is done");
	/* where grubby keeps it, may be out of sight */
	if (now.state == LOADER_READY || (now.kind == LOADER_GRUBBY && !entries.count))
		return 0;
	return error_set(error, EIO,
			 "the kernel's command line is not changed, though %s has ended "
			 "well",
			 loader_name(change->kind));
}

static int run_programs(const struct root *root, const struct loader_words *words,
			const struct loader_change *change, struct loader_outcome *outcome,
			struct error *error)
{
	int r = 0;

	for (size_t i = 0; i < change->command_count && r == 0; i++) {
		free(outcome->output);
		outcome->output = NULL;
		r = run_program(root, &change->commands[i], &outcome->output, error);
		/* one that changes the command line itself, or entry by entry */
		outcome->changed = i > 0 || !change->file;
	}
	return r == 0 ? check_done(root, words, change, error) : r;
}

/* ---- both --------------------------------------------------------------------------------- */

/* After a failure: the file as it was, and what is to be said of it. */
static void undo(struct place *place, struct error *error)
{
	int r = place->backup ? put_back(place) : 0;

	if (r == 0) {
		free(place->backup);
		place->backup = NULL;
		return;
	}
	error_hint(error, "%s could not be put back: %s. Do it by hand: mv %s %s", place->path,
		   strerror(-r), place->backup, place->name);
}

static int apply(const struct root *root, const struct loader_words *words,
		 const struct loader_change *change, struct loader_outcome *outcome,
		 struct error *error)
{
	struct place place = { .directory_fd = -1 };
	int r = change->file ? change_file(&place, change, error) : 0;

	if (r == 0)
		r = run_programs(root, words, change, outcome, error);
	if (r < 0)
		undo(&place, error);
	if (place.backup) {
		outcome->file = strdup(place.path);
		outcome->backup = text_format("%.*s%s", (int)(place.name - place.path), place.path,
					      place.backup);
	}
	clear_place(&place);
	return r;
}

int loader_apply(const struct root *root, const struct loader_words *words,
		 const struct loader_change *change, struct loader_outcome *outcome,
		 struct error *error)
{
	sigset_t ending, before;
	int r;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	sigprocmask(SIG_BLOCK, &ending, &before);
	r = apply(root, words, change, outcome, error);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

void loader_outcome_clear(struct loader_outcome *outcome)
{
	free(outcome->file);
	free(outcome->backup);
	free(outcome->output);
	*outcome = LOADER_OUTCOME_INIT;
}
