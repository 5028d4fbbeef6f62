/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/operation.h"

#include "base/cleanup.h"
#include "base/clock.h"

struct worker_context operation_workers(const struct operation *operation)
{
	return (struct worker_context){
		.root = operation->root,
		.locks_fd = operation->store->pci_fd,
		.patience = &operation->patience,
		.skip_busy = operation->skip_busy,
	};
}

struct operation operation_way_back(const struct operation *operation, int64_t duration_ms)
{
	struct operation back = *operation;

	back.patience = (struct patience){ .deadline_ms = clock_now_ms() + duration_ms };
	return back;
}

int operation_write_claim(const struct operation *operation, const struct claim *claim,
			  struct error *error)
{
	_cleanup_close_ int lock = store_lock_claims(operation->store, &operation->patience, error);

	return lock < 0 ? lock : claim_write(operation->store, claim, error);
}

int operation_remove_claim(const struct operation *operation, const char *vm, struct error *error)
{
	_cleanup_close_ int lock = store_lock_claims(operation->store, &operation->patience, error);

	return lock < 0 ? lock : claim_remove(operation->store, vm, error);
}
