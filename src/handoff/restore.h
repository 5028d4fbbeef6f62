/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way back: converges a claim's functions to the state before, and removes the claim when all
 * of it is verified. Rolling back, releasing and settling are this.
 */
#ifndef GH_HANDOFF_RESTORE_H
#define GH_HANDOFF_RESTORE_H

#include "base/error.h"
#include "handoff/operation.h"

/*
 * Gives the claim's functions back and removes the claim; the caller holds its VM's lock. A claim
 * that was never held restores the original state, whatever `restore` says. Functions that are not
 * on the host any more need nothing. The claim's phase, and in that case `restore`, are changed.
 * Returns 0, or a negative errno with the failures added to `errors`; the claim stays then, in
 * phase releasing, for the next try.
 */
int restore_claim(const struct operation *operation, struct claim *claim, struct errors *errors);

#endif
