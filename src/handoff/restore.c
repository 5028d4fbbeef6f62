/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "handoff/apply.h"
#include "handoff/snapshot.h"
#include "host/kmod.h"
#include "host/pci.h"
#include "host/vfio.h"

/* The state before, or what `restore` puts in its place. */
static int set_target(const struct claim_function *function, struct plan_function *planned)
{
	struct pci_state *target = &planned->target;

	/* whoever has it now has not got it from us */
	planned->check_free = true;
	if (function->restore == CONFIG_RESTORE_STAY) {
		planned->target_vfio = true;
		target->driver = strdup(function->vfio_driver);
		target->driver_override = strdup(function->vfio_driver);
		return target->driver && target->driver_override ? 0 : -ENOMEM;
	}
	if (pci_state_copy(&function->before, target) < 0)
		return -ENOMEM;
	if (function->restore == CONFIG_RESTORE_DRIVER) {
		free(target->driver);
		target->driver = strdup(function->restore_driver);
		return target->driver ? 0 : -ENOMEM;
	}
	/* a function that boot put on VFIO goes back there as it went there for the VM */
	planned->target_vfio = text_same(target->driver, function->vfio_driver);
	planned->module = function->module ? strdup(function->module) : NULL;
	planned->wants_drm = function->drm_before;
	planned->wants_card = function->card_before;
	return function->module && !planned->module ? -ENOMEM : 0;
}

/*
 * Appends a function to the snapshot. One that hangs must leave time for the others. Returns 0,
 * -ENODEV when it is not on the host any more, or another negative errno with `error` filled.
 */
static int look_at(const struct operation *operation, const struct claim_function *function,
		   struct snapshot *snapshot, struct error *error)
{
	struct operation share = *operation;
	int r = pci_is_there(operation->root, function->name, &function->id);

	if (r == 0)
		return -ENODEV;
	if (r < 0) {
		error_set_errno(error, -r, "cannot see which device it is");
		error_device(error, function->name);
		return r;
	}
	share.patience = patience_share(&operation->patience);
	return snapshot_add(&share, function, set_target, snapshot, error);
}

/* Whether a function that cannot be looked at is in VFIO's hands, as far as its link tells. */
static bool stays_on_vfio(const struct operation *operation, const struct claim_function *function)
{
	_cleanup_free_ char *driver = NULL;

	return pci_driver_read(operation->root, function->name, &driver) == 0 && driver &&
	       (text_same(driver, function->vfio_driver) ||
		vfio_owns(operation->root, function->name, driver));
}

/* How far a way back has come. */
struct progress {
	bool *dealt;       /* of each function: restored with an earlier pass, or needs nothing */
	bool kept;         /* a device is still a VM's, as a pass has found when it moved it */
	bool looks_kept;   /* the same, as the last pass has found when it looked */
	int looked;        /* the first failure to look at a function, in the last pass */
	bool nodes_missed; /* nodes were not waited for, for want of modules */
};

/* A host driver must not come back to a device of which a part is still a VM's. */
static void put_off_device(const struct claim *claim, const struct claim_function *function,
			   struct snapshot *snapshot, struct progress *progress)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (pci_address_same_device(&snapshot->items[i].address, &function->address))
			snapshot->items[i].put_off = true;
	for (size_t i = 0; i < claim->function_count; i++)
		if (pci_address_same_device(&claim->functions[i].address, &function->address))
			progress->dealt[i] = false;
}

/* Whether a function that was dealt with is looked at again, for its nodes. */
static bool wants_another_look(const struct operation *operation,
			       const struct claim_function *function,
			       const struct progress *progress)
{
	_cleanup_free_ char *driver = NULL;

	return progress->nodes_missed && (function->drm_before || function->card_before) &&
	       pci_driver_read(operation->root, function->name, &driver) == 0 &&
	       text_same(driver, function->before.driver);
}

/*
 * Looks at the functions that are still there and were not dealt with; `dealt` says afterwards
 * which ones are restored with this snapshot, or need nothing. One that cannot be read is told.
 */
static int look_at_all(const struct operation *operation, const struct claim *claim,
		       struct progress *progress, struct snapshot *snapshot, struct errors *errors)
{
	_cleanup_free_ int *unseen = calloc(claim->function_count + 1, sizeof(*unseen));

