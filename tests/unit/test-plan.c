/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/plan.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tap.h"

/*
 * Plans are tried on a model of some functions: each step must be one that a kernel accepts, and
 * the end must be the target, from wherever a plan was left.
 */
#define FUNCTIONS_MAX 5
#define ROUNDS 400
#define VFIO "vfio-pci"
#define VARIANT "maker_vfio_pci"

struct model_function {
	const char *native; /* the host driver that takes it without an override */
	const char *driver;
	const char *override;
	const char *power;
	const char *d3cold; /* NULL: no such attribute */
};

struct model {
	struct model_function functions[FUNCTIONS_MAX];
	size_t count;
	bool registered[8]; /* of drivers[] */
};

/* Whether carrying the plan out would change anything. */
static bool plan_changes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan_step_changes(&plan->steps[i]))
			return true;
	return false;
}

/* Drivers and their modules; the order is that of model.registered. */
static const struct {
	const char *driver;
	const char *module; /* NULL: built in, always registered */
} drivers[] = {
	{ "bochs-drm", "bochs" }, { "snd_hda_intel", "snd_hda_intel" },
	{ "xhci_hcd", NULL },     { "pci-stub", NULL },
	{ VFIO, "vfio_pci" },     { VARIANT, "maker_vfio_pci" },
};

static uint32_t random_state = 0x12345678;

static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % limit;
}

static const char *pick(const char *const *words, size_t count)
{
	return words[random_below((uint32_t)count)];
}

static bool is_vfio(const char *driver)
{
	return driver && strstr(driver, "vfio");
}

static size_t driver_index(const char *driver)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (strcmp(drivers[i].driver, driver) == 0)
			return i;
	abort();
}

/* ---- the model ---------------------------------------------------------------------------- */

static void model_settle_drivers(struct model *model)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (!drivers[i].module)
			model->registered[i] = true;
	for (size_t i = 0; i < model->count; i++)
		if (model->functions[i].driver)
			model->registered[driver_index(model->functions[i].driver)] = true;
}

/* Modules that nobody uses may go at any time. */
static void model_drop_modules(struct model *model)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (random_below(2))
			model->registered[i] = false;
	model_settle_drivers(model);
}

static struct model model_generate(void)
{
	static const char *const natives[] = { "bochs-drm", "snd_hda_intel", "xhci_hcd", NULL };
	static const char *const others[] = { NULL, "pci-stub", VFIO, VARIANT, NULL };
	static const char *const powers[] = { "on", "auto" };
	static const char *const d3colds[] = { "0", "1", NULL };
	struct model model = { .count = 1 + random_below(FUNCTIONS_MAX) };

	for (size_t i = 0; i < model.count; i++) {
		struct model_function *function = &model.functions[i];

		function->native = pick(natives, ARRAY_SIZE(natives));
		function->driver =
			random_below(2) ? function->native : pick(others, ARRAY_SIZE(others));
		if (random_below(3) == 0)
			function->override = function->driver ? function->driver : "no_such_driver";
		function->power = pick(powers, ARRAY_SIZE(powers));
		function->d3cold = pick(d3colds, ARRAY_SIZE(d3colds));
	}
	model_drop_modules(&model);
	return model;
}

/* Whether the driver may take the function: drivers/pci/pci-driver.c, pci_match_device(). */
static bool model_matches(const struct model_function *function, const char *driver)
{
	if (function->override)
		return strcmp(function->override, driver) == 0;
	return text_same(function->native, driver);
}

static void model_bound(struct model_function *function, const char *driver)
{
	function->driver = driver;
	function->power = is_vfio(driver) ? "auto" : "on";
}

static bool model_load(struct model *model, const char *module)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		const char *name = drivers[i].module ? drivers[i].module : drivers[i].driver;

		/* modprobe takes "-" for "_" */
		if (strcmp(name, module) != 0 && strcmp(drivers[i].driver, module) != 0)
			continue;
		model->registered[i] = true;
		for (size_t j = 0; j < model->count; j++)
			if (!model->functions[j].driver &&
			    model_matches(&model->functions[j], drivers[i].driver))
				model_bound(&model->functions[j], drivers[i].driver);
		return true;
	}
	return false;
}

