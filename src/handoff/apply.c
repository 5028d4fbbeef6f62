/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/apply.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "handoff/apply_step.h"
#include "host/pci.h"
#include "host/udev.h"

/* udev answers in milliseconds; a busy or stopped one shall not cost the whole deadline. */
#define UDEV_WAIT_MS 5000
/* A thread only waits for its workers. */
#define STACK_BYTES (256 * 1024)

struct run {
	struct apply *apply;
	const struct plan *plan;
	struct udev_watch *watch;
	struct errors *errors;
	size_t errors_before;
	pthread_mutex_t mutex; /* of what stands below */
	bool *given_up;        /* one for each function */
	bool *override_read;   /* of each: by the last step; its device's thread alone has it */
	bool stop;             /* the way forward has failed */
	int result;
};

/* One device's part of a stage. */
struct lane {
	struct run *run;
	size_t first; /* its first step; the others are found by the device */
	pthread_t thread;
	bool threaded;
};

static bool goes_back(const struct run *run)
{
	return run->apply->mode == APPLY_WHAT_CAN_BE;
}

/* ---- what comes of a step ----------------------------------------------------------------- */

/* The functions whose later steps are left out because this one failed. */
static void give_up(struct run *run, const struct plan_step *failed, int code)
{
	const struct plan_function *function = &run->plan->functions[failed->function];
	bool stays_on_vfio = function->now_vfio &&
			     (failed->kind == PLAN_WAIT_GROUP || failed->kind == PLAN_UNBIND);

	run->given_up[failed->function] = true;
	/* one that is lost until a reboot is not waited for */
	run->apply->kept |= stays_on_vfio && !function->target_vfio && code != -ENOTRECOVERABLE;
	for (size_t i = 0; stays_on_vfio && i < run->plan->function_count; i++) {
		const struct plan_function *other = &run->plan->functions[i];

		if (pci_address_same_device(&other->address, &function->address) ||
		    (failed->kind == PLAN_WAIT_GROUP && other->group == function->group))
			run->given_up[i] = true;
	}
}

static void note_failure(struct run *run, const struct plan_step *step, int r, struct error *error)
{
	pthread_mutex_lock(&run->mutex);
	errors_add(run->errors, error);
	/* on the way back it is the bind that shows whether the module was needed */
	if (run->result == 0 && !(goes_back(run) && step->kind == PLAN_LOAD_MODULE))
		run->result = r;
	if (!goes_back(run))
		run->stop = true;
	else if (step->function != PLAN_HOST)
		give_up(run, step, r);
	pthread_mutex_unlock(&run->mutex);
}

/* A function that has gone fails in as many ways as there are steps: it is told in one. */
static bool is_gone(const struct run *run, const struct plan_step *step, struct error *error)
{
	return step->function != PLAN_HOST &&
	       pci_check_exists(run->apply->context->root,
				run->plan->functions[step->function].name, error) < 0;
}

/* On the way back it needs nothing more. */
static void leave_alone(struct run *run, const struct plan_step *step)
{
	pthread_mutex_lock(&run->mutex);
	run->given_up[step->function] = true;
	pthread_mutex_unlock(&run->mutex);
}

/* What the host had with the devices, and nodes that may be made by a module of it. */
static bool comes_back(const struct plan *plan, const struct plan_step *step)
{
	switch (step->kind) {
	case PLAN_WAIT_NODES:
		for (size_t i = 0; i < plan->step_count; i++)
			if (plan->steps[i].kind == PLAN_RELOAD_MODULE)
				return true;
		return false;
	case PLAN_RELOAD_MODULE:
	case PLAN_BIND_FRAMEBUFFER:
	case PLAN_ATTACH_CONSOLE:
	case PLAN_START_UNIT:
		return true;
	default:
		return false;
	}
}

static bool is_left_out(struct run *run, const struct plan_step *step)
{
	bool left_out;

	pthread_mutex_lock(&run->mutex);
	left_out = run->stop || (step->function != PLAN_HOST && run->given_up[step->function]) ||
		   (run->apply->kept && comes_back(run->plan, step));
	if (!left_out && plan_step_changes(step))
		run->apply->changed = true;
	pthread_mutex_unlock(&run->mutex);
	return left_out;
}

/* ---- steps -------------------------------------------------------------------------------- */

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

static int dispatch(struct run *run, const struct worker_context *context,
		    const struct plan_step *step, struct error *error)
{
	const struct plan_function *functions = run->plan->functions;
	struct apply_manner manner = { .back = goes_back(run) };
	int r;

	if (patience_cancelled(context->patience))
		return error_set(error, ECANCELED, "the start was called off");
	if (step->kind == PLAN_CHECK_USE)
		return run->apply->check_use(run->apply->data, error);
	if (step->kind == PLAN_WAIT_UDEV)
		return wait_udev(run, context->patience, functions[step->function].name);
	if (step->function == PLAN_HOST)
		return apply_host_step(context, step, error);
	manner.override_read = run->override_read[step->function];
	r = apply_function_step(context, step, &functions[step->function], &manner, error);
	run->override_read[step->function] = r == 0 && step->kind == PLAN_SET_OVERRIDE;
	return r;
}

