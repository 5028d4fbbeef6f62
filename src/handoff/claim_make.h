/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A new claim: of what was selected, for a VM, or for none.
 */
#ifndef GH_HANDOFF_CLAIM_MAKE_H
#define GH_HANDOFF_CLAIM_MAKE_H

#include "base/error.h"
#include "handoff/claim.h"
#include "handoff/config.h"
#include "handoff/operation.h"
#include "handoff/select.h"

/*
 * Makes it, in the phase CLAIM_RESERVING, with the driver that each function is to be on. `uuid`
 * may be NULL. The caller clears *ret_claim. Returns 0 or a negative errno with `error` filled: a
 * driver that no VM can use is refused.
 */
int claim_make(const struct operation *operation, const struct config *config, const char *uuid,
	       const struct selection *selection, struct claim *ret_claim, struct error *error);

#endif