/* Does the step; false when a kernel would refuse it. */
static bool model_step(struct model *model, const struct plan_step *step)
{
	struct model_function *function =
		step->function == PLAN_HOST ? NULL : &model->functions[step->function];
	/* what the model keeps must outlive the plan */
	const char *value = NULL;

	if (step->value && step->kind != PLAN_LOAD_MODULE) {
		static const char *const words[] = { "no_such_driver", "on", "auto", "0", "1" };

		for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
			if (strcmp(drivers[i].driver, step->value) == 0)
				value = drivers[i].driver;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (strcmp(words[i], step->value) == 0)
				value = words[i];
		if (!value)
			return false;
	}
	switch (step->kind) {
	case PLAN_LOAD_MODULE:
		return model_load(model, step->value);
	case PLAN_SET_OVERRIDE:
		function->override = value;
		return true;
	case PLAN_UNBIND:
		if (!text_same(function->driver, value))
			return false;
		function->driver = NULL;
		return true;
	case PLAN_BIND:
		if (text_same(function->driver, value))
			return true;
		if (function->driver || !model->registered[driver_index(value)] ||
		    !model_matches(function, value))
			return false;
		model_bound(function, value);
		return true;
	case PLAN_SET_POWER:
		function->power = value;
		return true;
	case PLAN_SET_D3COLD:
		function->d3cold = value;
		return true;
	case PLAN_WAIT_GROUP:
		return is_vfio(function->driver);
	case PLAN_CHECK_FREE:
	case PLAN_WAIT_UDEV:
		return function->driver && !is_vfio(function->driver);
	case PLAN_VERIFY:
		return true;
	default:
		return false;
	}
}

/* ---- from the model to a plan ------------------------------------------------------------- */

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static struct pci_state state_of(const struct model_function *function)
{
	return (struct pci_state){
		.driver = copy(function->driver),
		.driver_override = copy(function->override),
		.power_control = copy(function->power),
		.d3cold_allowed = copy(function->d3cold),
	};
}

/* What acquire() wants: on VFIO, one that is there as it is; no word on power control. */
static struct model forward_target(const struct model *before)
{
	struct model target = *before;

	for (size_t i = 0; i < target.count; i++) {
		struct model_function *function = &target.functions[i];
		const char *wanted = i % 2 ? VARIANT : VFIO;

		function->power = NULL;
		function->d3cold = NULL;
		if (text_same(before->functions[i].driver, wanted))
			continue;
		function->driver = wanted;
		function->override = wanted;
	}
	return target;
}

static void fill(const struct model *now, const struct model *target,
		 struct plan_function functions[FUNCTIONS_MAX])
{
	for (size_t i = 0; i < now->count; i++) {
		struct plan_function *function = &functions[i];
		const char *driver = target->functions[i].driver;

		*function = (struct plan_function){
			.address = { .bus = 1, .slot = (uint8_t)(i / 3), .function = i % 3 },
			.group = (int)i / 2,
			.now = state_of(&now->functions[i]),
			.now_vfio = is_vfio(now->functions[i].driver),
			.check_free = i % 2 == 0,
			.target = state_of(&target->functions[i]),
			.target_vfio = is_vfio(driver),
			.registered = driver && now->registered[driver_index(driver)],
			.module = driver && random_below(2)
					  ? copy(drivers[driver_index(driver)].module)
					  : NULL,
		};
		pci_address_format(&function->address, function->name);
	}
}

static void clear(struct plan_function functions[FUNCTIONS_MAX], size_t count)
{
	for (size_t i = 0; i < count; i++)
		plan_function_clear(&functions[i]);
}

static bool reached(const struct model *now, const struct model *target)
{
	for (size_t i = 0; i < now->count; i++) {
		const struct model_function *a = &now->functions[i];
		const struct model_function *b = &target->functions[i];

		if (!text_same(a->driver, b->driver) || !text_same(a->override, b->override) ||
		    (b->power && !text_same(a->power, b->power)) ||
		    (b->d3cold && !text_same(a->d3cold, b->d3cold)))
			return false;
	}
	return true;
}

/* ---- the order, as DESIGN's invariant 5 has it -------------------------------------------- */

