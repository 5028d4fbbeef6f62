/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a claim's functions are bound now, in the form that a plan starts from. Reads only.
 */
#ifndef GH_HANDOFF_SNAPSHOT_H
#define GH_HANDOFF_SNAPSHOT_H

#include "base/error.h"
#include "handoff/operation.h"

struct snapshot {
	struct plan_function *items;
	size_t count;
};

#define SNAPSHOT_INIT ((struct snapshot){ 0 })

/*
 * Sets the target of a function whose `now` is filled. Returns 0 or -ENOMEM.
 */
typedef int snapshot_target(const struct claim_function *function, struct plan_function *planned);

/*
 * Looks at one function and appends it with its target. Returns 0; -ENODEV when it is gone, or
 * another negative errno, with `error` filled and the snapshot as before.
 */
int snapshot_add(const struct operation *operation, const struct claim_function *function,
		 snapshot_target *set_target, struct snapshot *snapshot, struct error *error);

void snapshot_clear(struct snapshot *snapshot);

#define _cleanup_snapshot_ __attribute__((cleanup(snapshot_clear)))

#endif
