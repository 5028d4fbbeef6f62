/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way forward before anything is done: what is handed over, and by which steps. Shared by
 * acquire(), which carries it out, and by who only tells it. Changes nothing.
 */
#ifndef GH_HANDOFF_ACQUIRE_PLAN_H
#define GH_HANDOFF_ACQUIRE_PLAN_H

#include "base/error.h"
#include "base/text.h"
#include "handoff/claim.h"
#include "handoff/config.h"
#include "handoff/domain.h"
#include "handoff/operation.h"
#include "handoff/plan.h"
#include "handoff/room.h"
#include "handoff/select.h"
#include "handoff/snapshot.h"
#include "host/pci.h"

struct acquire_plan {
	struct pci_functions host;
	struct selection selection; /* of `host`, the configuration and the domain */
	struct claim claim;         /* in the phase CLAIM_RESERVING */
	struct snapshot snapshot;
	struct room room;
	struct plan plan; /* of `snapshot` and `room` */
};

#define ACQUIRE_PLAN_INIT ((struct acquire_plan){ 0 })

/*
 * Selects what the configuration lists and the domain has, as select_functions() does, verifies the
 * IOMMU groups, and makes the claim. Without a domain (NULL) everything listed is selected, and the
 * groups do not matter. Nothing is selected: no claim. Returns 0 or a negative errno with `error`
 * filled. The caller clears *plan, also on failure; the configuration and the domain must outlive
 * it.
 */
int acquire_plan_select(const struct operation *operation, const struct config *config,
			const struct domain *domain, struct acquire_plan *plan,
			struct strings *warnings, struct error *error);

/* The rest, from how the functions are now. Returns as acquire_plan_select(). */
int acquire_plan_make(const struct operation *operation, const struct config *config,
		      struct acquire_plan *plan, struct error *error);

void acquire_plan_clear(struct acquire_plan *plan);

#define _cleanup_acquire_plan_ __attribute__((cleanup(acquire_plan_clear)))

#endif