enum rule {
	RULE_RESERVED_FIRST, /* every VFIO override before the first unbind or host module */
	RULE_ASCENDING,      /* unbinds, and binds, in the order of a device's functions */
	RULE_STAGES,         /* numbered upwards; what all must have done is a stage of its own */
	RULE_OFF_BEFORE_ON,  /* every unbind before the first bind or host module */
	RULE_HOST_OVERRIDE,  /* the host driver's override between unbind and bind */
	RULE_WAIT_GROUP,     /* a group is waited for before the first of it leaves VFIO, once */
	RULE_CHECK_FREE,     /* before a function that wants it leaves a host driver, once */
	RULE_UDEV,           /* after the binds, before power control */
	RULE_FINAL_OVERRIDE, /* after power control */
	RULE_VERIFY,         /* every function once, after all else */
	RULE_LEGAL,          /* a kernel accepts every step */
	RULE_END,            /* the target is reached */
	RULE_IDEMPOTENT,     /* there, nothing is left to be done */
	RULE_RESUMED,        /* the same from wherever the plan was left */
	RULE_TURNED,         /* and back to the state before from there */
	RULE_REPEATED,       /* in two tries when modules have gone meanwhile */
	RULE_COUNT,
};

static unsigned int broken[RULE_COUNT];
static unsigned int tried;
static unsigned int refused; /* steps */

static void hold(enum rule rule, bool holds)
{
	if (!holds)
		broken[rule]++;
}

static size_t first_step(const struct plan *plan, enum plan_step_kind kind)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].kind == kind)
			return i;
	return plan->step_count;
}

/* The index after the last step of the kind, 0 when there is none. */
static size_t end_of(const struct plan *plan, enum plan_step_kind kind)
{
	for (size_t i = plan->step_count; i > 0; i--)
		if (plan->steps[i - 1].kind == kind)
			return i;
	return 0;
}

static size_t first_host_module(const struct plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].kind == PLAN_LOAD_MODULE && plan->steps[i].stage > 0)
			return i;
	return plan->step_count;
}

/* For each device by itself. */
static bool ascending(const struct plan *plan, enum plan_step_kind kind)
{
	for (size_t i = 0; i < plan->step_count; i++)
		for (size_t j = i + 1; j < plan->step_count; j++) {
			const struct plan_step *a = &plan->steps[i];
			const struct plan_step *b = &plan->steps[j];

			if (a->kind == kind && b->kind == kind && b->function < a->function &&
			    pci_address_same_device(&plan->functions[a->function].address,
						    &plan->functions[b->function].address))
				return false;
		}
	return true;
}

/* Devices go side by side within a stage: what must come before what is in an earlier one. */
static bool stages_hold(const struct plan *plan)
{
	for (size_t i = 0; i + 1 < plan->step_count; i++) {
		const struct plan_step *a = &plan->steps[i];

		if (a->stage > plan->steps[i + 1].stage)
			return false;
		for (size_t j = i + 1; j < plan->step_count; j++) {
			const struct plan_step *b = &plan->steps[j];

			if (a->stage != b->stage)
				continue;
			if (b->kind == PLAN_UNBIND &&
			    (a->kind == PLAN_WAIT_GROUP || a->kind == PLAN_CHECK_FREE ||
			     (a->kind == PLAN_SET_OVERRIDE &&
			      plan->functions[a->function].target_vfio)))
				return false;
			if (a->kind == PLAN_UNBIND && b->kind == PLAN_BIND)
				return false;
		}
	}
	return true;
}

/* How often the function has such a step in steps [from, to). */
static size_t count_steps(const struct plan *plan, enum plan_step_kind kind, size_t function,
			  size_t from, size_t to)
{
	size_t count = 0;

	for (size_t i = from; i < to; i++)
		count += plan->steps[i].kind == kind && plan->steps[i].function == function;
	return count;
}

static void check_overrides(const struct plan *plan)
{
	size_t unbind = first_step(plan, PLAN_UNBIND);
	size_t host_module = first_host_module(plan);
	size_t power = end_of(plan, PLAN_SET_POWER);
	size_t bind = first_step(plan, PLAN_BIND);
	size_t d3cold = end_of(plan, PLAN_SET_D3COLD);

	for (size_t i = 0; i < plan->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		const struct plan_function *function =
			step->function == PLAN_HOST ? NULL : &plan->functions[step->function];
		bool moves, for_driver;

		if (step->kind != PLAN_SET_OVERRIDE)
			continue;
		moves = !text_same(function->now.driver, function->target.driver);
		for_driver =
			moves && step->value && text_same(step->value, function->target.driver);
		if (for_driver && function->target_vfio)
			hold(RULE_RESERVED_FIRST, i < unbind && i < host_module && i < bind);
		else if (for_driver &&
			 count_steps(plan, PLAN_SET_OVERRIDE, step->function, 0, i) == 0)
			hold(RULE_HOST_OVERRIDE,
			     i >= end_of(plan, PLAN_UNBIND) && i < host_module && i < bind);
		else
			hold(RULE_FINAL_OVERRIDE, i >= power && i >= d3cold &&
							  i >= end_of(plan, PLAN_WAIT_UDEV) &&
							  i >= end_of(plan, PLAN_BIND));
	}
}

