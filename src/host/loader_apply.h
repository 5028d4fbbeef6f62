/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes what the boot loader of this host gives to the kernel. A file is there old or new, its
 * old self stays beside it, and comes back when the loader's program fails.
 */
#ifndef GH_HOST_LOADER_APPLY_H
#define GH_HOST_LOADER_APPLY_H

#include <stdbool.h>

#include "base/error.h"
#include "host/loader.h"

struct loader_outcome {
	bool changed; /* a program may have changed something, whether it failed or not */
	char *file;   /* that was changed, where links lead to, with a leading slash; or NULL */
	char *backup; /* what it was, the same way; or NULL */
	char *output; /* what the last program has said, or NULL */
};

#define LOADER_OUTCOME_INIT ((struct loader_outcome){ 0 })

/*
 * Does what a plan that is LOADER_TO_DO says, on this machine, as root, and looks whether it is so
 * then. Signals that would end the process wait meanwhile. Returns 0 or a negative errno with
 * `error` filled; the caller clears *outcome in any case.
 */
int loader_apply(const struct root *root, const struct loader_words *words,
		 const struct loader_change *change, struct loader_outcome *outcome,
		 struct error *error);

void loader_outcome_clear(struct loader_outcome *outcome);

#define _cleanup_loader_outcome_ __attribute__((cleanup(loader_outcome_clear)))

#endif
