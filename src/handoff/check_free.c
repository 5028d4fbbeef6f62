/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/check_free.h"

#include <errno.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "handoff/in_use_report.h"
#include "host/holders.h"

int check_free_function(const struct worker_context *context, const char *function,
			struct error *error)
{
	_cleanup_strings_ struct strings functions = STRINGS_INIT;
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;
	_cleanup_free_ char *list = NULL;
	_cleanup_free_ char *hint = NULL;
	bool hangs = holders_function_may_hang(context->root, function);
	int r;

	if (strings_add(&functions, function) < 0)
		return error_set_errno(error, ENOMEM, "cannot look who uses the devices");
	r = holders_look(context, &functions, &holders, error);
	if (r < 0)
		return r;
	if (!hangs)
		holders_drop(&holders, HOLDER_REFERENCE);
	if (holders.count == 0 && !(holders.unseen && hangs))
		return 0;
	list = in_use_list(&holders, "\n  ");
	hint = in_use_advice(&holders, NULL);
	error_set(error, EBUSY, "it is in use on the host, so it is not taken from its driver:%s%s",
		  list ? list : "", holders.unseen ? "\n  processes could not be looked into" : "");
	error_device(error, function);
	error_hint(error,
		   "End what uses it; then the next start or stop of the VM, or "
		   "`gpu-handoff recover`, tries again.%s%s",
		   hint && *hint ? "\n" : "", hint ? hint : "");
	return -EBUSY;
}