static void check_group(const struct plan *plan, size_t unbind)
{
	int group = plan->functions[plan->steps[unbind].function].group;
	size_t waits = 0;

	for (size_t i = 0; i < unbind; i++)
		waits += plan->steps[i].kind == PLAN_WAIT_GROUP &&
			 plan->functions[plan->steps[i].function].group == group;
	hold(RULE_WAIT_GROUP, waits == 1);
}

static void check_order(const struct plan *plan)
{
	size_t verify = first_step(plan, PLAN_VERIFY);

	check_overrides(plan);
	hold(RULE_STAGES, stages_hold(plan));
	hold(RULE_ASCENDING, ascending(plan, PLAN_UNBIND) && ascending(plan, PLAN_BIND));
	hold(RULE_OFF_BEFORE_ON, end_of(plan, PLAN_UNBIND) <= first_step(plan, PLAN_BIND) &&
					 end_of(plan, PLAN_UNBIND) <= first_host_module(plan));
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];

		if (step->kind == PLAN_UNBIND && plan->functions[step->function].now_vfio)
			check_group(plan, i);
		if (step->kind == PLAN_UNBIND) {
			const struct plan_function *function = &plan->functions[step->function];
			size_t wanted = function->check_free && !function->now_vfio;

			hold(RULE_CHECK_FREE,
			     count_steps(plan, PLAN_CHECK_FREE, step->function, 0, i) == wanted);
		}
		if (step->kind == PLAN_BIND && !plan->functions[step->function].target_vfio)
			hold(RULE_UDEV,
			     count_steps(plan, PLAN_WAIT_UDEV, step->function,
					 end_of(plan, PLAN_BIND), plan->step_count) == 1 &&
				     end_of(plan, PLAN_WAIT_UDEV) <=
					     first_step(plan, PLAN_SET_POWER) &&
				     end_of(plan, PLAN_WAIT_UDEV) <=
					     first_step(plan, PLAN_SET_D3COLD));
	}
	for (size_t i = 0; i < plan->function_count; i++)
		hold(RULE_VERIFY,
		     plan->step_count - verify == plan->function_count &&
			     count_steps(plan, PLAN_VERIFY, i, verify, plan->step_count) == 1);
}

/* ---- the runs ----------------------------------------------------------------------------- */

/* Where a step is done: stages in turn, in a stage what is the host's first, then devices. */
static unsigned int place_of(const struct plan *plan, const struct plan_step *step,
			     unsigned int turn)
{
	unsigned int device = 0;

	if (step->function != PLAN_HOST && step->kind != PLAN_WAIT_UDEV)
		device = 1 + (plan->functions[step->function].address.slot + turn) % 2;
	return step->stage * 4 + device;
}

/* Puts the steps into one of the orders in which devices may go side by side. */
static void take_turns(struct plan *plan)
{
	unsigned int turn = random_below(2);

	for (size_t i = 1; i < plan->step_count; i++)
		for (size_t j = i; j > 0; j--) {
			struct plan_step earlier = plan->steps[j - 1];

			if (place_of(plan, &earlier, turn) <= place_of(plan, &plan->steps[j], turn))
				break;
			plan->steps[j - 1] = plan->steps[j];
			plan->steps[j] = earlier;
		}
}

/*
 * Carries a plan to the target out, or its first `steps` steps; the steps of a function after one
 * that a kernel refuses are left out. Returns how many steps the plan has.
 */
static size_t converge(struct model *model, const struct model *target, size_t steps)
{
	struct plan_function functions[FUNCTIONS_MAX];
	bool given_up[FUNCTIONS_MAX] = { false };
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	size_t count;

	fill(model, target, functions);
	if (plan_build(functions, model->count, &PLAN_HOST_INIT, &plan) < 0)
		abort();
	tried++;
	check_order(&plan);
	take_turns(&plan);
	for (size_t i = 0; i < plan.step_count && i < steps; i++) {
		size_t function = plan.steps[i].function;

		if (function != PLAN_HOST && given_up[function])
			continue;
		if (!model_step(model, &plan.steps[i])) {
			refused++;
			if (function != PLAN_HOST)
				given_up[function] = true;
		}
	}
	count = plan.step_count;
	clear(functions, model->count);
	return count;
}

