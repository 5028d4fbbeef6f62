/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/pci.h"
#include "host/vfio.h"

static int look(const struct operation *operation, const struct claim_function *function,
		snapshot_target *set_target, struct plan_function *planned, struct error *error)
{
	const struct worker_context workers = operation_workers(operation);
	int r;

	planned->address = function->address;
	planned->group = function->group;
	memcpy(planned->name, function->name, sizeof(planned->name));
	r = pci_state_read(&workers, function->name, &planned->now, error);
	if (r < 0)
		return r;
	planned->now_vfio = planned->now.driver &&
			    (text_same(planned->now.driver, function->vfio_driver) ||
			     vfio_owns(operation->root, function->name, planned->now.driver));
	if (set_target(function, planned) < 0)
		return error_set_errno(error, ENOMEM, "cannot plan for the device");
	planned->registered = planned->target.driver &&
			      pci_driver_registered(operation->root, planned->target.driver);
	return 0;
}

int snapshot_add(const struct operation *operation, const struct claim_function *function,
		 snapshot_target *set_target, struct snapshot *snapshot, struct error *error)
{
	struct plan_function *planned;
	int r;

	if (array_grow(&snapshot->items, snapshot->count, sizeof(*planned)) < 0)
		return error_set_errno(error, ENOMEM, "cannot look at the devices");
	planned = &snapshot->items[snapshot->count];
	r = look(operation, function, set_target, planned, error);
	if (r < 0)
		plan_function_clear(planned);
	else
		snapshot->count++;
	return r;
}

void snapshot_clear(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++)
		plan_function_clear(&snapshot->items[i]);
	free(snapshot->items);
	*snapshot = SNAPSHOT_INIT;
}
