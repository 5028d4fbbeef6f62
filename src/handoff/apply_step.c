/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/apply_step.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "handoff/check_free.h"
#include "host/display.h"
#include "host/kmod_load.h"
#include "host/pci.h"
#include "host/pci_binding.h"
#include "host/pci_nodes.h"
#include "host/udev.h"
#include "host/unit.h"
#include "host/vfio.h"

/* A device that has just been reset may want a moment before its driver's second try. */
#define BIND_RETRY_MS 200
#define NODE_POLL_MS 20

/* ---- verifying ---------------------------------------------------------------------------- */

static int report_difference(const char *name, const char *what, const char *got,
			     const char *wanted, struct error *error)
{
	error_set(error, EIO, "the device is not as it should be now");
	error_why(error, "%s is %s, not %s", what, got ? got : "(none)",
		  wanted ? wanted : "(none)");
	error_device(error, name);
	error_hint(error, "Something else changes the device at the same time: see dmesg and the "
			  "system's log.");
	return -EIO;
}

static int verify(const struct worker_context *context, const struct plan_function *function,
		  bool override_read, struct error *error)
{
	_cleanup_pci_state_ struct pci_state now = PCI_STATE_INIT;
	const struct pci_state *target = &function->target;
	int r;

	if (override_read)
		r = pci_state_look(context->root, function->name, &now, error);
	else
		r = pci_state_read(context, function->name, &now, error);
	if (r < 0)
		return r;
	if (!text_same(now.driver, target->driver))
		return report_difference(function->name, "its driver", now.driver, target->driver,
					 error);
	if (function->target_vfio && strcmp(now.driver, STUB_DRIVER) != 0 &&
	    !vfio_owns(context->root, function->name, now.driver)) {
		error_set(error, EINVAL, "it is on %s, which is no driver of VFIO's", now.driver);
		error_device(error, function->name);
		error_hint(error,
			   "Leave out `driver =` in the VM's INI file, or name one: " VFIO_DRIVER
			   ", or a variant\ndriver made for the device.");
		return -EINVAL;
	}
	if (!override_read && !text_same(now.driver_override, target->driver_override))
		return report_difference(function->name, "driver_override", now.driver_override,
					 target->driver_override, error);
	if (target->power_control && !text_same(now.power_control, target->power_control))
		return report_difference(function->name, "power/control", now.power_control,
					 target->power_control, error);
	if (target->d3cold_allowed && !text_same(now.d3cold_allowed, target->d3cold_allowed))
		return report_difference(function->name, "d3cold_allowed", now.d3cold_allowed,
					 target->d3cold_allowed, error);
	return 0;
}

static int wait_node(const struct worker_context *context, const struct plan_function *function,
		     enum pci_node kind, const char *what, struct error *error)
{
	int64_t deadline_ms = context->patience->deadline_ms;
	dev_t number;

	for (;;) {
		bool there = pci_node_find(context->root, function->name, kind, &number);

		if (there && udev_knows_node(number))
			return 0;
		if (pci_check_exists(context->root, function->name, error) < 0)
			return -ENODEV;
		if (clock_left_ms(deadline_ms) > 0) {
			clock_sleep_ms(NODE_POLL_MS, deadline_ms);
			continue;
		}
		error_set(error, ETIMEDOUT, "its %s has not come back", what);
		error_why(error, "the driver %s has the device, but %s", function->target.driver,
			  there ? "udev does not answer" : "offers nothing");
		error_device(error, function->name);
		error_hint(error,
			   there ? "See what keeps udev (journalctl -u systemd-udevd; df -h /run; "
				   "df -i /run), then:\nudevadm trigger"
				 : "See dmesg for what the driver says.");
		return -ETIMEDOUT;
	}
}

static int wait_nodes(const struct worker_context *context, const struct plan_function *function,
		      struct error *error)
{
	int r = 0;

	if (function->wants_drm)
		r = wait_node(context, function, PCI_NODE_DRM, "DRM node", error);
	if (r == 0 && function->wants_card)
		r = wait_node(context, function, PCI_NODE_SOUND, "sound card", error);
	return r;
}

/* ---- the driver comes back ---------------------------------------------------------------- */

/* Nothing more is done for a device with a call in flight, or one whose driver has crashed. */
static bool is_out_of_reach(int r)
{
	return r == -ETIMEDOUT || r == -ENOTRECOVERABLE || r == -ECANCELED;
}

