/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a file or directory is root's alone: what is in it is done by root. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/check.h"

static char *explain(const struct stat *status, bool foreign)
{
	if (foreign)
		return text_format("It belongs to user %u. Whoever can change it can do anything "
				   "as root.",
				   status->st_uid);
	return text_format("Its mode is %04o: others than its owner can write to it. Whoever can "
			   "change it can do anything as root.",
			   status->st_mode & 07777);
}

void check_owner(const struct command *command, enum finding_kind kind, const char *path,
		 struct findings *findings)
{
	_cleanup_free_ char *about = text_format("/%s", path);
	_cleanup_free_ char *word = about ? text_shell_word(about) : NULL;
	struct stat status;
	bool foreign;

	if (fstatat(command->root.fd, path, &status, 0) < 0)
		return;
	/* another machine's files are whoever's who has copied them */
	foreign = status.st_uid != 0 && (command->root.is_host || status.st_uid != geteuid());
	if (!foreign && !(status.st_mode & (S_IWGRP | S_IWOTH)))
		return;
	finding_add(findings, kind, about ? about : path, explain(&status, foreign),
		    text_format("Look at what is in it, then:\n  chown root %s && chmod go-w %s",
				word ? word : path, word ? word : path));
}
