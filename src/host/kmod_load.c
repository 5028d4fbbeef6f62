/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/kmod_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/kmod.h"

/* There on every distribution, as a link where /sbin and /usr/bin are one. */
#define MODPROBE "/sbin/modprobe"
#define RMMOD "/sbin/rmmod"

/* The last references of a process that has just ended go a moment later. */
#define UNLOAD_TRY_MS 2000
#define UNLOAD_RETRY_MS 100

static int report_not_run(int answer, const char *step, const char *program, struct error *error)
{
	error_set_errno(error, -answer, "cannot %s: cannot run %s", step, program);
	return answer;
}

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
	if (answer < 0)
		return report_not_run(answer, step, MODPROBE, error);
	error_set(error, ENOENT, "cannot %s", step);
	error_why(error, MODPROBE " ended with status %d", answer);
	error_hint(error,
		   "See what it says: modprobe -v %s. After an update of the kernel, the modules "
		   "of the\nrunning one may be gone until a reboot.",
		   module);
	return -ENOENT;
}

/* The reference count, and which modules use it; processes have been looked for before. */
static int report_in_use(const struct root *root, const char *module, const char *said,
			 struct error *error)
{
	_cleanup_strings_ struct strings users = STRINGS_INIT;
	_cleanup_free_ char *references = NULL;
	_cleanup_free_ char *joined = NULL;
	_cleanup_free_ char *quoted = said ? text_quote(said) : NULL;

	error_set(error, EBUSY, "cannot unload the kernel module %s", module);
	if (root_read(root, 64, &references, "sys/module/%s/refcnt", module) == 0 &&
	    root_list(root, &users, "sys/module/%s/holders", module) == 0)
		joined = strings_join(&users, ", ");
	if (joined)
		error_why(error, "it has %s references, of which %zu are modules'%s%s", references,
			  users.count, users.count ? ": " : "", joined);
	else
		error_why(error, "kmod says: %s", quoted ? quoted : "?");
	if (users.count)
		error_hint(error, "List the modules that use it before it: unload = %s %s", joined,
			   module);
	else
		error_hint(error,
			   "Find out what uses it (`gpu-handoff holders` with the device's "
			   "address), and stop that first: stop = in\n[host] of the VM's INI "
			   "file.");
	return -EBUSY;
}

/* One try. Returns 0 with the answer of `program`, or as worker_run(). */
static int try_unload(const struct worker_context *context, const char *const *arguments,
		      const char *module, int *ret_answer, char **ret_said, struct error *error)
{
	_cleanup_free_ char *step = text_format("unload the kernel module %s", module);
	/* a driver's remove() may hang in it: told, and waited for, by the module's name */
	const struct worker_call call = {
		.access = WORKER_EXECUTE,
		.device = module,
		.step = step,
		.arguments = arguments,
		.dies_unawaited = true,
	};
	int r;

	if (!step)
		return error_set_errno(error, ENOMEM, "cannot unload a kernel module");
	r = worker_run(context, &call, ret_answer, ret_said, error);
	return r == 0 && *ret_answer < 0 ? report_not_run(*ret_answer, step, arguments[0], error)
					 : r;
}

/* What it needed, and nothing else does, goes too, as with modprobe; but no driver with devices. */
static int unload_others(const struct worker_context *context, const struct strings *others,
			 struct error *error)
{
	for (size_t i = 0; i < others->count; i++) {
		const char *const arguments[] = { RMMOD, "--", others->items[i], NULL };
		_cleanup_free_ char *references = NULL;
		_cleanup_free_ char *said = NULL;
		int answer;
		int r;

		if (kmod_has_devices(context->root, others->items[i]) ||
		    kmod_is_vfio(others->items[i]) ||
		    root_read(context->root, 64, &references, "sys/module/%s/refcnt",
			      others->items[i]) < 0 ||
		    strcmp(references, "0") != 0)
			continue;
		r = try_unload(context, arguments, others->items[i], &answer, &said, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int unload(const struct worker_context *context, const char *const *arguments,
		  const char *module, struct error *error)
{
	int64_t end_ms = clock_now_ms() + UNLOAD_TRY_MS;

	while (kmod_is_loaded(context->root, module)) {
		_cleanup_free_ char *said = NULL;
		int answer = 0;
		int r = try_unload(context, arguments, module, &answer, &said, error);

		if (r < 0)
			return r;
		if (answer == 0 && !kmod_is_loaded(context->root, module))
			return 0;
		if (clock_left_ms(end_ms) == 0 ||
		    clock_left_ms(context->patience->deadline_ms) == 0 ||
		    patience_cancelled(context->patience))
			return report_in_use(context->root, module, said, error);
		clock_sleep_ms(UNLOAD_RETRY_MS, context->patience->deadline_ms);
	}
	return 0;
}

int kmod_unload(const struct worker_context *context, const char *module, struct error *error)
{
	const char *const with_others[] = { MODPROBE, "-r", "--", module, NULL };
	const char *const alone[] = { RMMOD, "--", module, NULL };
	_cleanup_strings_ struct strings others = STRINGS_INIT;
	bool stands_on_drivers = false;
	int r = kmod_list_dependencies(context->root, module, &others);

	if (r < 0)
		return error_set_errno(error, -r, "cannot see what the kernel module %s needs",
				       module);
	for (size_t i = 0; i < others.count; i++)
		stands_on_drivers |= kmod_has_devices(context->root, others.items[i]);
	r = unload(context, stands_on_drivers ? alone : with_others, module, error);
	return r == 0 && stands_on_drivers ? unload_others(context, &others, error) : r;
}