static bool has_nothing_to_do(const struct model *model, const struct model *target)
{
	struct plan_function functions[FUNCTIONS_MAX];
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	bool nothing;

	fill(model, target, functions);
	if (plan_build(functions, model->count, &PLAN_HOST_INIT, &plan) < 0)
		abort();
	nothing = !plan_changes(&plan) && plan.step_count == model->count;
	clear(functions, model->count);
	return nothing;
}

/* From `from` to `to`, left after every step: carried on with, or turned round to `other`. */
static void try_all_ways(const struct model *from, const struct model *to,
			 const struct model *other)
{
	struct model end = *from;
	size_t steps = converge(&end, to, SIZE_MAX);

	hold(RULE_END, reached(&end, to));
	hold(RULE_IDEMPOTENT, has_nothing_to_do(&end, to));
	for (size_t left = 0; left < steps; left++) {
		struct model on = *from;
		struct model back, without;

		converge(&on, to, left);
		back = on;
		without = on;
		converge(&on, to, SIZE_MAX);
		hold(RULE_RESUMED, reached(&on, to));
		converge(&back, other, SIZE_MAX);
		hold(RULE_TURNED, reached(&back, other));
		hold(RULE_LEGAL, refused == 0);
		/* a module that comes late may take a function that waits for another: tried again
		 */
		model_drop_modules(&without);
		converge(&without, to, SIZE_MAX);
		converge(&without, to, SIZE_MAX);
		hold(RULE_REPEATED, reached(&without, to));
		refused = 0;
	}
}

static void test_properties(void)
{
	static const char *const texts[RULE_COUNT] = {
		[RULE_RESERVED_FIRST] = "all VFIO overrides are set before the first unbind, bind "
					"or host module",
		[RULE_ASCENDING] = "a device's functions leave and come in the order of their "
				   "numbers",
		[RULE_STAGES] = "groups are waited for, overrides set and functions unbound in a "
				"stage before the one that relies on it",
		[RULE_OFF_BEFORE_ON] = "all functions are off their drivers before the first is "
				       "bound or a host module loaded",
		[RULE_HOST_OVERRIDE] = "the host driver's override stands between the unbinds and "
				       "modules and binds",
		[RULE_CHECK_FREE] = "a function that wants it is looked at once before it leaves a "
				    "host driver",
		[RULE_WAIT_GROUP] = "a group is waited for once before a function of it leaves "
				    "VFIO",
		[RULE_UDEV] = "udev is waited for after the binds and before power control",
		[RULE_FINAL_OVERRIDE] = "the final override comes last",
		[RULE_VERIFY] = "every function is read back once, at the end",
		[RULE_LEGAL] = "a kernel accepts every step",
		[RULE_END] = "a plan ends at its target",
		[RULE_IDEMPOTENT] = "at the target, nothing is left but to verify",
		[RULE_RESUMED] = "a plan left after any step is carried on with to the target",
		[RULE_TURNED] = "a plan left after any step can be turned round",
		[RULE_REPEATED] = "when modules have gone since, the second plan at the latest "
				  "reaches the target",
	};

	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct model before = model_generate();
		struct model target = forward_target(&before);
		struct model held = before;

		try_all_ways(&before, &target, &before);
		converge(&held, &target, SIZE_MAX);
		model_drop_modules(&held);
		try_all_ways(&held, &before, &target);
	}
	CHECK(tried > 5000, "many plans were tried: %u", tried);
	for (size_t rule = 0; rule < RULE_COUNT; rule++)
		if (!CHECK(broken[rule] == 0, "%s", texts[rule]))
			printf("# broken %u times\n", broken[rule]);
}

/* ---- texts -------------------------------------------------------------------------------- */

