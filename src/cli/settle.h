/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settles the claims of VMs that do not run, and says what became of each. For `recover`,
 * `release`. */
#ifndef GH_CLI_SETTLE_H
#define GH_CLI_SETTLE_H

#include "base/error.h"
#include "base/text.h"
#include "cli/verb.h"
#include "handoff/store.h"

enum settle_manner {
	SETTLE_WHAT_CAN_BE, /* a VM that runs is passed by */
	SETTLE_DEMANDED,    /* a VM that runs is refused */
};

/*
 * Appends the names of all claims of the VM; its own name when there is none. Returns 0 or a
 * negative errno with `error` filled, but for -ENOMEM.
 */
int settle_find_claims(const struct store *store, const char *vm, struct strings *claims,
		       struct error *error);

/* Settles the claims of these names. Returns the worst exit status. */
int settle_claims(const struct command *command, const struct store *store,
		  const struct strings *claims, enum settle_manner manner);

#endif
