/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/recover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "handoff/hotplug.h"
#include "handoff/operation.h"
#include "handoff/restore.h"

static enum recover_outcome give_up(enum recover_outcome outcome, struct error *error,
				    struct errors *errors)
{
	errors_add(errors, error);
	return outcome;
}

/* Reads a claim that can be followed. Returns 1, 0 when there is none, or a negative errno. */
static int read_claim(const struct root *root, const struct store *store, const char *vm,
		      struct claim *ret_claim, struct error *error)
{
	int r = claim_read(store, vm, ret_claim, error);

	if (r == -ENOENT && !error->code)
		return 0;
	if (r == 0)
		r = claim_check_boot(root, ret_claim, error);
	return r < 0 ? r : 1;
}

/* A start that has come and gone meanwhile has written a claim of its own. */
static bool is_same(const struct claim *a, const struct claim *b)
{
	return a->phase == b->phase && text_same(a->token, b->token);
}

static char *describe(const struct claim *claim)
{
	_cleanup_free_ char *text = strdup("");

	for (size_t i = 0; text && i < claim->function_count; i++)
		if (text_append(&text, "%s%s", i ? ", " : "", claim->functions[i].name) < 0)
			return NULL;
	return take_ptr(text);
}

/* With the VM's lock. */
static enum recover_outcome restore(const struct root *root, const struct store *store,
				    const struct claim *seen, char **ret_moved,
				    struct errors *errors)
{
	_cleanup_claim_ struct claim claim = CLAIM_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	struct operation operation = { .root = root, .store = store, .vm = seen->vm };
	int r = read_claim(root, store, seen->vm, &claim, &error);

	if (r < 0)
		return give_up(RECOVER_REFUSED, &error, errors);
	if (r == 0)
		return RECOVER_NOTHING;
	if (!is_same(seen, &claim))
		return RECOVER_BUSY;
	operation.patience.deadline_ms = clock_now_ms() + claim.timeout_ms;
	*ret_moved = describe(&claim);
	r = restore_claim(&operation, &claim, errors);
	return r < 0 ? RECOVER_FAILED : RECOVER_RESTORED;
}

/* An attach or detach on the way has a claim that no definition of libvirt's shows yet, or still.
 */
static int lock_plugging(const struct store *store, const struct claim *claim, int *ret_lock,
			 struct error *error)
{
	if (!claim_is_hotplug(claim->vm))
		return 0;
	*ret_lock = hotplug_lock(store, claim_owner(claim->vm), NULL, error);
	return *ret_lock < 0 ? *ret_lock : 0;
}

enum recover_outcome recover_vm(const struct root *root, const struct store *store,
				const char *name, recover_ask *ask, void *data, char **ret_moved,
				struct errors *errors)
{
	_cleanup_claim_ struct claim claim = CLAIM_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_close_ int plugging = -1;
	_cleanup_close_ int lock = -1;
	bool runs = false;
	int r = read_claim(root, store, name, &claim, &error);

	if (r < 0)
		return give_up(RECOVER_REFUSED, &error, errors);
	if (r == 0)
		return RECOVER_NOTHING;
	r = lock_plugging(store, &claim, &plugging, &error);
	if (r == -EWOULDBLOCK)
		return RECOVER_BUSY;
	if (r < 0)
		return give_up(RECOVER_FAILED, &error, errors);
	/* one that was never given its devices, or is giving them back, does not run on them */
	if (claim.phase == CLAIM_HELD) {
		if (ask(&claim, data, &runs, &error) < 0)
			return give_up(RECOVER_UNKNOWN, &error, errors);
		if (runs)
			return RECOVER_RUNS;
	}
	lock = store_lock_vm(store, name, NULL, &error);
	if (lock == -EWOULDBLOCK)
		return RECOVER_BUSY;
	if (lock < 0)
		return give_up(RECOVER_FAILED, &error, errors);
	return restore(root, store, &claim, ret_moved, errors);
}
