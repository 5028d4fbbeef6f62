/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/kmod.h"

#include <errno.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/text.h"

/* There on every distribution, as a link where /sbin and /usr/bin are one. */
#define MODPROBE "/sbin/modprobe"

int kmod_load(const struct worker_context *context, const char *module, struct error *error)
{
	const char *const arguments[] = { MODPROBE, "-q", "--", module, NULL };
	_cleanup_free_ char *step = text_format("load the kernel module %s", module);
	struct worker_call call = {
		.access = WORKER_EXECUTE,
		.arguments = arguments,
	};
	int answer;
	int r;

	if (!step)
		return error_set_errno(error, ENOMEM, "cannot load a kernel module");
	call.step = step;
	r = worker_run(context, &call, &answer, NULL, error);
	if (r < 0)
		return r;
	if (answer == 0)
		return 0;
	if (answer < 0) {
		error_set_errno(error, -answer, "cannot %s: cannot run " MODPROBE, step);
		return answer;
	}
	error_set(error, ENOENT, "cannot %s", step);
	error_why(error, MODPROBE " ended with status %d", answer);
	error_hint(error,
		   "See what it says: modprobe -v %s. After an update of the kernel, the modules "
		   "of the\nrunning one may be gone until a reboot.",
		   module);
	return -ENOENT;
}
