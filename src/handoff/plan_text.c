/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of a plan in words. */
#include "handoff/plan.h"

static char *host_step_text(const struct plan_step *step)
{
	switch (step->kind) {
	case PLAN_STOP_UNIT:
		return text_format("stop %s", step->value);
	case PLAN_CHECK_USE:
		return text_format("look whether the devices are in use on the host");
	case PLAN_LOAD_MODULE:
		return text_format("load the kernel module %s", step->value);
	case PLAN_RELOAD_MODULE:
		return text_format("load the kernel module %s again", step->value);
	case PLAN_UNLOAD_MODULE:
		return text_format("unload the kernel module %s", step->value);
	case PLAN_DETACH_CONSOLE:
		return text_format("detach the console %s", step->value);
	case PLAN_ATTACH_CONSOLE:
		return text_format("attach the console %s", step->value);
	case PLAN_UNBIND_FRAMEBUFFER:
		return text_format("unbind the framebuffer %s", step->value);
	case PLAN_BIND_FRAMEBUFFER:
		return text_format("bind the framebuffer %s", step->value);
	case PLAN_START_UNIT:
		return text_format("start %s", step->value);
	default:
		return NULL;
	}
}

char *plan_step_text(const struct plan *plan, const struct plan_step *step)
{
	const struct plan_function *function;

	if (step->function == PLAN_HOST)
		return host_step_text(step);
	function = &plan->functions[step->function];
	switch (step->kind) {
	case PLAN_SET_OVERRIDE:
		if (!step->value)
			return text_format("%s: clear the driver override", function->name);
		return text_format("%s: set the driver override to %s", function->name,
				   step->value);
	case PLAN_WAIT_GROUP:
		return text_format("%s: wait until nobody uses IOMMU group %d", function->name,
				   function->group);
	case PLAN_CHECK_FREE:
		return text_format("%s: see that nobody uses it", function->name);
	case PLAN_UNBIND:
		return text_format("%s: unbind from %s", function->name, step->value);
	case PLAN_BIND:
		return text_format("%s: bind to %s", function->name, step->value);
	case PLAN_WAIT_UDEV:
		return text_format("%s: wait until udev has seen it", function->name);
	case PLAN_SET_POWER:
		return text_format("%s: see that power/control is %s", function->name, step->value);
	case PLAN_SET_D3COLD:
		return text_format("%s: see that d3cold_allowed is %s", function->name,
				   step->value);
	case PLAN_VERIFY:
		return text_format("%s: verify", function->name);
	case PLAN_WAIT_NODES:
		return text_format("%s: wait for its %s", function->name,
				   function->wants_drm ? "DRM node" : "sound card");
	default:
		return NULL;
	}
}
