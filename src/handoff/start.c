/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/start.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "handoff/config.h"
#include "handoff/hotplug.h"

int start_list_claims(const struct store *store, const char *vm, struct strings *ret_lines,
		      struct error *error)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	_cleanup_strings_ struct strings lines = STRINGS_INIT;
	int r = claim_list(store, &names, error);

	for (size_t i = 0; r == 0 && i < names.count; i++) {
		_cleanup_claim_ struct claim claim = CLAIM_INIT;
		_cleanup_free_ char *line = NULL;

		if (!claim_same_owner(names.items[i], vm))
			continue;
		r = claim_read(store, names.items[i], &claim, error);
		if (r == -ENOENT && !error->code) {
			r = 0;
			continue;
		}
		if (r < 0)
			return r;
		line = text_format("%s %d %s", names.items[i], (int)claim.phase,
				   claim.token ? claim.token : "");
		if (!line || strings_add(&lines, line) < 0)
			return error_set_errno(error, ENOMEM, "cannot list the VM's claims");
	}
	if (r < 0)
		return r;
	strings_clear(ret_lines);
	*ret_lines = lines;
	lines = STRINGS_INIT;
	return 0;
}

/* A start that came in between has written a claim of its own. */
static int check_expected(const struct store *store, const char *vm, const struct strings *expected,
			  struct error *error)
{
	_cleanup_strings_ struct strings lines = STRINGS_INIT;
	bool same;
	int r = start_list_claims(store, vm, &lines, error);

	if (r < 0)
		return r;
	same = lines.count == expected->count;
	for (size_t i = 0; i < lines.count; i++)
		same = same && strings_contain(expected, lines.items[i]);
	return same ? 0 : error_set(error, EBUSY, "the VM is being started or stopped just now");
}

int start_prepare(struct operation *operation, struct store *store, start_read_domain *read,
		  void *data, const struct strings *expected, struct acquire_result *result,
		  struct error *error)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	_cleanup_close_ int lock = -1;
	int64_t started_ms = clock_now_ms();
	int configured = config_load(operation->root, operation->vm, &config, error);
	int r;

	if (configured < 0 && configured != -ENOENT)
		return configured;
	operation->patience.deadline_ms =
		started_ms + (configured == 0 ? config.timeout_ms : CONFIG_TIMEOUT_DEFAULT_MS);
	r = store_open(operation->root, store, error);
	if (r < 0)
		return r;
	lock = store_lock_vm(store, operation->vm, &operation->patience, error);
	if (lock < 0)
		return lock;
	r = expected ? check_expected(store, operation->vm, expected, error) : 0;
	if (r == 0)
		r = hotplug_settle(operation, result, error);
	if (r < 0)
		return r;
	if (configured == -ENOENT)
		return acquire_nothing(operation, result, error);
	r = read(operation, data, &domain, error);
	return r < 0 ? r : acquire(operation, &config, &domain, result, error);
}
