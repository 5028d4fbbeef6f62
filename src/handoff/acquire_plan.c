/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/acquire_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "handoff/claim_make.h"
#include "handoff/preflight.h"
#include "host/nvidia.h"

int acquire_plan_select(const struct operation *operation, const struct config *config,
			const struct domain *domain, struct acquire_plan *plan,
			struct strings *warnings, struct error *error)
{
	int r = pci_scan(operation->root, &plan->host, error);

	if (r == 0)
		r = select_functions(config, domain, &plan->host, &plan->selection, warnings,
				     error);
	if (r < 0 || plan->selection.count == 0)
		return r;
	if (domain)
		r = preflight_check_groups(operation->root, &plan->selection, &plan->host, error);
	if (r == 0)
		r = claim_make(operation, config, domain ? domain->uuid : NULL, &plan->selection,
			       &plan->claim, error);
	return r;
}

/* On its VFIO driver; one that is there already stays as it is. */
static int set_target(const struct claim_function *function, struct plan_function *planned)
{
	planned->target_vfio = true;
	planned->target.driver = strdup(function->vfio_driver);
	if (!planned->target.driver)
		return -ENOMEM;
	if (text_same(planned->now.driver, function->vfio_driver)) {
		const char *override = planned->now.driver_override;

		planned->target.driver_override = override ? strdup(override) : NULL;
		return override && !planned->target.driver_override ? -ENOMEM : 0;
	}
	planned->target.driver_override = strdup(function->vfio_driver);
	return planned->target.driver_override ? 0 : -ENOMEM;
}

static int take_snapshot(const struct operation *operation, struct acquire_plan *plan,
			 struct error *error)
{
	for (size_t i = 0; i < plan->claim.function_count; i++) {
		int r = snapshot_add(operation, &plan->claim.functions[i], set_target,
				     &plan->snapshot, error);

		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * A reference on `nvidia` that nobody is seen to have is let pass for the modules that may have it:
 * what is left when they are gone is somebody's.
 */
static void check_nvidia_again(struct acquire_plan *plan)
{
	for (size_t i = 0; i < plan->snapshot.count; i++)
		plan->snapshot.items[i].check_free =
			text_same(plan->snapshot.items[i].now.driver, NVIDIA_DRIVER) &&
			nvidia_has_module(&plan->room.modules);
}

int acquire_plan_make(const struct operation *operation, const struct config *config,
		      struct acquire_plan *plan, struct error *error)
{
	const struct plan_host host = {
		.stop_units = &plan->room.units,
		.check_use = true,
		.detach_consoles = &plan->room.consoles,
		.unbind_framebuffers = &plan->room.framebuffers,
		.unload_modules = &plan->room.modules,
	};
	int r = take_snapshot(operation, plan, error);

	if (r == 0)
		r = room_find(operation, config, &plan->snapshot, &plan->room, error);
	if (r < 0)
		return r;
	check_nvidia_again(plan);
	if (plan_build(plan->snapshot.items, plan->snapshot.count, &host, &plan->plan) < 0)
		return error_set_errno(error, ENOMEM, "cannot plan for the devices");
	return 0;
}

void acquire_plan_clear(struct acquire_plan *plan)
{
	plan_clear(&plan->plan);
	room_clear(&plan->room);
	snapshot_clear(&plan->snapshot);
	claim_clear(&plan->claim);
	selection_clear(&plan->selection);
	pci_functions_clear(&plan->host);
	*plan = ACQUIRE_PLAN_INIT;
}
