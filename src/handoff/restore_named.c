/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/restore_named.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "handoff/restore.h"

static const char *restored_driver(const struct claim *claim, const struct claim_function *function)
{
	/* see mark_releasing() */
	bool original = claim->phase == CLAIM_ACQUIRING;

	if (!original && function->restore == CONFIG_RESTORE_STAY)
		return function->vfio_driver;
	if (!original && function->restore == CONFIG_RESTORE_DRIVER)
		return function->restore_driver;
	return function->before.driver ? function->before.driver : "(no driver)";
}

char *restore_describe(const struct claim *claim)
{
	/* where the functions came from is known of a claim that is held alone */
	bool held = claim->phase == CLAIM_HELD;
	_cleanup_free_ char *text = strdup(held ? "released " : "settled what was left behind: ");

	for (size_t i = 0; text && i < claim->function_count; i++) {
		const struct claim_function *function = &claim->functions[i];

		if (text_append(&text, "%s%s %s%s%s", i ? ", " : "", function->name,
				held ? function->vfio_driver : "", held ? " -> " : "on ",
				restored_driver(claim, function)) < 0)
			return NULL;
	}
	return take_ptr(text);
}

int restore_named(const struct operation *operation, const char *name, char **ret_moved,
		  struct errors *errors)
{
	_cleanup_claim_ struct claim claim = CLAIM_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *moved = NULL;
	_cleanup_close_ int lock =
		store_lock_vm(operation->store, name, &operation->patience, &error);
	struct operation back;
	int r = lock < 0 ? lock : claim_read(operation->store, name, &claim, &error);

	if (r == -ENOENT && !error.code) {
		claim_sweep(operation->store);
		return 0;
	}
	if (r == 0)
		r = claim_check_boot(operation->root, &claim, &error);
	if (r == 0) {
		moved = restore_describe(&claim);
		if (!moved)
			r = error_set_errno(&error, ENOMEM, "cannot restore the devices");
	}
	if (r < 0) {
		errors_add(errors, &error);
		return r;
	}
	back = operation_way_back(operation, claim.timeout_ms);
	r = restore_claim(&back, &claim, errors);
	*ret_moved = take_ptr(moved);
	return r;
}
