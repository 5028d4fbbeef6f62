/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way back from a claim that is known by its name, with words for the log.
 */
#ifndef GH_HANDOFF_RESTORE_NAMED_H
#define GH_HANDOFF_RESTORE_NAMED_H

#include "base/error.h"
#include "handoff/operation.h"

/*
 * "released 0000:01:00.0 vfio-pci -> nvidia, …", of what restore_claim() is about to do with the
 * claim. The caller frees it; NULL without memory.
 */
char *restore_describe(const struct claim *claim);

/*
 * Locks the claim of the name, which `operation->patience` bounds, and restores it, for which it
 * has the time that the claim says. Returns 0, also without such a claim, or as restore_claim().
 * *ret_moved, the caller's, is what restore_describe() says; untouched without a claim.
 */
int restore_named(const struct operation *operation, const char *name, char **ret_moved,
		  struct errors *errors);

#endif
