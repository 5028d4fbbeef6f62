/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/boot_select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/vfio.h"

/* What messages say of where a device is configured. */
#define WHERE "%s:%u: [device %s]"

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
			    : WHERE ": whether %s leads to the root file system is not known here",
		  config->path, item->device->line, item->device->label, item->function->name);
	if (holds > 0)
		error_hint(&error, "Take it out of boot.ini, or name the one that is meant by its "
				   "address.");
	else
		error_hint(&error,
			   "Make the initramfs anew on the running system; until then, what "
			   "may lead to it stays with the host.");
	errors_add(errors, &error);
}

static void check_root(const struct config *config, const struct pci_functions *host,
		       const struct boot_storage *storage, struct selection *selection,
		       struct errors *errors)
{
	for (size_t i = 0; i < selection->count;) {
		const struct selected_function item = selection->items[i];
		int holds = boot_storage_holds(storage, host, item.function);

		if (holds == 0) {
			i++;
			continue;
		}
		refuse_root(config, &item, holds, errors);
		drop_device(selection, item.function);
		i = 0;
	}
}

/* A display that a VM has, or that waits for one, is none of the host's; a virtual one neither. */
static bool is_hosts_display(const struct pci_function *function)
{
	return pci_is_display(function) && !function->virtual_function &&
	       !(function->driver &&
		 (strstr(function->driver, "vfio") || strcmp(function->driver, STUB_DRIVER) == 0));
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

		if (!is_hosts_display(function))
			continue;
		if (!selection_has(selection, &function->address))
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
	const struct selected_function *item =
		keep ? selection_find(selection, &keep->address) : NULL;
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

static int append(const struct selection *section, struct selection *selection)
{
	for (size_t i = 0; i < section->count; i++) {
		if (array_grow(&selection->items, selection->count, sizeof(*selection->items)) < 0)
			return -ENOMEM;
		selection->items[selection->count++] = section->items[i];
	}
	return 0;
}

static void report_dispute(const struct config *config, const struct selected_function *first,
			   const struct selected_function *second, struct errors *errors)
{
	_cleanup_error_ struct error error = ERROR_INIT;

	error_set(&error, EINVAL, WHERE ": %s is to be on %s by [device %s]", config->path,
		  second->device->line, second->device->label, second->function->name,
		  first->device->driver, first->device->label);
	error_hint(&error, "Give both sections the same driver.");
	errors_add(errors, &error);
}

/*
 * Functions that several sections mean: each stays once, and a device that sections differ about is
 * left to the host.
 */
static void settle_repeated(const struct config *config, struct selection *selection,
			    struct errors *errors)
{
	for (size_t i = 0; i < selection->count;) {
		const struct selected_function *item = &selection->items[i];
		const struct selected_function *first =
			selection_find(selection, &item->function->address);

		if (first == item) {
			i++;
		} else if (strcmp(first->device->driver, item->device->driver) == 0) {
			selection->count--;
			memmove(&selection->items[i], &selection->items[i + 1],
				(selection->count - i) * sizeof(*selection->items));
		} else {
			const struct pci_function *function = item->function;

			report_dispute(config, first, item, errors);
			drop_device(selection, function);
			i = 0;
		}
	}
}

/*
 * On bus 00 a slot holds parts of the chipset that have nothing to do with each other: an id there
 * means the functions that have it, and not a network card beside them.
 */
static void drop_chipset(const struct config_device *device, struct selection *section)
{
	size_t kept = 0;

	for (size_t i = 0; i < section->count; i++) {
		const struct pci_function *function = section->items[i].function;

		if (device->address_count || function->address.bus != 0 ||
		    pci_id_matches(&device->id, &function->id))
			section->items[kept++] = section->items[i];
	}
	section->count = kept;
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
		drop_chipset(device, &section);
		if (r < 0)
			errors_add(there || !device->address_count ? errors : absent, &error);
		else
			r = append(&section, &selection);
		if (r == -ENOMEM)
			return r;
	}
	settle_repeated(config, &selection, errors);
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
	for (size_t i = 0; i < config->device_count; i++)
		if (!is_absent(&config->devices[i], device))
			return true;
	return false;
}