	progress->looked = 0;
	progress->looks_kept = false;
	if (!unseen)
		return -ENOMEM;
	for (size_t i = 0; i < claim->function_count; i++) {
		const struct claim_function *function = &claim->functions[i];
		_cleanup_error_ struct error error = ERROR_INIT;
		int r;

		if (progress->dealt[i] && !wants_another_look(operation, function, progress))
			continue;
		progress->dealt[i] = true;
		r = look_at(operation, function, snapshot, &error);
		if (r == 0 || r == -ENODEV)
			continue;
		unseen[i] = r;
		errors_add(errors, &error);
		if (progress->looked == 0)
			progress->looked = r;
	}
	for (size_t i = 0; i < claim->function_count; i++) {
		const struct claim_function *function = &claim->functions[i];

		if (!unseen[i])
			continue;
		progress->dealt[i] = false;
		if (!stays_on_vfio(operation, function))
			continue;
		put_off_device(claim, function, snapshot, progress);
		/* one that is lost until a reboot is not waited for */
		progress->looks_kept |= unseen[i] != -ENOTRECOVERABLE &&
					function->restore != CONFIG_RESTORE_STAY &&
					!text_same(function->before.driver, function->vfio_driver);
	}
	return 0;
}

/*
 * Without the host's part, modules do not come back, and a node that one of them makes (nvidia_drm)
 * is waited for in vain.
 */
static void leave_nodes_out(struct snapshot *snapshot, struct progress *progress)
{
	for (size_t i = 0; i < snapshot->count; i++) {
		progress->nodes_missed |=
			snapshot->items[i].wants_drm || snapshot->items[i].wants_card;
		snapshot->items[i].wants_drm = snapshot->items[i].wants_card = false;
	}
}

void restore_plan_clear(struct restore_plan *plan)
{
	plan_clear(&plan->plan);
	snapshot_clear(&plan->snapshot);
	strings_clear(&plan->modules);
}

/*
 * Plans for what can be looked at; and for the host's own part when nothing else is left or `last`,
 * if no device is still a VM's.
 */
static int make_plan(const struct operation *operation, const struct claim *claim, bool last,
		     struct progress *progress, struct restore_plan *plan, struct errors *errors)
{
	const struct plan_host host = {
		.load_modules = &plan->modules,
		.bind_framebuffers = &claim->framebuffers,
		.attach_consoles = &claim->consoles,
		.start_units = &claim->units,
	};
	bool with_host;

	if (look_at_all(operation, claim, progress, &plan->snapshot, errors) < 0 ||
	    kmod_list_missing(operation->root, &claim->modules, &plan->modules) < 0)
		return -ENOMEM;
	with_host = (last || progress->looked == 0) && !progress->kept && !progress->looks_kept;
	if (!with_host && plan->modules.count)
		leave_nodes_out(&plan->snapshot, progress);
	return plan_build(plan->snapshot.items, plan->snapshot.count,
			  with_host ? &host : &PLAN_HOST_INIT, &plan->plan);
}

/* Restores by make_plan(). Errors of looking and of doing are told apart. Returns as apply_plan().
 */
static int converge_some(const struct operation *operation, const struct claim *claim, bool last,
			 struct progress *progress, struct errors *look_errors,
			 struct errors *errors)
{
	_cleanup_restore_plan_ struct restore_plan plan = RESTORE_PLAN_INIT;
	const struct worker_context workers = operation_workers(operation);
	struct apply apply = { .context = &workers, .mode = APPLY_WHAT_CAN_BE };
	int r = make_plan(operation, claim, last, progress, &plan, look_errors);

	if (r < 0)
		return r;
	r = apply_plan(&apply, &plan.plan, errors);
	progress->kept |= apply.kept;
	return r;
}

/*
 * Functions with a call in flight come last: waiting for them must not use up the time of the
 * others. What the host had with the devices comes back even when a function could not be restored
 * (a screen without its sound is better than none), but not while a device is still a VM's: a
 * display server that finds none gives up, and the device comes yet.
 */
static int converge(const struct operation *operation, const struct claim *claim,
		    struct errors *errors)
{
	_cleanup_errors_ struct errors busy = ERRORS_INIT;
	_cleanup_free_ bool *dealt = calloc(claim->function_count + 1, sizeof(*dealt));
	struct progress progress = { .dealt = dealt };
	struct operation at_once = *operation;
	int first, second;

