/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Puts right what dead hooks and daemons have left behind: a VM's claim without a VM, or half way.
 * Whether a VM runs is asked of the caller, while no lock is held: libvirt may wait for a hook, and
 * the hook for our lock.
 */
#ifndef GH_HANDOFF_RECOVER_H
#define GH_HANDOFF_RECOVER_H

#include <stdbool.h>

#include "base/error.h"
#include "base/root.h"
#include "handoff/claim.h"
#include "handoff/store.h"

enum recover_outcome {
	RECOVER_NOTHING,  /* there is no such claim (any more) */
	RECOVER_RESTORED, /* its devices are back */
	RECOVER_RUNS,     /* the VM runs, and keeps what it has */
	RECOVER_BUSY,     /* an operation of gpu-handoff on it is running just now */
	RECOVER_UNKNOWN,  /* it cannot be told whether the VM runs: nothing was done */
	RECOVER_REFUSED,  /* the claim cannot be trusted: nothing was done */
	RECOVER_FAILED,   /* something could not be restored; the claim stays */
};

/*
 * Says whether the VM of the held claim (claim_owner()) runs, is being started or being stopped;
 * for a claim of what is hot-plugged, whether it runs with a function of it: an attach or detach
 * may have died on the way. Returns 0 or a negative errno with `error` filled.
 */
typedef int recover_ask(const struct claim *claim, void *data, bool *ret_runs, struct error *error);

/*
 * Settles the claim of the name. *ret_moved, the caller's, says what was restored for
 * RECOVER_RESTORED. `errors` say why for RECOVER_UNKNOWN, REFUSED and FAILED.
 */
enum recover_outcome recover_vm(const struct root *root, const struct store *store,
				const char *name, recover_ask *ask, void *data, char **ret_moved,
				struct errors *errors);

#endif
