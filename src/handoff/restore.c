/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "handoff/apply.h"
#include "handoff/snapshot.h"
#include "host/pci.h"
#include "host/vfio.h"

/* The state before, or what `restore` puts in its place. */
static int set_target(const struct claim_function *function, struct plan_function *planned)
{
	struct pci_state *target = &planned->target;

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

/* A host driver must not come back to a device of which a part is still a VM's. */
static void put_off_device(const struct claim *claim, const struct claim_function *function,
			   struct snapshot *snapshot, bool *dealt)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (pci_address_same_device(&snapshot->items[i].address, &function->address))
			snapshot->items[i].put_off = true;
	for (size_t i = 0; i < claim->function_count; i++)
		if (pci_address_same_device(&claim->functions[i].address, &function->address))
			dealt[i] = false;
}

/*
 * Looks at the functions that are still there and were not dealt with; `dealt` says afterwards
 * which ones are restored with this snapshot, or need nothing. One that cannot be read is told.
 */
static int look_at_all(const struct operation *operation, const struct claim *claim, bool *dealt,
		       struct snapshot *snapshot, struct errors *errors)
{
	_cleanup_free_ bool *unseen = calloc(claim->function_count + 1, sizeof(*unseen));
	int result = 0;

	if (!unseen)
		return -ENOMEM;
	for (size_t i = 0; i < claim->function_count; i++) {
		const struct claim_function *function = &claim->functions[i];
		_cleanup_error_ struct error error = ERROR_INIT;
		int r;

		if (dealt[i])
			continue;
		dealt[i] = true;
		r = look_at(operation, function, snapshot, &error);
		if (r == 0 || r == -ENODEV)
			continue;
		unseen[i] = true;
		errors_add(errors, &error);
		if (result == 0)
			result = r;
	}
	for (size_t i = 0; i < claim->function_count; i++) {
		if (!unseen[i])
			continue;
		dealt[i] = false;
		if (stays_on_vfio(operation, &claim->functions[i]))
			put_off_device(claim, &claim->functions[i], snapshot, dealt);
	}
	return result;
}

/*
 * Restores what can be looked at, and the host's own part when nothing else is left or `last`.
 * Errors of looking and of doing are told apart.
 */
static int converge_some(const struct operation *operation, const struct claim *claim, bool last,
			 bool *dealt, int *ret_looked, struct errors *look_errors,
			 struct errors *errors)
{
	_cleanup_snapshot_ struct snapshot snapshot = SNAPSHOT_INIT;
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	const struct worker_context workers = operation_workers(operation);
	const struct plan_host host = {
		.load_modules = &claim->modules,
		.bind_framebuffers = &claim->framebuffers,
		.attach_consoles = &claim->consoles,
		.start_units = &claim->units,
	};
	struct apply apply = { .context = &workers, .mode = APPLY_WHAT_CAN_BE };

	*ret_looked = look_at_all(operation, claim, dealt, &snapshot, look_errors);
	last = last || *ret_looked == 0;
	if (plan_build(snapshot.items, snapshot.count, last ? &host : &PLAN_HOST_INIT, &plan) < 0)
		return -ENOMEM;
	return apply_plan(&apply, &plan, errors);
}

/*
 * Functions with a call in flight come last: waiting for them must not use up the time of the
 * others. Units are started even when a function could not be restored: a screen without its sound
 * is better than none.
 */
static int converge(const struct operation *operation, const struct claim *claim,
		    struct errors *errors)
{
	_cleanup_errors_ struct errors busy = ERRORS_INIT;
	_cleanup_free_ bool *dealt = calloc(claim->function_count + 1, sizeof(*dealt));
	struct operation at_once = *operation;
	int first, second, looked;

	if (!dealt)
		return -ENOMEM;
	at_once.skip_busy = true;
	first = converge_some(&at_once, claim, false, dealt, &looked, &busy, errors);
	if (looked == 0)
		return first;
	second = converge_some(operation, claim, true, dealt, &looked, errors, errors);
	if (first < 0)
		return first;
	return second < 0 ? second : looked;
}

/* Who was never given the devices puts them back as they were. */
static void mark_releasing(struct claim *claim)
{
	if (claim->phase == CLAIM_ACQUIRING)
		for (size_t i = 0; i < claim->function_count; i++)
			claim->functions[i].restore = CONFIG_RESTORE_ORIGINAL;
	claim->phase = CLAIM_RELEASING;
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
		r = converge(operation, claim, errors);
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
