/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* For for_functions(). */
#define ALL_NUMBERS (-1)

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
	*step = (struct plan_step){
		.kind = kind,
		.stage = plan->stage_count,
		.function = function,
		.value = copy,
	};
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

/* ---- what is done for one function; each returns 0 or -ENOMEM ------------------------------ */

static int load_module(struct plan *plan, size_t i)
{
	const struct plan_function *function = &plan->functions[i];
	const char *module = function->module ? function->module : function->target.driver;

	if (!moves(function) || !function->target.driver || function->registered ||
	    has_step(plan, PLAN_LOAD_MODULE, module))
		return 0;
	return add_step(plan, PLAN_LOAD_MODULE, PLAN_HOST, module);
}

static int load_vfio_module(struct plan *plan, size_t i)
{
	return plan->functions[i].target_vfio ? load_module(plan, i) : 0;
}

static int load_host_module(struct plan *plan, size_t i)
{
	return plan->functions[i].target_vfio ? 0 : load_module(plan, i);
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

static int check_free(struct plan *plan, size_t i)
{
	const struct plan_function *function = &plan->functions[i];

	if (!function->check_free || !moves(function) || function->now_vfio ||
	    !function->now.driver)
		return 0;
	return add_step(plan, PLAN_CHECK_FREE, i, NULL);
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

static int wait_nodes(struct plan *plan, size_t i)
{
	if (!plan->functions[i].wants_drm && !plan->functions[i].wants_card)
		return 0;
	return add_step(plan, PLAN_WAIT_NODES, i, NULL);
}

/* ---- stages ------------------------------------------------------------------------------- */

typedef int function_step(struct plan *plan, size_t i);

/* Appends the step for every function that `number` names by its number, or all (-1). */
static int for_functions(struct plan *plan, int number, function_step *step)
{
	for (size_t i = 0; i < plan->function_count; i++) {
		const struct plan_function *function = &plan->functions[i];

		if (function->put_off || (number >= 0 && function->address.function != number))
			continue;
		if (step(plan, i) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Appends the step for every item of the list, the last one first when `reversed`. */
static int for_host(struct plan *plan, enum plan_step_kind kind, const struct strings *list,
		    bool reversed)
{
	size_t count = list ? list->count : 0;

	for (size_t i = 0; i < count; i++) {
		const char *item = list->items[reversed ? count - 1 - i : i];

		if (kind == PLAN_RELOAD_MODULE && has_step(plan, PLAN_LOAD_MODULE, item))
			continue;
		if (add_step(plan, kind, PLAN_HOST, item) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void next_stage(struct plan *plan)
{
	plan->stage_count++;
}

static int plan_leaving(struct plan *plan, const struct plan_host *host)
{
	/* between the look and the first change nothing takes its time */
	if (for_host(plan, PLAN_STOP_UNIT, host->stop_units, false) < 0 ||
	    for_functions(plan, ALL_NUMBERS, load_vfio_module) < 0 ||
	    (host->check_use && add_step(plan, PLAN_CHECK_USE, PLAN_HOST, NULL) < 0))
		return -ENOMEM;
	next_stage(plan);
	if (for_functions(plan, ALL_NUMBERS, reserve_for_vfio) < 0)
		return -ENOMEM;
	next_stage(plan);
	if (for_host(plan, PLAN_DETACH_CONSOLE, host->detach_consoles, false) < 0 ||
	    for_host(plan, PLAN_UNBIND_FRAMEBUFFER, host->unbind_framebuffers, false) < 0 ||
	    for_host(plan, PLAN_UNLOAD_MODULE, host->unload_modules, false) < 0)
		return -ENOMEM;
	next_stage(plan);
	if (for_functions(plan, ALL_NUMBERS, wait_group) < 0 ||
	    for_functions(plan, ALL_NUMBERS, check_free) < 0)
		return -ENOMEM;
	next_stage(plan);
	if (for_functions(plan, ALL_NUMBERS, unbind) < 0 ||
	    for_functions(plan, ALL_NUMBERS, reserve_for_host) < 0)
		return -ENOMEM;
	next_stage(plan);
	return 0;
}

/* A stage for each function number, so that no module takes a function before its turn. */
static int plan_binding(struct plan *plan)
{
	for (int number = 0; number <= PCI_FUNCTION_MAX; number++) {
		if (for_functions(plan, number, load_host_module) < 0 ||
		    for_functions(plan, number, bind) < 0)
			return -ENOMEM;
		next_stage(plan);
	}
	return 0;
}

static int plan_finishing(struct plan *plan, const struct plan_host *host)
{
	if (for_host(plan, PLAN_RELOAD_MODULE, host->load_modules, false) < 0 ||
	    for_functions(plan, ALL_NUMBERS, wait_udev) < 0)
		return -ENOMEM;
	next_stage(plan);
	if (for_functions(plan, ALL_NUMBERS, set_power) < 0 ||
	    for_functions(plan, ALL_NUMBERS, final_override) < 0 ||
	    for_functions(plan, ALL_NUMBERS, verify) < 0 ||
	    for_functions(plan, ALL_NUMBERS, wait_nodes) < 0)
		return -ENOMEM;
	next_stage(plan);
	if (for_host(plan, PLAN_BIND_FRAMEBUFFER, host->bind_framebuffers, true) < 0 ||
	    for_host(plan, PLAN_ATTACH_CONSOLE, host->attach_consoles, true) < 0 ||
	    for_host(plan, PLAN_START_UNIT, host->start_units, true) < 0)
		return -ENOMEM;
	return 0;
}

int plan_build(const struct plan_function *functions, size_t count, const struct plan_host *host,
	       struct plan *ret_plan)
{
	_cleanup_plan_ struct plan plan = { .functions = functions, .function_count = count };

	if (plan_leaving(&plan, host) < 0 || plan_binding(&plan) < 0 ||
	    plan_finishing(&plan, host) < 0)
		return -ENOMEM;
	*ret_plan = plan;
	plan = PLAN_INIT;
	return 0;
}

bool plan_step_changes(const struct plan_step *step)
{
	switch (step->kind) {
	case PLAN_LOAD_MODULE:
		/* VFIO's drivers take nothing without an override */
		return !strstr(step->value, "vfio");
	case PLAN_CHECK_USE:
	case PLAN_WAIT_GROUP:
	case PLAN_CHECK_FREE:
	case PLAN_WAIT_UDEV:
	case PLAN_VERIFY:
	case PLAN_WAIT_NODES:
		return false;
	default:
		return true;
	}
}

void plan_clear(struct plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++)
		free(plan->steps[i].value);
	free(plan->steps);
	*plan = PLAN_INIT;
}
