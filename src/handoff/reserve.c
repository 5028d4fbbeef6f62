/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/reserve.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "handoff/restore.h"

#define RETRY_MS 50
#define HINT_UNRESTORED                                                                     \
	"See `gpu-handoff status`, and the system's log for what keeps it: journalctl -t\n" \
	"gpu-handoff"

/*
 * The first function of `claim` that `other` has, or has the group of; NULL when none. A VM may
 * have a group in two claims. Returns whether there is one; it is a function of `claim`.
 */
static bool find_overlap(const struct claim *claim, const struct claim *other,
			 const struct claim_function **ret_function)
{
	bool same_owner = claim_same_owner(claim->vm, other->vm);

	for (size_t i = 0; i < claim->function_count; i++)
		for (size_t j = 0; j < other->function_count; j++) {
			const struct claim_function *a = &claim->functions[i];
			const struct claim_function *b = &other->functions[j];

			if (pci_address_compare(&a->address, &b->address) == 0 ||
			    (!same_owner && a->group >= 0 && a->group == b->group)) {
				*ret_function = a;
				return true;
			}
		}
	return false;
}

/* Finds a claim in the way. Returns 1 with it, 0 when there is none, or a negative errno. */
static int find_conflict(const struct operation *operation, const struct claim *claim,
			 struct claim *ret_other, const struct claim_function **ret_function,
			 struct error *error)
{
	_cleanup_strings_ struct strings vms = STRINGS_INIT;
	int r = claim_list(operation->store, &vms, error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < vms.count; i++) {
		_cleanup_claim_ struct claim other = CLAIM_INIT;

		if (strcmp(vms.items[i], claim->vm) == 0)
			continue;
		r = claim_read(operation->store, vms.items[i], &other, error);
		if (r == -ENOENT)
			continue;
		/* what an unreadable claim owns is not known: it may be this VM's devices */
		if (r < 0)
			return r;
		if (find_overlap(claim, &other, ret_function)) {
			*ret_other = other;
			other = CLAIM_INIT;
			return 1;
		}
	}
	return 0;
}

static int refuse(const struct claim_function *function, const struct claim *other,
		  struct error *error)
{
	const char *owner = claim_owner(other->vm);
	_cleanup_free_ char *shown = text_quote(owner ? owner : other->vm);
	bool hotplug = claim_is_hotplug(other->vm);
	const char *vm = shown ? shown : "?";

	if (claim_is_boot(other->vm)) {
		error_set(error, EBUSY, "it is being moved to its stub driver just now");
		error_device(error, function->name);
		error_why(error, "boot.ini keeps it from the host's drivers");
		error_hint(error,
			   "Try again in a moment; see `gpu-handoff status` if that does not "
			   "help.");
		return -EBUSY;
	}
	error_set(error, EBUSY, "the VM \"%s\" has it", vm);
	error_device(error, function->name);
	switch (other->phase) {
	case CLAIM_RESERVING:
	case CLAIM_ACQUIRING:
		error_why(error, hotplug ? "it is being plugged into it just now"
					 : "it is being started just now");
		error_hint(error, "Shut \"%s\" down first.", vm);
		break;
	case CLAIM_HELD:
		error_why(error, "it, or a function of its IOMMU group %d, is %s it",
			  function->group, hotplug ? "plugged into" : "handed over to");
		error_hint(error,
			   "Shut \"%s\" down first. If it is not running, its devices were left "
			   "behind: they\ncome back by `gpu-handoff recover`, or with its next "
			   "start and stop.",
			   vm);
		break;
	case CLAIM_RELEASING:
		error_why(error, "it has not finished giving it back%s%s",
			  other->failures.count ? ": " : "",
			  other->failures.count ? other->failures.items[0] : "");
		error_hint(error, HINT_UNRESTORED);
		break;
	}
	return -EBUSY;
}

