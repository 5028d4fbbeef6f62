/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The last look before a function leaves a host driver: only verifies, whatever the configuration
 * says. What is done about its users is in_use's.
 */
#ifndef GH_HANDOFF_CHECK_FREE_H
#define GH_HANDOFF_CHECK_FREE_H

#include "base/error.h"
#include "base/worker.h"

/*
 * Whether nobody uses the function. Returns 0, -EBUSY with its holders in `error`, or another
 * negative errno with `error` filled.
 */
int check_free_function(const struct worker_context *context, const char *function,
			struct error *error);

#endif
