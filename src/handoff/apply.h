/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Carries a plan out, stage by stage, through workers; in a stage, devices go side by side. Knows
 * no claim: whoever calls it has written one.
 */
#ifndef GH_HANDOFF_APPLY_H
#define GH_HANDOFF_APPLY_H

#include <stdbool.h>

#include "base/error.h"
#include "base/worker.h"
#include "handoff/plan.h"

enum apply_mode {
	APPLY_STOP_AT_FAILURE, /* the way forward: the first failure ends it */
	APPLY_WHAT_CAN_BE,     /* the way back: other functions are still brought home */
};

struct apply {
	const struct worker_context *context;
	enum apply_mode mode;
	/* for PLAN_CHECK_USE: returns 0 or a negative errno with `error` filled */
	int (*check_use)(void *data, struct error *error);
	void *data;
	bool changed; /* set when something may have been changed */
	/*
	 * On the way back, set when a device has stayed in VFIO's hands against the plan. What the
	 * host had with the device (modules, framebuffers, consoles, units) does not come back
	 * then.
	 */
	bool kept;
};

/*
 * Runs the steps. On the way back, the steps after a failed one are left out for its function; and
 * for its whole device when the function has not left VFIO, since a host driver must not come back
 * to a device of which a part is still a VM's. A host driver that does not take its function is
 * asked again, then the kernel is, and the error tells what the function is on.
 * Returns 0, or the first failure's negative errno with the failures added to `errors`.
 */
int apply_plan(struct apply *apply, const struct plan *plan, struct errors *errors);

#endif
