/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a VM's start does, whoever asks for it: the hook, or a person.
 */
#ifndef GH_HANDOFF_START_H
#define GH_HANDOFF_START_H

#include "base/error.h"
#include "handoff/acquire.h"
#include "handoff/domain.h"
#include "handoff/operation.h"

/*
 * Gives the VM's definition; called with the VM's lock. Returns 0 or a negative errno with `error`
 * filled. The caller clears *ret_domain.
 */
typedef int start_read_domain(const struct operation *operation, void *data,
			      struct domain *ret_domain, struct error *error);

/*
 * How the VM's claims are, a line each: to be held against later. Returns 0 or a negative errno
 * with `error` filled. The caller clears *ret_lines.
 */
int start_list_claims(const struct store *store, const char *vm, struct strings *ret_lines,
		      struct error *error);

/*
 * Locks the VM `operation->vm`, settles what an earlier run has left behind, and acquires what its
 * INI file lists; without one nothing is acquired, and `read` not called. Opens the store, which
 * the caller closes, and sets the operation's deadline. `expected`, unless NULL, is how the claims
 * were when the VM did not run: -EBUSY when they are not so any more, since it may run by now.
 * Returns as acquire().
 */
int start_prepare(struct operation *operation, struct store *store, start_read_domain *read,
		  void *data, const struct strings *expected, struct acquire_result *result,
		  struct error *error);

#endif
