/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every operation on a VM's devices carries along: the machine, the store, and how long it may
 * take; and how functions are looked at through it.
 */
#ifndef GH_HANDOFF_OPERATION_H
#define GH_HANDOFF_OPERATION_H

#include "base/error.h"
#include "base/lock.h"
#include "base/root.h"
#include "base/worker.h"
#include "handoff/claim.h"
#include "handoff/plan.h"
#include "handoff/store.h"

struct operation {
	const struct root *root;
	const struct store *store;
	const char *vm;
	struct patience patience;
	bool skip_busy; /* see struct worker_context */
};

/* For workers: valid as long as the operation. */
struct worker_context operation_workers(const struct operation *operation);

/*
 * The same operation with `duration_ms` from now on that nobody calls off: the way back.
 */
struct operation operation_way_back(const struct operation *operation, int64_t duration_ms);

/* Writes the claim under the lock of the claims. Returns 0 or a negative errno with `error`. */
int operation_write_claim(const struct operation *operation, const struct claim *claim,
			  struct error *error);

/* Removes the VM's claim under the lock of the claims. Returns as operation_write_claim(). */
int operation_remove_claim(const struct operation *operation, const char *vm, struct error *error);

#endif
