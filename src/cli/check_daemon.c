/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GH208: whether libvirt's daemon knows the hook. It looks for hooks when it starts and when it is
 * told to reload (src/util/virhook.c, virHookInitialize): one that came later is passed over, when
 * there was none before. Nobody can ask it; what shows it are its own calls, and times.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/check.h"
#include "handoff/daemon.h"
#include "host/unit.h"

#define SYSTEMCTL_TIMEOUT_MS 5000

static int64_t to_ms(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000;
}

/* When the first of the hooks came, in ms since 1970: a change of the file counts as well. */
static int64_t find_first(const struct root *root, const struct strings *hooks)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < hooks->count; i++) {
		struct stat status;

		if (fstatat(root->fd, hooks->items[i], &status, 0) == 0 &&
		    to_ms(&status.st_ctim) < first)
			first = to_ms(&status.st_ctim);
	}
	return first;
}

/* When the daemon was last started or reloaded, in ms since 1970; 0 when not known. */
static int64_t find_reload(const struct root *root, const struct daemon *daemon)
{
	const struct patience patience = { .deadline_ms = clock_now_ms() + SYSTEMCTL_TIMEOUT_MS };
	const struct worker_context context = {
		.root = root,
		.locks_fd = -1,
		.patience = &patience,
	};
	_cleanup_free_ char *unit = text_format("%s.service", daemon->name);
	struct timespec now;
	int64_t changed_ms;

	if (!unit || unit_changed(&context, unit, &changed_ms, NULL) < 0 || changed_ms <= 0)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	return to_ms(&now) - (clock_now_ms() - changed_ms);
}

/* Whether the daemon has called the hook: 1, 0, or a negative errno when that is not known. */
static int has_called(const struct root *root, const struct daemon *daemon, struct error *error)
{
	_cleanup_store_ struct store store = STORE_INIT;
	int r = store_open_existing(root, &store, error);

	if (r == -ENOENT && !error->code)
		return 0;
	return r < 0 ? r : daemon_note_is(&store, daemon);
}

static void report(const struct command *command, const struct daemon *daemon,
		   struct findings *findings)
{
	finding_add(findings, FINDING_NOT_REGISTERED, daemon->name,
		    text_format("%s (pid %d) has run since before the hook came, and looks for "
				"hooks only when it starts or reloads. If it did not know it, VMs "
				"would start without their devices being handed over.",
				daemon->name, (int)daemon->pid),
		    unit_manager_runs(&command->root)
			    ? text_format("VMs go on running:\n  systemctl reload-or-restart "
					  "%s.service",
					  daemon->name)
			    : text_format("VMs go on running:\n  kill -HUP %d", (int)daemon->pid));
}

void check_daemon(const struct command *command, const struct strings *hooks,
		  struct findings *findings)
{
	const struct root *root = &command->root;
	_cleanup_error_ struct error error = ERROR_INIT;
	struct daemon daemon;
	int64_t first = find_first(root, hooks);
	int r = daemon_find(root, &daemon);

	/* it will look when it starts */
	if (r == -ENOENT || hooks->count == 0)
		return;
	if (r < 0) {
		error_set_errno(&error, -r, "cannot see whether libvirt's daemon knows the hook");
		finding_add_unseen(findings, FINDING_INSTALLATION_UNSEEN, "libvirt", &error);
		return;
	}
	/* when a process has started is known to the second */
	if (daemon.start_s > first / 1000 || find_reload(root, &daemon) > first)
		return;
	r = has_called(root, &daemon, &error);
	if (r == 0)
		report(command, &daemon, findings);
	else if (r < 0)
		finding_add_unseen(findings, FINDING_INSTALLATION_UNSEEN, daemon.name, &error);
}
