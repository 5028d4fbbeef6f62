/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One step of a plan: does it and verifies it. Called from several threads at the same time, for
 * functions of different devices.
 */
#ifndef GH_HANDOFF_APPLY_STEP_H
#define GH_HANDOFF_APPLY_STEP_H

#include <stdbool.h>

#include "base/error.h"
#include "base/worker.h"
#include "handoff/plan.h"

/* How a step is done. */
struct apply_manner {
	bool back;          /* on the way back a driver that does not bind gets another try */
	bool override_read; /* the step before has set the override and read it back */
};

/* Does a step for a function. Returns 0 or a negative errno with `error` filled. */
int apply_function_step(const struct worker_context *context, const struct plan_step *step,
			const struct plan_function *function, const struct apply_manner *manner,
			struct error *error);

/* Does a step for the host, one that changes something. Returns as apply_function_step(). */
int apply_host_step(const struct worker_context *context, const struct plan_step *step,
		    struct error *error);

#endif