	if (!dealt)
		return -ENOMEM;
	at_once.skip_busy = true;
	first = converge_some(&at_once, claim, false, &progress, &busy, errors);
	if (progress.looked == 0)
		return first;
	second = converge_some(operation, claim, true, &progress, errors, errors);
	if (first < 0)
		return first;
	return second < 0 ? second : progress.looked;
}

/*
 * An unload that was not waited for, or whose hook was killed, may be under way: which modules are
 * missing is known when it is over, and until then no driver of theirs takes a device. One that
 * does not end soon leaves time for the devices, and then gets what is left.
 */
static int wait_for_modules(const struct operation *operation, const struct claim *claim,
			    bool to_the_end, struct errors *errors)
{
	struct operation share = *operation;
	int first = 0;

	if (!to_the_end)
		share.patience = patience_share(&operation->patience);
	for (size_t i = 0; i < claim->modules.count; i++) {
		const struct worker_context workers = operation_workers(&share);
		_cleanup_error_ struct error error = ERROR_INIT;
		int r = worker_wait_idle(&workers, claim->modules.items[i], to_the_end, &error);

		if (r == 0)
			continue;
		errors_add(errors, &error);
		if (first == 0)
			first = r;
	}
	return first;
}

/* Restores beside modules that are being unloaded, and once more when they have gone. */
static int converge_with_modules(const struct operation *operation, const struct claim *claim,
				 struct errors *errors)
{
	_cleanup_errors_ struct errors waits = ERRORS_INIT;
	_cleanup_errors_ struct errors found = ERRORS_INIT;
	int modules = wait_for_modules(operation, claim, false, &waits);
	int r = converge(operation, claim, &found);

	if (modules < 0) {
		errors_clear(&waits);
		modules = wait_for_modules(operation, claim, true, &waits);
		if (modules == 0) {
			errors_clear(&found);
			r = converge(operation, claim, &found);
		}
	}
	for (size_t i = 0; i < found.count; i++)
		errors_add(errors, &found.items[i]);
	for (size_t i = 0; i < waits.count; i++)
		errors_add(errors, &waits.items[i]);
	return r < 0 ? r : modules;
}

/* Who was never given the devices puts them back as they were. */
static void mark_releasing(struct claim *claim)
{
	if (claim->phase == CLAIM_ACQUIRING)
		for (size_t i = 0; i < claim->function_count; i++)
			claim->functions[i].restore = CONFIG_RESTORE_ORIGINAL;
	claim->phase = CLAIM_RELEASING;
}

int restore_make_plan(const struct operation *operation, struct claim *claim,
		      struct restore_plan *ret_plan, struct errors *errors)
{
	_cleanup_free_ bool *dealt = calloc(claim->function_count + 1, sizeof(*dealt));
	struct progress progress = { .dealt = dealt };

	if (!dealt || claim->phase == CLAIM_RESERVING)
		return dealt ? 0 : -ENOMEM;
	mark_releasing(claim);
	return make_plan(operation, claim, true, &progress, ret_plan, errors);
}

/* What `status` and the next refused start tell. */
static void record_failures(const struct operation *operation, struct claim *claim,
			    const struct errors *errors)
{
	strings_clear(&claim->failures);
	for (size_t i = 0; i < errors->count; i++) {
		_cleanup_free_ char *text = error_text(&errors->items[i]);

		for (char *c = text; c && *c; c++)
			if (*c == '\n')
				*c = ' ';
		if (text)
			(void)strings_add(&claim->failures, text);
	}
	/* without it the claim still leads back */
	(void)operation_write_claim(operation, claim, NULL);
}

int restore_claim(const struct operation *operation, struct claim *claim, struct errors *errors)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = 0;

	if (claim->phase != CLAIM_RESERVING) {
		mark_releasing(claim);
		/* without the mark the claim still leads back: restoring goes on */
		(void)operation_write_claim(operation, claim, NULL);
		r = converge_with_modules(operation, claim, errors);
	}
	if (r < 0) {
		if (errors->count == 0) {
			error_set_errno(&error, -r, "cannot restore the devices");
			errors_add(errors, &error);
		}
		record_failures(operation, claim, errors);
		return r;
	}
	r = operation_remove_claim(operation, claim->vm, &error);
	if (r < 0)
		errors_add(errors, &error);
	return r;
}
