/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/kmod.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "host/pci_id.h"

/* There on every distribution, as a link where /sbin and /usr/bin are one. */
#define MODPROBE "/sbin/modprobe"
#define RMMOD "/sbin/rmmod"

#define MODULES_MAX_BYTES (4 * 1024 * 1024)
#define LIST_MAX_BYTES (16 * 1024 * 1024)
#define RELEASE_MAX_BYTES 256

/* The last references of a process that has just ended go a moment later. */
#define UNLOAD_TRY_MS 2000
#define UNLOAD_RETRY_MS 100

void kmod_normalize(char *name)
{
	for (; *name; name++)
		if (*name == '-')
			*name = '_';
}

bool kmod_is_vfio(const char *name)
{
	return strncmp(name, "vfio", strlen("vfio")) == 0;
}

int kmod_open_list(const struct root *root, const char *name)
{
	_cleanup_free_ char *release = NULL;
	int r = root_read(root, RELEASE_MAX_BYTES, &release, "proc/sys/kernel/osrelease");

	return r < 0 ? r : root_open(root, O_RDONLY, "lib/modules/%s/%s", release, name);
}

/*
 * Whether a list has the module's file: in a line "kernel/drivers/pci/pci-stub.ko", behind which
 * there may be more, with "-" and "_" as the file is called. Returns 1, 0 or a negative errno.
 */
static int list_has(const struct root *root, const char *name, const char *module, const char *end)
{
	_cleanup_close_ int fd = kmod_open_list(root, name);
	_cleanup_free_ char *file = text_format("/%s.ko%s", module, end);
	_cleanup_free_ char *list = NULL;
	size_t length;
	int r = fd < 0 ? fd : file ? file_read(fd, LIST_MAX_BYTES, &list, &length) : -ENOMEM;

	if (r < 0)
		return r;
	kmod_normalize(file);
	kmod_normalize(list);
	return strstr(list, file) != NULL;
}

bool kmod_is_built_in(const struct root *root, const char *module)
{
	return list_has(root, "modules.builtin", module, "\n") == 1;
}

int kmod_is_there(const struct root *root, const char *module)
{
	/* a file may be compressed: "vfio-pci.ko.xz:" */
	return kmod_is_built_in(root, module) ? 1 : list_has(root, "modules.dep", module, "");
}

bool kmod_is_loaded(const struct root *root, const char *module)
{
	/* built-in modules with parameters have a directory too, but no state */
	return root_exists(root, "sys/module/%s/initstate", module);
}

int kmod_check_unloadable(const struct root *root, const struct strings *modules,
			  struct error *error)
{
	for (size_t i = 0; i < modules->count; i++) {
		const char *module = modules->items[i];

		if (kmod_is_loaded(root, module) || !root_exists(root, "sys/module/%s", module))
			continue;
		error_set(error, EINVAL, "the module %s cannot be unloaded", module);
		error_why(error, "it is built into the kernel");
		error_hint(error, "Take it out of `unload =` in [host] of the VM's INI file.");
		return -EINVAL;
	}
	return 0;
}

/* ---- what is loaded ----------------------------------------------------------------------- */

/* A line of /proc/modules: "snd 114688 9 snd_hda_intel,snd_timer, Live 0x0000000000000000". */
struct loaded {
	const char *name;
	const char *users; /* "a,b," or "-" */
	bool wanted;
};

static bool has_user(const struct loaded *module, const char *name)
{
	size_t length = strlen(name);

	for (const char *user = module->users; *user; user += strspn(user, ",")) {
		size_t word = strcspn(user, ",");

		if (word == length && strncmp(user, name, length) == 0)
			return true;
		user += word;
	}
	return false;
}

/* Reads the lines of `text`, which they point into. The latest module comes first. */
static int read_loaded(char *text, struct loaded **ret_modules, size_t *ret_count)
{
	struct loaded *modules = NULL;
	char *rest = NULL;
	size_t count = 0;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *words = NULL;
		const char *name = strtok_r(line, " ", &words);
		const char *size = strtok_r(NULL, " ", &words);
		const char *references = strtok_r(NULL, " ", &words);
		const char *users = strtok_r(NULL, " ", &words);

		if (!name || !size || !references || !users)
			continue;
		if (array_grow(&modules, count, sizeof(*modules)) < 0) {
			free(modules);
			return -ENOMEM;
		}
		modules[count].name = name;
		modules[count++].users = users;
	}
	*ret_modules = modules;
	*ret_count = count;
	return 0;
}

/* Marks what the wanted ones depend on. A module stands behind those that use it. */
static void mark_dependencies(struct loaded *modules, size_t count)
{
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < count; i++)
			for (size_t j = 0; j < count && !modules[i].wanted; j++)
				if (modules[j].wanted && has_user(&modules[i], modules[j].name))
					more = modules[i].wanted = true;
	}
}

