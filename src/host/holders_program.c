/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/holders_program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

bool holders_program_is_there(void)
{
	return access(HOLDERS_PROGRAM, X_OK) == 0;
}

bool holders_program_is_better(const struct root *root)
{
	_cleanup_free_ char *profile = NULL;

	/* AppArmor's word; SELinux has another one, and tells by refusing */
	return root_read(root, 4096, &profile, "proc/self/attr/current") == 0 &&
	       strstr(profile, "(enforce)");
}

int holders_program_run(const struct worker_context *context, const struct strings *arguments,
			const char *step, int *ret_status, char **ret_text, struct error *error)
{
	_cleanup_free_ const char **all = calloc(arguments->count + 4, sizeof(*all));
	struct worker_call call = { .access = WORKER_EXECUTE,
				    .step = step,
				    .dies_unawaited = true };
	size_t count = 0;
	int r;

	if (!all)
		return error_set_errno(error, ENOMEM, "cannot %s", step);
	all[count++] = HOLDERS_PROGRAM;
	all[count++] = "holders";
	all[count++] = "--raw";
	for (size_t i = 0; i < arguments->count; i++)
		all[count++] = arguments->items[i];
	call.arguments = all;
	r = worker_run(context, &call, ret_status, ret_text, error);
	if (r == 0 && *ret_status < 0) {
		error_set_errno(error, -*ret_status, "cannot %s: cannot run " HOLDERS_PROGRAM,
				step);
		return *ret_status;
	}
	return r;
}
