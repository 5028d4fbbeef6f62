/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which VMs have which functions, by the claims in /run/gpu-handoff. Reads only, and takes no lock.
 */
#ifndef GH_CLI_CLAIMED_H
#define GH_CLI_CLAIMED_H

#include <stdbool.h>

#include "base/error.h"
#include "base/root.h"
#include "base/text.h"

struct claimed {
	bool hidden;          /* only root may look: nothing is known */
	struct errors broken; /* claims that cannot be read */
	struct strings functions;
	struct strings vms; /* of each */
};

#define CLAIMED_INIT ((struct claimed){ 0 })

/*
 * Reads them. Returns 0 or -ENOMEM. The caller clears
 * *claimed in any case.
 */
int claimed_read(const struct root *root, struct claimed *claimed);

/* Adds that the VM has the function. Returns 0 or -ENOMEM. */
int claimed_add(struct claimed *claimed, const char *function, const char *vm);

/* The VM that has the function, or NULL; it belongs to *claimed. */
const char *claimed_find(const struct claimed *claimed, const char *function);

void claimed_clear(struct claimed *claimed);

#define _cleanup_claimed_ __attribute__((cleanup(claimed_clear)))

#endif