int kmod_list_loaded(const struct root *root, struct strings *ret_list, struct error *error)
{
	_cleanup_strings_ struct strings list = STRINGS_INIT;
	_cleanup_free_ struct loaded *loaded = NULL;
	_cleanup_free_ char *text = NULL;
	size_t count = 0;
	int r = root_read(root, MODULES_MAX_BYTES, &text, "proc/modules");

	if (r == -ENOENT) /* a kernel without modules */
		return 0;
	if (r == 0)
		r = read_loaded(text, &loaded, &count);
	for (size_t i = count; r == 0 && i > 0; i--)
		r = strings_add(&list, loaded[i - 1].name);
	if (r < 0)
		return error_set_errno(error, -r, "cannot see which kernel modules are loaded");
	strings_clear(ret_list);
	*ret_list = list;
	list = STRINGS_INIT;
	return 0;
}

int kmod_list_missing(const struct root *root, const struct strings *list, struct strings *ret_list)
{
	_cleanup_strings_ struct strings missing = STRINGS_INIT;

	for (size_t i = 0; i < list->count; i++)
		if (!kmod_is_loaded(root, list->items[i]) &&
		    strings_add(&missing, list->items[i]) < 0)
			return -ENOMEM;
	strings_clear(ret_list);
	*ret_list = missing;
	missing = STRINGS_INIT;
	return 0;
}

/* ---- what stands on it -------------------------------------------------------------------- */

/* Appends the devices that are on the module's drivers, of one bus or (NULL) any. */
static int add_devices(const struct root *root, const char *module, const char *bus,
		       struct strings *devices)
{
	static const char *const files[] = { "bind",      "unbind", "uevent",
					     "remove_id", "new_id", "module" };
	_cleanup_strings_ struct strings drivers = STRINGS_INIT;

	if (root_list(root, &drivers, "sys/module/%s/drivers", module) < 0)
		return 0;
	for (size_t i = 0; i < drivers.count; i++) {
		_cleanup_strings_ struct strings entries = STRINGS_INIT;
		const char *colon = strchr(drivers.items[i], ':');
		size_t length = colon ? (size_t)(colon - drivers.items[i]) : 0;

		if (!colon ||
		    (bus &&
		     (strlen(bus) != length || strncmp(drivers.items[i], bus, length) != 0)) ||
		    root_list(root, &entries, "sys/bus/%.*s/drivers/%s", (int)length,
			      drivers.items[i], colon + 1) < 0)
			continue;
		for (size_t j = 0; j < entries.count; j++) {
			bool file = false;

			for (size_t k = 0; k < ARRAY_SIZE(files) && !file; k++)
				file = strcmp(entries.items[j], files[k]) == 0;
			if (!file && strings_add(devices, entries.items[j]) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

int kmod_list_functions(const struct root *root, const char *module, struct strings *ret_functions)
{
	_cleanup_strings_ struct strings devices = STRINGS_INIT;
	_cleanup_strings_ struct strings functions = STRINGS_INIT;
	struct pci_address address;

	if (add_devices(root, module, "pci", &devices) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < devices.count; i++)
		if (pci_address_parse(devices.items[i], &address) == 0 &&
		    strings_add(&functions, devices.items[i]) < 0)
			return -ENOMEM;
	strings_clear(ret_functions);
	*ret_functions = functions;
	functions = STRINGS_INIT;
	return 0;
}

static bool has_devices(const struct root *root, const char *module)
{
	_cleanup_strings_ struct strings devices = STRINGS_INIT;

	return add_devices(root, module, NULL, &devices) < 0 || devices.count > 0;
}

/* What the module depends on, each before its own dependencies. Returns 0 or a negative errno. */
static int list_dependencies(const struct root *root, const char *module, struct strings *list)
{
	_cleanup_free_ struct loaded *loaded = NULL;
	_cleanup_free_ char *text = NULL;
	size_t count = 0;
	int r = root_read(root, MODULES_MAX_BYTES, &text, "proc/modules");

	if (r == 0)
		r = read_loaded(text, &loaded, &count);
	for (size_t i = 0; r == 0 && i < count; i++)
		loaded[i].wanted = strcmp(loaded[i].name, module) == 0;
	if (r == 0)
		mark_dependencies(loaded, count);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (loaded[i].wanted && strcmp(loaded[i].name, module) != 0)
			r = strings_add(list, loaded[i].name);
	return r;
}

/* ---- changes ------------------------------------------------------------------------------ */

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

		if (has_devices(context->root, others->items[i]) ||
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
		int answer;
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
	int r = list_dependencies(context->root, module, &others);

	if (r < 0)
		return error_set_errno(error, -r, "cannot see what the kernel module %s needs",
				       module);
	for (size_t i = 0; i < others.count; i++)
		stands_on_drivers |= has_devices(context->root, others.items[i]);
	r = unload(context, stands_on_drivers ? alone : with_others, module, error);
	return r == 0 && stands_on_drivers ? unload_others(context, &others, error) : r;
}