/* Adds to what to do: what the function is on now, and that it is tried again. */
static void tell_state(const struct worker_context *context, const char *name, struct error *error)
{
	_cleanup_free_ char *driver = NULL;
	_cleanup_free_ char *hint = error->hint ? strdup(error->hint) : NULL;

	if (pci_driver_read(context->root, name, &driver) < 0)
		return;
	error_hint(error,
		   "It %s%s now. The next start or stop of the VM, and `gpu-handoff recover`, try "
		   "again;\na reboot is the last resort.%s%s",
		   driver ? "is on " : "has no driver", driver ? driver : "", hint ? "\n" : "",
		   hint ? hint : "");
}

/*
 * The kernel chooses: with the override cleared, it asks every driver that knows the device. The
 * override is put back whatever comes of it: no other driver shall take the device later.
 */
static int probe_unbound(const struct worker_context *context, const char *name, const char *driver,
			 struct error *error)
{
	_cleanup_free_ char *now = NULL;
	int r = pci_override_set(context, name, NULL, error);
	int again;

	if (r == 0)
		r = pci_probe(context, name, error);
	if (is_out_of_reach(r))
		return r;
	again = pci_override_set(context, name, driver, error);
	if (r == 0)
		r = pci_driver_read(context->root, name, &now);
	if (r < 0 || again < 0)
		return r < 0 ? r : again;
	return now && strcmp(now, driver) == 0 ? 0 : -ENODEV;
}

/*
 * A driver of the host that does not bind gets a second try, then the kernel chooses. Never
 * remove and rescan: on a device that is stuck they stop every rescan of the host; never a reset:
 * VFIO has done it.
 */
static int bind_back(const struct worker_context *context, const char *name, const char *driver,
		     struct error *error)
{
	_cleanup_error_ struct error later = ERROR_INIT;
	int first = pci_bind(context, name, driver, error);
	int r;

	if (first == 0 || is_out_of_reach(first))
		return first;
	clock_sleep_ms(BIND_RETRY_MS, context->patience->deadline_ms);
	r = pci_bind(context, name, driver, &later);
	if (r < 0 && !is_out_of_reach(r))
		r = probe_unbound(context, name, driver, &later);
	if (r == 0)
		return 0;
	if (is_out_of_reach(r)) {
		error_move(error, &later);
		return r;
	}
	tell_state(context, name, error);
	return first;
}

/* ---- steps -------------------------------------------------------------------------------- */

int apply_function_step(const struct worker_context *context, const struct plan_step *step,
			const struct plan_function *function, const struct apply_manner *manner,
			struct error *error)
{
	switch (step->kind) {
	case PLAN_SET_OVERRIDE:
		return pci_override_set(context, function->name, step->value, error);
	case PLAN_WAIT_GROUP:
		return vfio_wait_group_free(context, function->name, function->group, error);
	case PLAN_CHECK_FREE:
		return check_free_function(context, function->name, error);
	case PLAN_UNBIND:
		return pci_unbind(context, function->name, step->value, error);
	case PLAN_BIND:
		if (manner->back && !function->target_vfio)
			return bind_back(context, function->name, step->value, error);
		return pci_bind(context, function->name, step->value, error);
	case PLAN_SET_POWER:
		return pci_power_control_set(context, function->name, step->value, error);
	case PLAN_SET_D3COLD:
		return pci_d3cold_allowed_set(context, function->name, step->value, error);
	case PLAN_VERIFY:
		return verify(context, function, manner->override_read, error);
	case PLAN_WAIT_NODES:
		return wait_nodes(context, function, error);
	default:
		return error_set(error, EINVAL, "unknown step");
	}
}

int apply_host_step(const struct worker_context *context, const struct plan_step *step,
		    struct error *error)
{
	switch (step->kind) {
	case PLAN_STOP_UNIT:
		return unit_stop(context, step->value, error);
	case PLAN_START_UNIT:
		return unit_start(context, step->value, error);
	case PLAN_LOAD_MODULE:
	case PLAN_RELOAD_MODULE:
		return kmod_load(context, step->value, error);
	case PLAN_UNLOAD_MODULE:
		return kmod_unload(context, step->value, error);
	case PLAN_DETACH_CONSOLE:
		return display_set_console(context, step->value, false, error);
	case PLAN_ATTACH_CONSOLE:
		return display_set_console(context, step->value, true, error);
	case PLAN_UNBIND_FRAMEBUFFER:
		return display_unbind_framebuffer(context, step->value, error);
	case PLAN_BIND_FRAMEBUFFER:
		return display_bind_framebuffer(context, step->value, error);
	default:
		return error_set(error, EINVAL, "unknown step");
	}
}
