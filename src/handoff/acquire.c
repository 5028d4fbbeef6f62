/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/acquire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "handoff/acquire_plan.h"
#include "handoff/apply.h"
#include "handoff/in_use.h"
#include "handoff/preflight.h"
#include "handoff/reserve.h"
#include "handoff/restore.h"
#include "handoff/room.h"
#include "host/pci.h"
#include "host/pci_nodes.h"

void acquire_result_clear(struct acquire_result *result)
{
	errors_clear(&result->unrestored);
	strings_clear(&result->ended);
	strings_clear(&result->warnings);
	free(result->moved);
	*result = ACQUIRE_RESULT_INIT;
}

static int no_memory(struct error *error)
{
	return error_set_errno(error, ENOMEM, "cannot hand the devices over");
}

/* ---- an earlier claim --------------------------------------------------------------------- */

static bool same_functions(const struct claim *a, const struct claim *b)
{
	if (a->function_count != b->function_count)
		return false;
	for (size_t i = 0; i < a->function_count; i++)
		if (pci_address_compare(&a->functions[i].address, &b->functions[i].address) != 0 ||
		    !pci_id_matches(&a->functions[i].id, &b->functions[i].id))
			return false;
	return true;
}

/* The VM's own claim of an earlier run. Returns -ENOENT without `error` when there is none. */
static int read_earlier(const struct operation *operation, struct claim *ret_earlier,
			struct error *error)
{
	int r = claim_read(operation->store, operation->vm, ret_earlier, error);

	return r < 0 ? r : claim_check_boot(operation->root, ret_earlier, error);
}

/* Restores what an earlier run of the VM left behind. */
static int settle_own(const struct operation *operation, struct claim *earlier,
		      struct acquire_result *result, struct error *error)
{
	int r = restore_claim(operation, earlier, &result->unrestored);

	result->host = r < 0 ? HOST_PARTLY : HOST_AS_BEFORE;
	if (r < 0)
		error_set(error, -r,
			  "the devices that an earlier run of the VM left behind cannot "
			  "be restored");
	return r;
}

/*
 * Takes up the VM's earlier claim. The state before that it records is kept, never recorded anew:
 * the devices are not as they were before any more.
 */
static int take_up_earlier(const struct operation *operation, struct claim *claim,
			   struct acquire_result *result, struct error *error)
{
	_cleanup_claim_ struct claim earlier = CLAIM_INIT;
	int r = read_earlier(operation, &earlier, error);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!same_functions(claim, &earlier))
		return settle_own(operation, &earlier, result, error);
	if (earlier.phase == CLAIM_RESERVING)
		return 0;
	for (size_t i = 0; i < claim->function_count; i++) {
		claim->functions[i].before = earlier.functions[i].before;
		claim->functions[i].module = take_ptr(earlier.functions[i].module);
		claim->functions[i].drm_before = earlier.functions[i].drm_before;
		claim->functions[i].card_before = earlier.functions[i].card_before;
		earlier.functions[i].before = PCI_STATE_INIT;
	}
	if (strings_merge(&claim->units, &earlier.units) < 0 ||
	    strings_merge(&claim->modules, &earlier.modules) < 0 ||
	    strings_merge(&claim->framebuffers, &earlier.framebuffers) < 0 ||
	    strings_merge(&claim->consoles, &earlier.consoles) < 0)
		return no_memory(error);
	claim->phase = CLAIM_ACQUIRING;
	return 0;
}

/* ---- the hand-over ------------------------------------------------------------------------ */

/* The state before goes into the claim, and the claim to disk: the last thing before a change. */
static int record_before(const struct operation *operation, const struct snapshot *snapshot,
			 struct claim *claim, struct error *error)
{
	for (size_t i = 0; claim->phase == CLAIM_RESERVING && i < claim->function_count; i++) {
		struct claim_function *function = &claim->functions[i];
		const char *driver = snapshot->items[i].now.driver;
		dev_t number;
		int r;

		function->drm_before =
			pci_node_find(operation->root, function->name, PCI_NODE_DRM, &number);
		function->card_before =
			pci_node_find(operation->root, function->name, PCI_NODE_SOUND, &number);
		r = pci_state_copy(&snapshot->items[i].now, &function->before);
		if (r == 0 && driver)
			r = pci_driver_module(operation->root, driver, &function->module);
		if (r < 0)
			return error_set_errno(error, -r, "cannot record the devices' state");
	}
	claim->phase = CLAIM_ACQUIRING;
	return operation_write_claim(operation, claim, error);
}

static int describe(const struct claim *claim, char **ret_moved)
{
	_cleanup_free_ char *moved = NULL;

	for (size_t i = 0; i < claim->function_count; i++) {
		const struct claim_function *function = &claim->functions[i];
		const char *from = function->before.driver;

		if (text_append(&moved, "%s%s %s -> %s", i ? ", " : "", function->name,
				from ? from : "(no driver)", function->vfio_driver) < 0)
			return -ENOMEM;
	}
	*ret_moved = take_ptr(moved);
	return 0;
}

