/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside of the boot stub: how one function is kept from the host's drivers. Never unbinds a
 * driver: what the host has, it keeps.
 */
#ifndef GH_UDEV_STUB_H
#define GH_UDEV_STUB_H

#include <stdbool.h>

#include "base/error.h"
#include "base/root.h"
#include "base/worker.h"
#include "handoff/boot_state.h"
#include "handoff/boot_view.h"
#include "handoff/select.h"
#include "handoff/store.h"

/* For all of them. A module's loading and a probe take seconds, not a minute. */
#define STUB_TIMEOUT_MS 60000

struct stub {
	struct root root;
	struct store store; /* in an early boot there may be none */
	struct patience patience;
	struct worker_context workers;
	bool initramfs;
};

enum stub_outcome {
	STUB_KEPT,  /* it is on its stub driver */
	STUB_READY, /* it has no driver and takes no other one than its stub driver */
	STUB_TAKEN, /* it is on another driver */
};

/* boot_view_select() with what is known here of the root file system. */
int stub_select(const struct stub *stub, struct boot_view *view, struct error *error);

/*
 * Sets the override of a function that has no driver. Returns 0 with *ret_outcome; -EBUSY when it
 * is a VM's, -EPERM when it has an override that is not ours, or another negative errno, with
 * `error` filled and the function as it was.
 */
int stub_keep(struct stub *stub, const struct selected_function *selected,
	      enum stub_outcome *ret_outcome, struct error *error);

/* The stub's main jobs: each reports by itself, and returns the exit status. */
int stub_run_all(struct stub *stub);
int stub_run_one(struct stub *stub, const struct pci_address *address);

enum stub_exit {
	STUB_EXIT_DONE = 0,   /* or there is nothing to do */
	STUB_EXIT_FAILED = 1, /* something that boot.ini lists is not as it says */
	STUB_EXIT_USAGE = 2,  /* wrong usage, or a broken boot.ini, which is ignored as a whole */
};

#endif
