/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is done about those who use the functions on the host, as the configuration says: the start
 * is refused, waits for them, or ends them. The last thing before the host is changed, but for
 * units that were stopped.
 */
#ifndef GH_HANDOFF_IN_USE_H
#define GH_HANDOFF_IN_USE_H

#include <stdbool.h>

#include "base/error.h"
#include "handoff/config.h"
#include "handoff/operation.h"
#include "handoff/select.h"
#include "handoff/snapshot.h"
#include "host/holder.h"

struct in_use {
	struct operation *operation; /* waiting by `in-use = wait` moves its deadline */
	const struct config *config;
	const struct selection *selection;
	const struct snapshot *snapshot; /* of the same functions, with their targets */
	const struct strings *unload;    /* the modules that are unloaded after this */
	bool units_stopped;              /* what they have left behind may still be leaving */
	struct strings *ret_ended;       /* those who were ended, or told to; also on failure */
};

/*
 * Returns 0 when nobody uses the selected functions any more, -EBUSY with all holders in `error`,
 * or another negative errno with `error` filled. Whom it waits for and whom it has ended goes to
 * the system's log.
 */
int in_use_settle(const struct in_use *in_use, struct error *error);

/*
 * Looks for holders that no stopping of units makes leave: USB devices, mediated devices, virtual
 * functions. Returns 0, or -EBUSY with them in `error`. Changes nothing and waits for nothing.
 */
int in_use_check_lasting(const struct in_use *in_use, struct error *error);

/*
 * Only looks, in this process: who uses the selected functions now, but for those whom the
 * configuration lets go along. Returns 0; -EBUSY when in_use_settle() would refuse for them now,
 * with them in `error`; or another negative errno. The caller clears *ret_holders, which is also
 * filled with -EBUSY.
 */
int in_use_look(const struct in_use *in_use, struct holders *ret_holders, struct error *error);

#endif
