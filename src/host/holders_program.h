/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command's verb `holders` as a helper of the hook: AppArmor confines the hook to what libvirtd
 * may do, and runs programs in /usr/bin unconfined from there. For holders*.c and terminate.c.
 */
#ifndef GH_HOST_HOLDERS_PROGRAM_H
#define GH_HOST_HOLDERS_PROGRAM_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "base/worker.h"

#ifndef COMMAND_PATH
#define COMMAND_PATH "/usr/bin/gpu-handoff"
#endif
#define HOLDERS_PROGRAM COMMAND_PATH

bool holders_program_is_there(void);

/* Whether a security module enforces a profile on this process: the program may see more. */
bool holders_program_is_better(const struct root *root);

/*
 * Runs `gpu-handoff holders --raw ARGUMENT…`. Returns 0 with its exit status and what it
 * has said, the caller's, or as worker_run().
 */
int holders_program_run(const struct worker_context *context, const struct strings *arguments,
			const char *step, int *ret_status, char **ret_text, struct error *error);

#endif
