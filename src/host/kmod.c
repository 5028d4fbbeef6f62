/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/kmod.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "host/pci_id.h"

#define MODULES_MAX_BYTES (4 * 1024 * 1024)
#define LIST_MAX_BYTES (16 * 1024 * 1024)
#define RELEASE_MAX_BYTES 256
#define STATE_MAX_BYTES 32

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
	return root_look(root, "sys/module/%s/initstate", module) != 0;
}

int kmod_check_unloadable(const struct root *root, const struct strings *modules,
			  struct error *error)
{
	for (size_t i = 0; i < modules->count; i++) {
		const char *module = modules->items[i];
		int loaded = root_look(root, "sys/module/%s/initstate", module);
		int there = loaded == 0 ? root_look(root, "sys/module/%s", module) : loaded;

		if (there < 0)
			return error_set_errno(error, -there,
					       "cannot see whether the module %s is loaded",
					       module);
		if (loaded || !there)
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

/*
 * The state is "coming", "live" or "going" (kernel/module/sysfs.c): the kernel keeps the file until
 * the module's exit() has returned. A state that cannot be read is taken for none: to load what is
 * there does nothing.
 */
static bool is_live(const struct root *root, const char *module)
{
	_cleanup_free_ char *state = NULL;

	return root_read(root, STATE_MAX_BYTES, &state, "sys/module/%s/initstate", module) == 0 &&
	       strcmp(state, "live") == 0;
}

int kmod_list_missing(const struct root *root, const struct strings *list, struct strings *ret_list)
{
	_cleanup_strings_ struct strings missing = STRINGS_INIT;

	for (size_t i = 0; i < list->count; i++)
		if (!is_live(root, list->items[i]) && strings_add(&missing, list->items[i]) < 0)
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
	int r = root_list(root, &drivers, "sys/module/%s/drivers", module);

	for (size_t i = 0; r == 0 && i < drivers.count; i++) {
		_cleanup_strings_ struct strings entries = STRINGS_INIT;
		const char *colon = strchr(drivers.items[i], ':');
		size_t length = colon ? (size_t)(colon - drivers.items[i]) : 0;

		if (!colon ||
		    (bus && (strlen(bus) != length || strncmp(drivers.items[i], bus, length) != 0)))
			continue;
		r = root_list(root, &entries, "sys/bus/%.*s/drivers/%s", (int)length,
			      drivers.items[i], colon + 1);
		if (root_says_missing(r))
			r = 0;
		for (size_t j = 0; r == 0 && j < entries.count; j++) {
			bool file = false;

			for (size_t k = 0; k < ARRAY_SIZE(files) && !file; k++)
				file = strcmp(entries.items[j], files[k]) == 0;
			if (!file)
				r = strings_add(devices, entries.items[j]);
		}
	}
	return root_says_missing(r) ? 0 : r;
}

int kmod_list_functions(const struct root *root, const char *module, struct strings *ret_functions)
{
	_cleanup_strings_ struct strings devices = STRINGS_INIT;
	_cleanup_strings_ struct strings functions = STRINGS_INIT;
	struct pci_address address;
	int r = add_devices(root, module, "pci", &devices);

	if (r < 0)
		return r;
	for (size_t i = 0; i < devices.count; i++)
		if (pci_address_parse(devices.items[i], &address) == 0 &&
		    strings_add(&functions, devices.items[i]) < 0)
			return -ENOMEM;
	strings_clear(ret_functions);
	*ret_functions = functions;
	functions = STRINGS_INIT;
	return 0;
}

bool kmod_has_devices(const struct root *root, const char *module)
{
	_cleanup_strings_ struct strings devices = STRINGS_INIT;

	return add_devices(root, module, NULL, &devices) < 0 || devices.count > 0;
}

int kmod_list_dependencies(const struct root *root, const char *module, struct strings *ret_list)
{
	_cleanup_strings_ struct strings list = STRINGS_INIT;
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
			r = strings_add(&list, loaded[i].name);
	if (r < 0)
		return r;
	strings_clear(ret_list);
	*ret_list = list;
	list = STRINGS_INIT;
	return 0;
}
