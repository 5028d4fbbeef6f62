/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/kmod.h"
#include "host/pci_binding.h"
#include "host/udev.h"
#include "host/vfio.h"

/* udev answers in milliseconds; a busy or stopped one shall not cost the whole deadline. */
#define UDEV_WAIT_MS 5000

struct run {
	const struct worker_context *context;
	const struct plan *plan;
	struct udev_watch *watch;
	bool *given_up; /* one for each function */
};

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
		  struct error *error)
{
	_cleanup_pci_state_ struct pci_state now = PCI_STATE_INIT;
	const struct pci_state *target = &function->target;
	int r;

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
	if (!text_same(now.driver_override, target->driver_override))
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

/*
 * The device is bound and usable by then: a silent udev does not make the hand-over wrong, and is
 * not waited for again.
 */
static int wait_udev(struct run *run, const struct patience *patience, const char *name)
{
	int64_t deadline = clock_now_ms() + UDEV_WAIT_MS;

	if (deadline > patience->deadline_ms)
		deadline = patience->deadline_ms;
	if (udev_watch_wait_bound(run->watch, name, deadline) < 0) {
		udev_watch_free(run->watch);
		run->watch = NULL;
	}
	return 0;
}

static int run_step(struct run *run, const struct worker_context *context,
		    const struct plan_step *step, struct error *error)
{
	const struct plan_function *function = &run->plan->functions[step->function];

	if (patience_cancelled(context->patience)) {
		error_set(error, ECANCELED, "the start was called off");
		return -ECANCELED;
	}
	switch (step->kind) {
	case PLAN_LOAD_MODULE:
		return kmod_load(context, step->value, error);
	case PLAN_SET_OVERRIDE:
		return pci_override_set(context, function->name, step->value, error);
	case PLAN_WAIT_GROUP:
		return vfio_wait_group_free(context, function->name, function->group, error);
	case PLAN_UNBIND:
		return pci_unbind(context, function->name, step->value, error);
	case PLAN_BIND:
		return pci_bind(context, function->name, step->value, error);
	case PLAN_WAIT_UDEV:
		return wait_udev(run, context->patience, function->name);
	case PLAN_SET_POWER:
		return pci_power_control_set(context, function->name, step->value, error);
	case PLAN_SET_D3COLD:
		return pci_d3cold_allowed_set(context, function->name, step->value, error);
	case PLAN_VERIFY:
		return verify(context, function, error);
	}
	return -EINVAL;
}

/* The functions whose later steps are left out because this one failed. */
static void give_up(struct run *run, const struct plan_step *failed)
{
	const struct plan_function *function = &run->plan->functions[failed->function];
	bool stays_on_vfio = function->now_vfio &&
			     (failed->kind == PLAN_WAIT_GROUP || failed->kind == PLAN_UNBIND);

	/* a missing module is told by the bind that needs it */
	if (failed->kind == PLAN_LOAD_MODULE)
		return;
	run->given_up[failed->function] = true;
	for (size_t i = 0; stays_on_vfio && i < run->plan->function_count; i++) {
		const struct plan_function *other = &run->plan->functions[i];

		if (pci_address_same_device(&other->address, &function->address) ||
		    (failed->kind == PLAN_WAIT_GROUP && other->group == function->group))
			run->given_up[i] = true;
	}
}

static bool plan_waits_for_udev(const struct plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].kind == PLAN_WAIT_UDEV)
			return true;
	return false;
}

/* The number of the last event that the kernel has sent, 0 when it does not tell. */
static unsigned long long last_event(const struct root *root)
{
	_cleanup_free_ char *number = NULL;

	if (root_read(root, 64, &number, "sys/kernel/uevent_seqnum") < 0)
		return 0;
	return strtoull(number, NULL, 10);
}

static int run_steps(struct run *run, enum apply_mode mode, struct errors *errors)
{
	const struct worker_context *whole = run->context;
	size_t told = errors->count;
	int result = 0;

	for (size_t i = 0; i < run->plan->step_count; i++) {
		const struct plan_step *step = &run->plan->steps[i];
		_cleanup_error_ struct error error = ERROR_INIT;
		/* on the way back one device that hangs must leave time for the others */
		struct patience patience = mode == APPLY_WHAT_CAN_BE
						   ? patience_share(whole->patience)
						   : *whole->patience;
		struct worker_context context = *whole;
		int r;

		/* a module may be for the functions after this one too */
		if (run->given_up[step->function] && step->kind != PLAN_LOAD_MODULE)
			continue;
		context.patience = &patience;
		r = run_step(run, &context, step, &error);
		if (r == 0)
			continue;
		errors_add(errors, &error);
		/* on the way back it is the bind that shows whether the module was needed */
		if (result == 0 &&
		    (mode == APPLY_STOP_AT_FAILURE || step->kind != PLAN_LOAD_MODULE))
			result = r;
		if (mode == APPLY_STOP_AT_FAILURE)
			break;
		give_up(run, step);
	}
	if (result == 0)
		errors_truncate(errors, told);
	return result;
}

int apply_plan(const struct worker_context *context, const struct plan *plan, enum apply_mode mode,
	       struct errors *errors)
{
	struct run run = { .context = context, .plan = plan };
	int result;

	run.given_up = calloc(plan->function_count + 1, sizeof(*run.given_up));
	if (!run.given_up) {
		_cleanup_error_ struct error error = ERROR_INIT;

		error_set_errno(&error, ENOMEM, "cannot carry the plan out");
		errors_add(errors, &error);
		return -ENOMEM;
	}
	if (plan_waits_for_udev(plan))
		run.watch = udev_watch_new(last_event(context->root));
	result = run_steps(&run, mode, errors);
	udev_watch_free(run.watch);
	free(run.given_up);
	return result;
}
