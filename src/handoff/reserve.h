/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes possession: writes a VM's claim when no other VM's claim is in its way, and settles the
 * ones whose hook has died.
 */
#ifndef GH_HANDOFF_RESERVE_H
#define GH_HANDOFF_RESERVE_H

#include "base/error.h"
#include "handoff/acquire.h"
#include "handoff/operation.h"

/*
 * Compares the claim with those of all other VMs, function by function and group by group, and
 * writes it in the same breath. Another claim in the way: held, or its VM is being started:
 * refused, -EBUSY, with its VM's name; its VM is releasing: waited for; its hook has died on the
 * way: restored first, of which *result tells. Returns 0 or a negative errno with `error` filled,
 * and the claim is not written then.
 */
int reserve_claim(const struct operation *operation, const struct claim *claim,
		  struct acquire_result *result, struct error *error);

/*
 * Only looks whether another claim is in the way, as reserve_claim() would meet it now; one that it
 * would settle first is none. Returns 0, or a negative errno with `error` filled.
 */
int reserve_look(const struct operation *operation, const struct claim *claim, struct error *error);

#endif
