/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Carries a plan out, step by step, through workers. Knows no claim: whoever calls it has written
 * one.
 */
#ifndef GH_HANDOFF_APPLY_H
#define GH_HANDOFF_APPLY_H

#include "base/error.h"
#include "base/worker.h"
#include "handoff/plan.h"

enum apply_mode {
	APPLY_STOP_AT_FAILURE, /* the way forward: the first failure ends it */
	APPLY_WHAT_CAN_BE,     /* the way back: other functions are still brought home */
};

/*
 * Runs the steps in order. On the way back, the steps after a failed one are left out for its
 * function; and for its whole device when the function has not left VFIO, since a host driver must
 * not come back to a device of which a part is still a VM's.
 * Returns 0, or the first failure's negative errno with the failures added to `errors`.
 */
int apply_plan(const struct worker_context *context, const struct plan *plan, enum apply_mode mode,
	       struct errors *errors);

#endif
