/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/file.h"

#define STORAGE_MAX_BYTES 65536
#define COMMAND_LINE_MAX_BYTES 65536

/* What messages say of where a device is configured. */
#define WHERE "%s:%u: [device %s]"

/* ---- the root file system ----------------------------------------------------------------- */

int boot_storage_read(const struct root *root, struct boot_storage *ret_storage)
{
	_cleanup_boot_storage_ struct boot_storage storage = BOOT_STORAGE_INIT;
	_cleanup_free_ char *text = NULL;
	char *save = NULL;
	int r = root_read(root, STORAGE_MAX_BYTES, &text, BOOT_STORAGE_FILE);

	if (r == -ENOMEM)
		return r;
	storage.known = r == 0;
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		if (strings_add(&storage.functions, line) < 0)
			return -ENOMEM;
	boot_storage_clear(ret_storage);
	*ret_storage = storage;
	storage = BOOT_STORAGE_INIT;
	return 0;
}

void boot_storage_clear(struct boot_storage *storage)
{
	strings_clear(&storage->functions);
	*storage = BOOT_STORAGE_INIT;
}

static bool is_storage(const struct pci_function *function)
{
	return function->class >> 16 == 0x01;
}

/* The controller of a line of BOOT_STORAGE_FILE, when it still is where it was. */
static const struct pci_function *find_recorded(const char *line, const struct pci_functions *host)
{
	_cleanup_strings_ struct strings words = STRINGS_INIT;
	const struct pci_function *function;
	struct pci_address address;
	struct pci_id id;

	if (strings_split(&words, line) < 0 || words.count != 2 ||
	    pci_address_parse(words.items[0], &address) < 0 ||
	    pci_id_parse(words.items[1], &id) < 0)
		return NULL;
	function = pci_find(host, &address);
	return function && pci_id_matches(&id, &function->id) ? function : NULL;
}

/*
 * 1: it holds the root file system; 0: it does not; -1: it may, since the initramfs knows nothing
 * of that, or a controller has moved since.
 */
static int holds_root(const struct boot_storage *storage, const struct pci_functions *host,
		      const struct pci_function *function)
{
	bool known = storage->known;

	for (size_t i = 0; i < storage->functions.count; i++) {
		const struct pci_function *recorded =
			find_recorded(storage->functions.items[i], host);

		if (recorded == function)
			return 1;
		known = known && recorded;
	}
	return !known && is_storage(function) ? -1 : 0;
}

/* ---- selecting ---------------------------------------------------------------------------- */

static bool same_device(const struct pci_function *a, const struct pci_function *b)
{
	if (a->virtual_function || b->virtual_function)
		return a == b;
	return pci_address_same_device(&a->address, &b->address);
}

/* Takes out all functions of the device that `function` is of. */
static void drop_device(struct selection *selection, const struct pci_function *function)
{
	size_t kept = 0;

	for (size_t i = 0; i < selection->count; i++)
		if (!same_device(selection->items[i].function, function))
			selection->items[kept++] = selection->items[i];
	selection->count = kept;
}

static void refuse_root(const struct config *config, const struct selected_function *item,
			int holds, struct errors *errors)
{
	_cleanup_error_ struct error error = ERROR_INIT;

	error_set(&error, EBUSY,
		  holds > 0 ? WHERE ": %s holds the root file system"
			    : WHERE ": whether %s holds the root file system is not known here",
		  config->path, item->device->line, item->device->label, item->function->name);
	if (holds > 0)
		error_hint(&error, "Take it out of boot.ini, or name the one that is meant by its "
				   "address.");
	else
		error_hint(&error, "Make the initramfs anew on the running system; until then, "
				   "storage controllers stay with the host.");
	errors_add(errors, &error);
}

static void check_root(const struct config *config, const struct pci_functions *host,
		       const struct boot_storage *storage, struct selection *selection,
		       struct errors *errors)
{
	for (size_t i = 0; i < selection->count;) {
		const struct selected_function item = selection->items[i];
		int holds = holds_root(storage, host, item.function);

		if (holds == 0) {
			i++;
			continue;
		}
		refuse_root(config, &item, holds, errors);
		drop_device(selection, item.function);
		i = 0;
	}
}

static const struct selected_function *find_selected(const struct selection *selection,
						     const struct pci_function *function)
{
	for (size_t i = 0; i < selection->count; i++)
		if (selection->items[i].function == function)
			return &selection->items[i];
	return NULL;
}

/*
 * The display that must stay: when none of the host's would, the one that the firmware uses, or the
 * first. NULL: one stays, or there is none.
 */
static const struct pci_function *display_to_keep(const struct pci_functions *host,
						  const struct selection *selection)
{
	const struct pci_function *keep = NULL;

	for (size_t i = 0; i < host->count; i++) {
		const struct pci_function *function = &host->items[i];

		if (!pci_is_display(function))
			continue;
		if (!find_selected(selection, function))
			return NULL;
		if (!keep || (function->boot_display && !keep->boot_display))
			keep = function;
	}
	return keep;
}

static void check_display(const struct config *config, const struct pci_functions *host,
			  struct selection *selection, struct errors *errors)
{
	const struct pci_function *keep = display_to_keep(host, selection);
	const struct selected_function *item = keep ? find_selected(selection, keep) : NULL;
	_cleanup_error_ struct error error = ERROR_INIT;

