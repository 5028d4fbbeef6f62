/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/start.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "handoff/config.h"
#include "handoff/hotplug.h"

int start_prepare(struct operation *operation, struct store *store, start_read_domain *read,
		  void *data, struct acquire_result *result, struct error *error)
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
	r = hotplug_settle(operation, result, error);
	if (r < 0)
		return r;
	if (configured == -ENOENT)
		return acquire_nothing(operation, result, error);
	r = read(operation, data, &domain, error);
	return r < 0 ? r : acquire(operation, &config, &domain, result, error);
}
