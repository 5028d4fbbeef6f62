/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way back: converges a claim's functions to the state before, and removes the claim when all
 * of it is verified. Rolling back, releasing and settling are this.
 */
#ifndef GH_HANDOFF_RESTORE_H
#define GH_HANDOFF_RESTORE_H

#include "base/error.h"
#include "handoff/operation.h"
#include "handoff/plan.h"
#include "handoff/snapshot.h"

/*
 * Gives the claim's functions back and removes the claim; the caller holds its VM's lock. A claim
 * that was never held restores the original state, whatever `restore` says. Functions that are not
 * on the host any more need nothing. The claim's phase, and in that case `restore`, are changed.
 * Returns 0, or a negative errno with the failures added to `errors`; the claim stays then, in
 * phase releasing, for the next try.
 */
int restore_claim(const struct operation *operation, struct claim *claim, struct errors *errors);

/* The way back as restore_claim() would go it now. */
struct restore_plan {
	struct snapshot snapshot;
	struct strings modules; /* that come back */
	struct plan plan;       /* of the two, and the claim */
};

#define RESTORE_PLAN_INIT ((struct restore_plan){ 0 })

/*
 * Plans and changes nothing on the host; the claim's phase, and its `restore`, as restore_claim()
 * does. Functions that cannot be looked at are left out and added to `errors`. The claim must
 * outlive *ret_plan, which the caller clears in any case. Returns 0 or -ENOMEM.
 */
int restore_make_plan(const struct operation *operation, struct claim *claim,
		      struct restore_plan *ret_plan, struct errors *errors);

void restore_plan_clear(struct restore_plan *plan);

#define _cleanup_restore_plan_ __attribute__((cleanup(restore_plan_clear)))

#endif