static void test_texts(void)
{
	struct plan_function function = { .name = "0000:01:00.0", .group = 7, .wants_drm = true };
	struct plan plan = { .functions = &function, .function_count = 1 };
	static const struct {
		enum plan_step_kind kind;
		const char *value;
		const char *text;
	} cases[] = {
		{ PLAN_LOAD_MODULE, "vfio-pci", "load the kernel module vfio-pci" },
		{ PLAN_SET_OVERRIDE, "d", "0000:01:00.0: set the driver override to d" },
		{ PLAN_SET_OVERRIDE, NULL, "0000:01:00.0: clear the driver override" },
		{ PLAN_WAIT_GROUP, NULL, "0000:01:00.0: wait until nobody uses IOMMU group 7" },
		{ PLAN_UNBIND, "d", "0000:01:00.0: unbind from d" },
		{ PLAN_BIND, "d", "0000:01:00.0: bind to d" },
		{ PLAN_WAIT_UDEV, NULL, "0000:01:00.0: wait until udev has seen it" },
		{ PLAN_SET_POWER, "auto", "0000:01:00.0: see that power/control is auto" },
		{ PLAN_SET_D3COLD, "0", "0000:01:00.0: see that d3cold_allowed is 0" },
		{ PLAN_VERIFY, NULL, "0000:01:00.0: verify" },
		{ PLAN_WAIT_NODES, NULL, "0000:01:00.0: wait for its DRM node" },
		{ PLAN_CHECK_FREE, NULL, "0000:01:00.0: see that nobody uses it" },
		{ PLAN_STOP_UNIT, "a.service", "stop a.service" },
		{ PLAN_CHECK_USE, NULL, "look whether the devices are in use on the host" },
		{ PLAN_DETACH_CONSOLE, "vtcon1", "detach the console vtcon1" },
		{ PLAN_UNBIND_FRAMEBUFFER, "d/f.0", "unbind the framebuffer d/f.0" },
		{ PLAN_UNLOAD_MODULE, "m", "unload the kernel module m" },
		{ PLAN_RELOAD_MODULE, "m", "load the kernel module m again" },
		{ PLAN_BIND_FRAMEBUFFER, "d/f.0", "bind the framebuffer d/f.0" },
		{ PLAN_ATTACH_CONSOLE, "vtcon1", "attach the console vtcon1" },
		{ PLAN_START_UNIT, "a.service", "start a.service" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool host = !strstr(cases[i].text, "0000:01:00.0");
		struct plan_step step = {
			.kind = cases[i].kind,
			.function = host ? PLAN_HOST : 0,
			.value = copy(cases[i].value),
		};
		_cleanup_free_ char *text = plan_step_text(&plan, &step);

		CHECK_TEXT(text, cases[i].text, "in words: %s", cases[i].text);
		free(step.value);
	}
}

static void check_texts(const struct plan *plan, const char *const *wanted, size_t count)
{
	CHECK(plan->step_count == count, "it has %zu steps", count);
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *text =
			i < plan->step_count ? plan_step_text(plan, &plan->steps[i]) : NULL;

		CHECK_TEXT(text, wanted[i], "step %zu: %s", i + 1, wanted[i]);
	}
}

/* The device that a person has most: on vfio-pci, its modules gone meanwhile. */
static void test_way_back_of_a_gpu(void)
{
	struct plan_function functions[2] = {
		{ .name = "0000:01:00.0",
		  .group = 3,
		  .now = { .driver = copy(VFIO), .driver_override = copy(VFIO) },
		  .now_vfio = true,
		  .target = { .driver = copy("bochs-drm"), .power_control = copy("auto") },
		  .module = copy("bochs") },
		{ .name = "0000:01:00.1",
		  .group = 3,
		  .now = { .driver = copy(VFIO), .driver_override = copy(VFIO) },
		  .now_vfio = true,
		  .target = { .driver = copy("snd_hda_intel"),
			      .driver_override = copy("snd_hda_intel") },
		  .registered = true },
	};
	static const char *const wanted[] = {
		"0000:01:00.0: wait until nobody uses IOMMU group 3",
		"0000:01:00.0: unbind from vfio-pci",
		"0000:01:00.1: unbind from vfio-pci",
		"0000:01:00.0: set the driver override to bochs-drm",
		"0000:01:00.1: set the driver override to snd_hda_intel",
		"load the kernel module bochs",
		"0000:01:00.0: bind to bochs-drm",
		"0000:01:00.1: bind to snd_hda_intel",
		"0000:01:00.0: wait until udev has seen it",
		"0000:01:00.1: wait until udev has seen it",
		"0000:01:00.0: see that power/control is auto",
		"0000:01:00.0: clear the driver override",
		"0000:01:00.0: verify",
		"0000:01:00.1: verify",
	};
	_cleanup_plan_ struct plan plan = PLAN_INIT;

	CHECK(plan_build(functions, 2, &PLAN_HOST_INIT, &plan) == 0,
	      "a plan for the way back of two functions");
	check_texts(&plan, wanted, ARRAY_SIZE(wanted));
	plan_function_clear(&functions[0]);
	plan_function_clear(&functions[1]);
}