static void run_step(struct run *run, const struct plan_step *step)
{
	const struct worker_context *whole = run->apply->context;
	_cleanup_error_ struct error error = ERROR_INIT;
	/* on the way back one device that hangs must leave time for the others */
	struct patience patience =
		goes_back(run) ? patience_share(whole->patience) : *whole->patience;
	struct worker_context context = *whole;
	int r;

	if (is_left_out(run, step))
		return;
	context.patience = &patience;
	r = dispatch(run, &context, step, &error);
	if (r == 0)
		return;
	if (r == -ECANCELED || !is_gone(run, step, &error))
		note_failure(run, step, r, &error);
	else if (goes_back(run))
		leave_alone(run, step);
	else
		note_failure(run, step, -ENODEV, &error);
}

/* ---- stages ------------------------------------------------------------------------------- */

/* Steps that are not any one device's, and the wait for udev, which all have in common. */
static bool is_common(const struct plan_step *step)
{
	return step->function == PLAN_HOST || step->kind == PLAN_WAIT_UDEV;
}

static bool same_lane(const struct plan *plan, const struct plan_step *a, const struct plan_step *b)
{
	return a->stage == b->stage && !is_common(a) && !is_common(b) &&
	       pci_address_same_device(&plan->functions[a->function].address,
				       &plan->functions[b->function].address);
}

static void *run_lane(void *data)
{
	const struct lane *lane = data;
	const struct plan *plan = lane->run->plan;

	for (size_t i = lane->first; i < plan->step_count; i++)
		if (same_lane(plan, &plan->steps[lane->first], &plan->steps[i]))
			run_step(lane->run, &plan->steps[i]);
	return NULL;
}

/* Where each device's steps of the stage begin. */
static int find_lanes(struct run *run, unsigned int stage, struct lane **ret_lanes,
		      size_t *ret_count)
{
	const struct plan *plan = run->plan;
	struct lane *lanes = NULL;
	size_t count = 0;

	for (size_t i = 0; i < plan->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		bool known = false;

		if (step->stage != stage || is_common(step))
			continue;
		for (size_t j = 0; j < count && !known; j++)
			known = same_lane(plan, &plan->steps[lanes[j].first], step);
		if (known)
			continue;
		if (array_grow(&lanes, count, sizeof(*lanes)) < 0) {
			free(lanes);
			return -ENOMEM;
		}
		lanes[count++] = (struct lane){ .run = run, .first = i };
	}
	*ret_lanes = lanes;
	*ret_count = count;
	return 0;
}

/* A lane that gets no thread is run here, the others beside it. */
static void run_lanes(struct lane *lanes, size_t count)
{
	pthread_attr_t attributes;
	bool threads = count > 1 && pthread_attr_init(&attributes) == 0;

	if (threads)
		pthread_attr_setstacksize(&attributes, STACK_BYTES);
	for (size_t i = 1; threads && i < count; i++)
		lanes[i].threaded =
			pthread_create(&lanes[i].thread, &attributes, run_lane, &lanes[i]) == 0;
	for (size_t i = 0; i < count; i++)
		if (!lanes[i].threaded)
			run_lane(&lanes[i]);
	for (size_t i = 0; i < count; i++)
		if (lanes[i].threaded)
			pthread_join(lanes[i].thread, NULL);
	if (threads)
		pthread_attr_destroy(&attributes);
}

static int run_stage(struct run *run, unsigned int stage)
{
	_cleanup_free_ struct lane *lanes = NULL;
	size_t count = 0;
	int r;

	for (size_t i = 0; i < run->plan->step_count; i++)
		if (run->plan->steps[i].stage == stage && is_common(&run->plan->steps[i]))
			run_step(run, &run->plan->steps[i]);
	r = find_lanes(run, stage, &lanes, &count);
	if (r == 0)
		run_lanes(lanes, count);
	return r;
}

/* ---- the plan ----------------------------------------------------------------------------- */

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

static int report_no_memory(struct errors *errors)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = error_set_errno(&error, ENOMEM, "cannot carry the plan out");

	errors_add(errors, &error);
	return r;
}

int apply_plan(struct apply *apply, const struct plan *plan, struct errors *errors)
{
	struct run run = {
		.apply = apply,
		.plan = plan,
		.errors = errors,
		.errors_before = errors->count,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
	};
	int r = 0;

	run.given_up = calloc(plan->function_count * 2 + 1, sizeof(*run.given_up));
	if (!run.given_up)
		return report_no_memory(errors);
	run.override_read = run.given_up + plan->function_count;
	if (plan_waits_for_udev(plan))
		run.watch = udev_watch_new(last_event(apply->context->root));
	for (unsigned int stage = 0; r == 0 && stage <= plan->stage_count; stage++)
		r = run_stage(&run, stage);
	if (r < 0)
		run.result = report_no_memory(errors);
	if (run.result == 0)
		errors_truncate(errors, run.errors_before);
	udev_watch_free(run.watch);
	free(run.given_up);
	return run.result;
}