/* A start whose libvirtd has died gets no release: it must not end as held. */
static int mark_held(const struct operation *operation, struct claim *claim, struct error *error)
{
	int r;

	if (patience_cancelled(&operation->patience))
		return error_set(error, ECANCELED, "the start was called off");
	if (room_record_gone(operation, claim) < 0)
		return no_memory(error);
	claim->phase = CLAIM_HELD;
	r = operation_write_claim(operation, claim, error);
	if (r < 0)
		claim->phase = CLAIM_ACQUIRING;
	return r;
}

static int check_use(void *data, struct error *error)
{
	return in_use_settle(data, error);
}

/* Carries the plan out. *ret_changed: whether anything of the claim was changed. */
static int run_plan(const struct operation *operation, const struct plan *plan,
		    struct in_use *in_use, bool *ret_changed, struct error *error)
{
	_cleanup_errors_ struct errors errors = ERRORS_INIT;
	const struct worker_context workers = operation_workers(operation);
	struct apply apply = {
		.context = &workers,
		.mode = APPLY_STOP_AT_FAILURE,
		.check_use = check_use,
		.data = in_use,
	};
	int r = apply_plan(&apply, plan, &errors);

	*ret_changed = apply.changed;
	if (r < 0 && errors.count)
		error_move(error, &errors.items[0]);
	else if (r < 0)
		error_set_errno(error, -r, "cannot hand the devices over");
	return r;
}

/* Waiting for the devices to be free moves the operation's deadline. */
static int hand_over(struct operation *operation, const struct config *config,
		     struct acquire_plan *plan, struct acquire_result *result, struct error *error)
{
	struct claim *claim = &plan->claim;
	struct in_use in_use = {
		.operation = operation,
		.config = config,
		.selection = &plan->selection,
		.snapshot = &plan->snapshot,
		.unload = &plan->room.modules,
		.ret_ended = &result->ended,
	};
	bool fresh = claim->phase == CLAIM_RESERVING;
	bool changed = false;
	int r = acquire_plan_make(operation, config, plan, error);

	in_use.units_stopped = plan->room.units.count > 0;
	/* no desktop ends for a start that is refused all the same */
	if (r == 0 && in_use.units_stopped)
		r = in_use_check_lasting(&in_use, error);
	if (r == 0)
		r = room_record(operation, &plan->room, claim, error);
	if (r == 0)
		r = record_before(operation, &plan->snapshot, claim, error);
	if (r == 0)
		r = run_plan(operation, &plan->plan, &in_use, &changed, error);
	/* nothing to restore */
	if (r < 0 && fresh && !changed)
		claim->phase = CLAIM_RESERVING;
	if (r == 0 && describe(claim, &result->moved) < 0)
		r = no_memory(error);
	return r;
}

/* Undoes what hand_over() did, and an earlier run when its claim was taken up. */
static void roll_back(const struct operation *operation, struct claim *claim,
		      struct acquire_result *result)
{
	struct operation back = operation_way_back(operation, claim->timeout_ms);

	if (claim->phase != CLAIM_RESERVING)
		result->host = HOST_AS_BEFORE;
	if (restore_claim(&back, claim, &result->unrestored) < 0)
		result->host = HOST_PARTLY;
}

/* Settling others' claims, and waiting for them, may have brought host drivers into a group. */
static int check_groups_again(const struct operation *operation, const struct selection *selection,
			      struct error *error)
{
	_cleanup_pci_functions_ struct pci_functions host = PCI_FUNCTIONS_INIT;
	int r = pci_scan(operation->root, &host, error);

	return r < 0 ? r : preflight_check_groups(operation->root, selection, &host, error);
}

int acquire(const struct operation *operation, const struct config *config,
	    const struct domain *domain, struct acquire_result *result, struct error *error)
{
	_cleanup_acquire_plan_ struct acquire_plan plan = ACQUIRE_PLAN_INIT;
	struct operation stretched = *operation;
	int r;

	r = acquire_plan_select(operation, config, domain, &plan, &result->warnings, error);
	if (r == 0 && plan.selection.count == 0)
		return acquire_nothing(operation, result, error);
	if (r == 0)
		r = take_up_earlier(operation, &plan.claim, result, error);
	if (r == 0)
		r = reserve_claim(operation, &plan.claim, result, error);
	if (r < 0)
		return r;
	r = domain ? check_groups_again(operation, &plan.selection, error) : 0;
	if (r == 0)
		r = hand_over(&stretched, config, &plan, result, error);
	/* without a VM it is where it belongs now, and nobody's */
	if (r == 0)
		r = domain ? mark_held(&stretched, &plan.claim, error)
			   : operation_remove_claim(&stretched, plan.claim.vm, error);
	if (r < 0)
		roll_back(operation, &plan.claim, result);
	return r;
}

int acquire_nothing(const struct operation *operation, struct acquire_result *result,
		    struct error *error)
{
	_cleanup_claim_ struct claim earlier = CLAIM_INIT;
	int r = read_earlier(operation, &earlier, error);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : settle_own(operation, &earlier, result, error);
}