	if (!item)
		return;
	error_set(&error, EBUSY, WHERE ": %s is the only display that the host would have",
		  config->path, item->device->line, item->device->label, keep->name);
	error_hint(&error, "If the screen may stay black, say so: allow-boot-display = yes in "
			   "[host].");
	errors_add(errors, &error);
	drop_device(selection, keep);
}

/* Adds what one section has selected; sections that agree may have selected the same. */
static int merge(const struct config *config, const struct selection *from,
		 struct selection *selection, struct errors *errors)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct selected_function *item = &from->items[i];
		const struct selected_function *other = find_selected(selection, item->function);
		_cleanup_error_ struct error error = ERROR_INIT;

		if (!other) {
			if (array_grow(&selection->items, selection->count,
				       sizeof(*selection->items)) < 0)
				return -ENOMEM;
			selection->items[selection->count++] = *item;
		} else if (strcmp(other->device->driver, item->device->driver) != 0) {
			error_set(&error, EINVAL, WHERE ": %s is to be on %s by [device %s]",
				  config->path, item->device->line, item->device->label,
				  item->function->name, other->device->driver,
				  other->device->label);
			error_hint(&error, "Give both sections the same driver.");
			errors_add(errors, &error);
		}
	}
	return 0;
}

static bool any_has_id(const struct config_device *device, const struct pci_functions *functions)
{
	for (size_t i = 0; i < functions->count; i++)
		if (pci_id_matches(&device->id, &functions->items[i].id))
			return true;
	return false;
}

static bool any_has_address(const struct config_device *device, const struct pci_functions *host)
{
	for (size_t i = 0; i < device->address_count; i++)
		for (size_t j = 0; j < host->count; j++)
			if (pci_address_same_device(&device->addresses[i].address,
						    &host->items[j].address))
				return true;
	return false;
}

/* A boot.ini may serve many hosts: what is listed by id alone need not be there. */
static bool is_optional(const struct config_device *device)
{
	return !device->address_count && device->count == CONFIG_COUNT_ANY;
}

static bool is_absent(const struct config_device *device, const struct pci_functions *host)
{
	return device->address_count ? !any_has_address(device, host) : !any_has_id(device, host);
}

int boot_select(const struct config *config, const struct pci_functions *host,
		const struct boot_storage *storage, struct selection *ret_selection,
		struct errors *absent, struct errors *errors)
{
	_cleanup_selection_ struct selection selection = SELECTION_INIT;

	for (size_t i = 0; i < config->device_count; i++) {
		_cleanup_selection_ struct selection section = SELECTION_INIT;
		_cleanup_error_ struct error error = ERROR_INIT;
		const struct config_device *device = &config->devices[i];
		bool there = !is_absent(device, host);
		int r;

		if (!there && is_optional(device))
			continue;
		r = select_device(config, device, host, &section, &error);
		if (r < 0)
			errors_add(there || !device->address_count ? errors : absent, &error);
		else
			r = merge(config, &section, &selection, errors);
		if (r == -ENOMEM)
			return r;
	}
	if (storage)
		check_root(config, host, storage, &selection, errors);
	if (!config->allow_boot_display)
		check_display(config, host, &selection, errors);
	selection_clear(ret_selection);
	*ret_selection = selection;
	selection = SELECTION_INIT;
	return 0;
}

bool boot_may_mean(const struct config *config, const struct pci_functions *device)
{
	for (size_t i = 0; i < config->device_count; i++) {
		const struct config_device *listed = &config->devices[i];

		if (listed->has_id && !listed->address_count && any_has_id(listed, device))
			return true;
		for (size_t j = 0; j < listed->address_count && device->count; j++)
			if (pci_address_same_device(&listed->addresses[j].address,
						    &device->items[0].address))
				return true;
	}
	return false;
}

/* ---- this boot ---------------------------------------------------------------------------- */

bool boot_switched_off(const struct root *root)
{
	_cleanup_strings_ struct strings words = STRINGS_INIT;
	_cleanup_free_ char *line = NULL;

	/* for the kernel, too, "-" and "_" are the same in a name */
	return root_read(root, COMMAND_LINE_MAX_BYTES, &line, "proc/cmdline") == 0 &&
	       strings_split(&words, line) == 0 &&
	       (strings_contain(&words, "gpu_handoff=off") ||
		strings_contain(&words, "gpu-handoff=off"));
}

bool boot_in_initramfs(const struct root *root)
{
	struct statfs system;

	if (root_exists(root, "etc/initrd-release"))
		return true;
	return fstatfs(root->fd, &system) == 0 &&
	       (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

static const char *const note_names[] = {
	[BOOT_INITRAMFS] = "boot-initramfs",
	[BOOT_HOST] = "boot-host",
};

int boot_note_write(const struct store *store, enum boot_stage stage, const char *text)
{
	return file_replace(store->fd, note_names[stage], text, strlen(text));
}

int boot_note_read(const struct store *store, enum boot_stage stage, char **ret_text)
{
	const struct root directory = { .fd = store->fd };
	_cleanup_close_ int fd =
		root_open(&directory, O_RDONLY | O_NOFOLLOW, "%s", note_names[stage]);
	size_t length;

	if (fd < 0)
		return fd;
	return file_read(fd, CONFIG_FILE_MAX_BYTES, ret_text, &length);
}