/* The first error becomes the message; those behind it are the result's. */
static int report_unsettled(const struct claim *other, struct errors *errors,
			    struct acquire_result *result, struct error *error)
{
	_cleanup_free_ char *title = claim_title(other->vm);
	_cleanup_free_ char *text = NULL;

	if (errors->count == 0)
		return error_set_errno(error, ENOMEM, "cannot settle another VM's claim");
	error_move(error, &errors->items[0]);
	for (size_t i = 1; i < errors->count; i++)
		errors_add(&result->unrestored, &errors->items[i]);
	text = error_text(error);
	error_why(error, "%s", text ? text : "no memory");
	free(error->what);
	error->what = text_format("the devices that an interrupted start or stop of the %s "
				  "left behind cannot be restored",
				  title ? title : "VM");
	free(error->device);
	error->device = NULL;
	if (!error->hint)
		error_hint(error, HINT_UNRESTORED);
	return -error->code;
}

/*
 * Settles the other VM's claim when its hook has died. Returns 0 when it is worth looking again, or
 * a negative errno with `error` filled.
 */
static int settle(const struct operation *operation, const struct claim *seen,
		  const struct claim_function *function, struct acquire_result *result,
		  struct error *error)
{
	_cleanup_claim_ struct claim other = CLAIM_INIT;
	_cleanup_errors_ struct errors errors = ERRORS_INIT;
	_cleanup_close_ int lock = -1;
	bool had_changed;
	int r = claim_check_boot(operation->root, seen, error);

	if (r < 0)
		return r;
	lock = store_lock_vm(operation->store, seen->vm, NULL, error);
	if (lock < 0 && lock != -EWOULDBLOCK)
		return lock;
	if (lock == -EWOULDBLOCK) {
		/* held and locked: its release has just begun */
		if (((seen->phase == CLAIM_RESERVING || seen->phase == CLAIM_ACQUIRING) &&
		     !claim_is_boot(seen->vm)) ||
		    clock_left_ms(operation->patience.deadline_ms) == 0)
			return refuse(function, seen, error);
		clock_sleep_ms(RETRY_MS, operation->patience.deadline_ms);
		return 0;
	}
	r = claim_read(operation->store, seen->vm, &other, error);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (other.phase == CLAIM_HELD)
		return refuse(function, &other, error);
	had_changed = other.phase != CLAIM_RESERVING;
	r = restore_claim(operation, &other, &errors);
	if (had_changed)
		result->host = r < 0 ? HOST_PARTLY : HOST_AS_BEFORE;
	return r < 0 ? report_unsettled(&other, &errors, result, error) : 0;
}

int reserve_claim(const struct operation *operation, const struct claim *claim,
		  struct acquire_result *result, struct error *error)
{
	for (;;) {
		_cleanup_claim_ struct claim other = CLAIM_INIT;
		_cleanup_close_ int lock =
			store_lock_claims(operation->store, &operation->patience, error);
		const struct claim_function *function = NULL;
		int r;

		if (lock < 0)
			return lock;
		r = find_conflict(operation, claim, &other, &function, error);
		if (r == 0)
			r = claim_write(operation->store, claim, error);
		if (r <= 0)
			return r;
		/* devices are never touched under the lock of the claims */
		cleanup_close(&lock);
		lock = -1;
		if (patience_cancelled(&operation->patience))
			return error_set(error, ECANCELED, "the start was called off");
		r = settle(operation, &other, function, result, error);
		if (r < 0)
			return r;
	}
}

int reserve_look(const struct operation *operation, const struct claim *claim, struct error *error)
{
	_cleanup_claim_ struct claim other = CLAIM_INIT;
	const struct claim_function *function = NULL;
	int r = find_conflict(operation, claim, &other, &function, error);

	if (r <= 0)
		return r;
	if (other.phase != CLAIM_HELD &&
	    !store_vm_is_locked(operation->root, operation->store, other.vm))
		return 0;
	return refuse(function, &other, error);
}