/* Units, consoles, framebuffers and modules have their places around the functions. */
static void test_host(void)
{
	struct plan_function function = {
		.name = "0000:01:00.0",
		.now = { .driver = copy("nvidia") },
		.target = { .driver = copy(VFIO), .driver_override = copy(VFIO) },
		.target_vfio = true,
		.registered = true,
	};
	struct plan_function back = {
		.name = "0000:01:00.0",
		.group = -1,
		.now = { .driver = copy(VFIO), .driver_override = copy("nvidia") },
		.now_vfio = true,
		.target = { .driver = copy("nvidia") },
		.wants_drm = true,
	};
	char *unit_names[] = { "a.service", "b.service" };
	char *module_names[] = { "nvidia", "nvidia_drm" };
	char *framebuffer_names[] = { "d/f.0" };
	char *console_names[] = { "vtcon1" };
	const struct strings units = { unit_names, 2 }, modules = { module_names, 2 };
	const struct strings framebuffers = { framebuffer_names, 1 };
	const struct strings consoles = { console_names, 1 };
	static const char *const forward[] = {
		"stop a.service",
		"stop b.service",
		"look whether the devices are in use on the host",
		"0000:01:00.0: set the driver override to vfio-pci",
		"detach the console vtcon1",
		"unbind the framebuffer d/f.0",
		"unload the kernel module nvidia",
		"unload the kernel module nvidia_drm",
		"0000:01:00.0: unbind from nvidia",
		"0000:01:00.0: bind to vfio-pci",
		"0000:01:00.0: verify",
	};
	static const char *const backward[] = {
		"0000:01:00.0: unbind from vfio-pci",
		"load the kernel module nvidia",
		"0000:01:00.0: bind to nvidia",
		"load the kernel module nvidia_drm again",
		"0000:01:00.0: wait until udev has seen it",
		"0000:01:00.0: clear the driver override",
		"0000:01:00.0: verify",
		"0000:01:00.0: wait for its DRM node",
		"bind the framebuffer d/f.0",
		"attach the console vtcon1",
		"start b.service",
		"start a.service",
	};
	const struct plan_host leave = { .stop_units = &units,
					 .check_use = true,
					 .detach_consoles = &consoles,
					 .unbind_framebuffers = &framebuffers,
					 .unload_modules = &modules };
	const struct plan_host come = { .load_modules = &modules,
					.bind_framebuffers = &framebuffers,
					.attach_consoles = &consoles,
					.start_units = &units };
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_plan_ struct plan back_plan = PLAN_INIT;

	CHECK(plan_build(&function, 1, &leave, &plan) == 0, "a plan with units and modules");
	check_texts(&plan, forward, ARRAY_SIZE(forward));
	CHECK(plan_build(&back, 1, &come, &back_plan) == 0, "and one for the way back");
	check_texts(&back_plan, backward, ARRAY_SIZE(backward));
	plan_function_clear(&function);
	plan_function_clear(&back);
}

static void test_module_once(void)
{
	struct plan_function functions[3] = { 0 };
	_cleanup_plan_ struct plan plan = PLAN_INIT;

	for (size_t i = 0; i < 3; i++) {
		functions[i].target.driver = copy(VFIO);
		functions[i].target_vfio = true;
	}
	CHECK(plan_build(functions, 3, &PLAN_HOST_INIT, &plan) == 0 &&
		      plan.steps[0].kind == PLAN_LOAD_MODULE &&
		      plan.steps[1].kind == PLAN_SET_OVERRIDE,
	      "a module for three functions is loaded once");
	CHECK_TEXT(plan.steps[0].value, VFIO, "without a module's name, the driver's is loaded");
	for (size_t i = 0; i < 3; i++)
		plan_function_clear(&functions[i]);
}

static void test_nothing(void)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;

	CHECK(plan_build(NULL, 0, &PLAN_HOST_INIT, &plan) == 0 && plan.step_count == 0 &&
		      !plan_changes(&plan),
	      "a plan for no functions has no steps");
}

int main(void)
{
	test_properties();
	test_texts();
	test_way_back_of_a_gpu();
	test_host();
	test_module_once();
	test_nothing();
	return tap_done();
}
