/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

void plan_function_clear(struct plan_function *function)
{
	pci_state_clear(&function->now);
	pci_state_clear(&function->target);
	free(function->module);
	function->module = NULL;
}

static bool moves(const struct plan_function *function)
{
	return !text_same(function->now.driver, function->target.driver);
}

static int add_step(struct plan *plan, enum plan_step_kind kind, size_t function, const char *value)
{
	struct plan_step *step;
	char *copy = value ? strdup(value) : NULL;

	if ((value && !copy) || array_grow(&plan->steps, plan->step_count, sizeof(*step)) < 0) {
		free(copy);
		return -ENOMEM;
	}
	step = &plan->steps[plan->step_count++];
	*step = (struct plan_step){ .kind = kind, .function = function, .value = copy };
	return 0;
}

/* Whether the plan has such a step with the value, for any function. */
static bool has_step(const struct plan *plan, enum plan_step_kind kind, const char *value)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].kind == kind && text_same(plan->steps[i].value, value))
			return true;
	return false;
}

static bool group_is_waited_for(const struct plan *plan, int group)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].kind == PLAN_WAIT_GROUP &&
		    plan->functions[plan->steps[i].function].group == group)
			return true;
	return false;
}

/* The override that stands when the steps so far are done. */
static const char *override_so_far(const struct plan *plan, size_t function)
{
	const char *override = plan->functions[function].now.driver_override;

	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].kind == PLAN_SET_OVERRIDE && plan->steps[i].function == function)
			override = plan->steps[i].value;
	return override;
}

/* ---- the phases, each for one function; they return 0 or -ENOMEM -------------------------- */

static int load_module(struct plan *plan, size_t i)
{
	const struct plan_function *function = &plan->functions[i];
	const char *module = function->module ? function->module : function->target.driver;

	if (!moves(function) || !function->target.driver || function->registered ||
	    has_step(plan, PLAN_LOAD_MODULE, module))
		return 0;
	return add_step(plan, PLAN_LOAD_MODULE, i, module);
}

static int load_vfio_module(struct plan *plan, size_t i)
{
	return plan->functions[i].target_vfio ? load_module(plan, i) : 0;
}

/* Only the named driver can take the function from here on, whoever probes. */
static int reserve_override(struct plan *plan, size_t i)
{
	const struct plan_function *function = &plan->functions[i];

	if (!moves(function) || !function->target.driver ||
	    text_same(function->now.driver_override, function->target.driver))
		return 0;
	return add_step(plan, PLAN_SET_OVERRIDE, i, function->target.driver);
}

static int reserve_for_vfio(struct plan *plan, size_t i)
{
	return plan->functions[i].target_vfio ? reserve_override(plan, i) : 0;
}

static int reserve_for_host(struct plan *plan, size_t i)
{
	return plan->functions[i].target_vfio ? 0 : reserve_override(plan, i);
}

static int wait_group(struct plan *plan, size_t i)
{
	const struct plan_function *function = &plan->functions[i];

	if (!moves(function) || !function->now_vfio || function->group < 0 ||
	    group_is_waited_for(plan, function->group))
		return 0;
	return add_step(plan, PLAN_WAIT_GROUP, i, NULL);
}

static int unbind(struct plan *plan, size_t i)
{
	const struct plan_function *function = &plan->functions[i];

	if (!moves(function) || !function->now.driver)
		return 0;
	return add_step(plan, PLAN_UNBIND, i, function->now.driver);
}

static int bind(struct plan *plan, size_t i)
{
	const struct plan_function *function = &plan->functions[i];

	if (!moves(function) || !function->target.driver)
		return 0;
	if (!function->target_vfio && load_module(plan, i) < 0)
		return -ENOMEM;
	return add_step(plan, PLAN_BIND, i, function->target.driver);
}

/* udev's rules may set power/control when a host driver comes; ours has the last word. */
static int wait_udev(struct plan *plan, size_t i)
{
	const struct plan_function *function = &plan->functions[i];

	if (!moves(function) || !function->target.driver || function->target_vfio)
		return 0;
	return add_step(plan, PLAN_WAIT_UDEV, i, NULL);
}

static int set_power(struct plan *plan, size_t i)
{
	const struct plan_function *function = &plan->functions[i];
	const char *power = function->target.power_control;
	const char *d3cold = function->target.d3cold_allowed;
	int r = 0;

	/* a driver's coming and going changes them, so what they are now proves nothing */
	if (power && (moves(function) || !text_same(function->now.power_control, power)))
		r = add_step(plan, PLAN_SET_POWER, i, power);
	if (r == 0 && d3cold &&
	    (moves(function) || !text_same(function->now.d3cold_allowed, d3cold)))
		r = add_step(plan, PLAN_SET_D3COLD, i, d3cold);
	return r;
}

static int final_override(struct plan *plan, size_t i)
{
	const char *override = plan->functions[i].target.driver_override;

	if (text_same(override_so_far(plan, i), override))
		return 0;
	return add_step(plan, PLAN_SET_OVERRIDE, i, override);
}

static int verify(struct plan *plan, size_t i)
{
	return add_step(plan, PLAN_VERIFY, i, NULL);
}

static int (*const phases[])(struct plan *plan, size_t i) = {
	load_vfio_module, reserve_for_vfio, wait_group,     unbind, reserve_for_host, bind,
	wait_udev,        set_power,        final_override, verify,
};

int plan_build(const struct plan_function *functions, size_t count, struct plan *ret_plan)
{
	_cleanup_plan_ struct plan plan = { .functions = functions, .function_count = count };

	for (size_t phase = 0; phase < ARRAY_SIZE(phases); phase++)
		for (size_t i = 0; i < count; i++)
			if (!functions[i].put_off && phases[phase](&plan, i) < 0)
				return -ENOMEM;
	*ret_plan = plan;
	plan = PLAN_INIT;
	return 0;
}

char *plan_step_text(const struct plan *plan, const struct plan_step *step)
{
	const struct plan_function *function = &plan->functions[step->function];

	switch (step->kind) {
	case PLAN_LOAD_MODULE:
		return text_format("load the kernel module %s", step->value);
	case PLAN_SET_OVERRIDE:
		if (!step->value)
			return text_format("%s: clear the driver override", function->name);
		return text_format("%s: set the driver override to %s", function->name,
				   step->value);
	case PLAN_WAIT_GROUP:
		return text_format("%s: wait until nobody uses IOMMU group %d", function->name,
				   function->group);
	case PLAN_UNBIND:
		return text_format("%s: unbind from %s", function->name, step->value);
	case PLAN_BIND:
		return text_format("%s: bind to %s", function->name, step->value);
	case PLAN_WAIT_UDEV:
		return text_format("%s: wait until udev has seen it", function->name);
	case PLAN_SET_POWER:
		return text_format("%s: set power/control to %s", function->name, step->value);
	case PLAN_SET_D3COLD:
		return text_format("%s: set d3cold_allowed to %s", function->name, step->value);
	case PLAN_VERIFY:
		return text_format("%s: verify", function->name);
	}
	return NULL;
}

void plan_clear(struct plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++)
		free(plan->steps[i].value);
	free(plan->steps);
	*plan = PLAN_INIT;
}
