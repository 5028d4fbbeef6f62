/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd's units, by way of systemctl(1), which is asked and told by workers.
 */
#ifndef GH_HOST_UNIT_H
#define GH_HOST_UNIT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/root.h"
#include "base/text.h"
#include "base/worker.h"

/* Whether `name` can be a unit's, as systemctl takes it without adding a suffix. */
bool unit_name_valid(const char *name);

/* Whether the unit is one of libvirt's daemons or their sockets: the hook runs on its behalf. */
bool unit_is_libvirt(const char *name);

/* Whether systemd is the host's init (sd_booted(3)). */
bool unit_manager_runs(const struct root *root);

/*
 * Which of the units are active, activating, or queued to be started, in the order given; the
 * caller clears *ret_running. Of another machine than this one all are taken to run. Returns 0;
 * -ENOENT for a unit that systemd does not know; -ENOSYS where systemd is not the init; or another
 * negative errno, with `error` filled.
 */
int unit_list_running(const struct worker_context *context, const struct strings *units,
		      struct strings *ret_running, struct error *error);

/* Stops it and waits until it has. Returns 0 or a negative errno with `error` filled. */
int unit_stop(const struct worker_context *context, const char *unit, struct error *error);

/*
 * Has it started, and does not wait for that. Nothing is done while the system itself is being
 * stopped, nor for a unit that was masked or removed meanwhile. Returns 0 or a negative errno with
 * `error` filled.
 */
int unit_start(const struct worker_context *context, const char *unit, struct error *error);

/*
 * The system's service that the process belongs to ("gdm.service"), the caller's; NULL for one of a
 * user's session, or none. By /proc/PID/cgroup, whose parts are
 * systemd's units (systemd, docs/CGROUP_DELEGATION.md). Returns 0 or a negative errno.
 */
int unit_of_process(const struct root *root, pid_t pid, char **ret_unit);

/*
 * When the unit's state has last changed: it was started, stopped or reloaded. *ret_ms is as of
 * clock_now_ms(), 0 for never. Returns 0, -ENOSYS where systemd is not the init or the machine is
 * another one, or another negative errno, with `error` filled.
 */
int unit_changed(const struct worker_context *context, const char *unit, int64_t *ret_ms,
		 struct error *error);

#endif
