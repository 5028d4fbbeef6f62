/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/select.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

/* What messages say of where a device is configured. */
#define WHERE "%s:%u: [device %s]"

const struct selected_function *selection_find(const struct selection *selection,
					       const struct pci_address *address)
{
	for (size_t i = 0; i < selection->count; i++)
		if (pci_address_compare(&selection->items[i].function->address, address) == 0)
			return &selection->items[i];
	return NULL;
}

bool selection_has(const struct selection *selection, const struct pci_address *address)
{
	return selection_find(selection, address) != NULL;
}

void selection_clear(struct selection *selection)
{
	free(selection->items);
	*selection = SELECTION_INIT;
}

/* A function that two sections select would have two answers to what becomes of it. */
static int report_twice(const struct selected_function *item, const struct config *config,
			const struct config_device *device, struct error *error)
{
	error_set(error, EINVAL, WHERE ": %s is selected by [device %s] too", config->path,
		  device->line, device->label, item->function->name, item->device->label);
	error_hint(error, "Name the devices by address, each in one section.");
	return -EINVAL;
}

static int add_function(struct selection *selection, const struct pci_function *function,
			const struct config *config, const struct config_device *device,
			struct error *error)
{
	struct selected_function *item;

	for (size_t i = 0; i < selection->count; i++)
		if (selection->items[i].function == function)
			return report_twice(&selection->items[i], config, device, error);
	if (array_grow(&selection->items, selection->count, sizeof(*item)) < 0)
		return error_set_errno(error, ENOMEM, "cannot select the devices");
	item = &selection->items[selection->count++];
	item->function = function;
	item->device = device;
	return 0;
}

/*
 * Adds the functions of a whole device. Bridges are not part of what goes to a VM, and virtual
 * functions are devices of their own.
 */
static int add_device(struct selection *selection, const struct pci_address *address,
		      const struct pci_functions *host, const struct config *config,
		      const struct config_device *device, struct error *error)
{
	for (size_t i = 0; i < host->count; i++) {
		const struct pci_function *function = &host->items[i];
		int r;

		if (function->bridge || function->virtual_function ||
		    !pci_address_same_device(&function->address, address))
			continue;
		r = add_function(selection, function, config, device, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool device_has_id(const struct pci_address *address, const struct pci_id *id,
			  const struct pci_functions *host)
{
	for (size_t i = 0; i < host->count; i++)
		if (!host->items[i].virtual_function &&
		    pci_address_same_device(&host->items[i].address, address) &&
		    pci_id_matches(id, &host->items[i].id))
			return true;
	return false;
}

/* The listed function, or one that the listed device has. */
static const struct pci_function *find_listed(const struct config_address *listed,
					      const struct pci_functions *host)
{
	const struct pci_function *virtual_function = NULL;

	if (!listed->whole)
		return pci_find(host, &listed->address);
	for (size_t i = 0; i < host->count; i++) {
		const struct pci_function *function = &host->items[i];

		if (!pci_address_same_device(&function->address, &listed->address))
			continue;
		if (!function->virtual_function)
			return function;
		if (!virtual_function)
			virtual_function = function;
	}
	return virtual_function;
}

static bool has_wanted_id(const struct config_device *device, const struct config_address *listed,
			  const struct pci_function *function, const struct pci_functions *host)
{
	if (function->virtual_function)
		return pci_id_matches(&device->id, &function->id);
	return device_has_id(&listed->address, &device->id, host);
}

static int verify_listed(const struct config *config, const struct config_device *device,
			 const struct config_address *listed, const struct pci_functions *host,
			 struct error *error)
{
	const struct pci_function *function = find_listed(listed, host);
	char text[PCI_ADDRESS_SIZE];

	config_address_format(listed, text);
	if (!function) {
		error_set(error, ENODEV, WHERE ": this host has no PCI device %s", config->path,
			  listed->line, device->label, text);
		error_hint(error, "Addresses change when cards are added or moved. Find the new "
				  "one with: lspci -Dnn");
		return -ENODEV;
	}
	if (function->bridge) {
		error_set(error, EINVAL, WHERE ": %s is a bridge", config->path, listed->line,
			  device->label, text);
		error_hint(error, "Bridges stay with the host. List the devices behind it.");
		return -EINVAL;
	}
	if (listed->whole && function->virtual_function) {
		error_set(error, EINVAL, WHERE ": %s has virtual functions (SR-IOV) only",
			  config->path, listed->line, device->label, text);
		error_hint(error, "List each one that the VM gets: address = %s", function->name);
		return -EINVAL;
	}
	if (device->has_id && !has_wanted_id(device, listed, function, host)) {
		error_set(error, ENODEV, WHERE ": no function of the device at %s has the id",
			  config->path, listed->line, device->label, text);
		error_why(error, "%s is %04x:%04x (subsystem %04x:%04x)", function->name,
			  function->id.vendor, function->id.device, function->id.subvendor,
			  function->id.subdevice);
		error_hint(error, "Addresses change when cards are added or moved. Find the device "
				  "with: lspci -Dnn");
		return -ENODEV;
	}
	return 0;
}

static int select_by_address(const struct config *config, const struct config_device *device,
			     const struct pci_functions *host, struct selection *selection,
			     struct error *error)
{
	for (size_t i = 0; i < device->address_count; i++) {
		const struct config_address *listed = &device->addresses[i];
		int r = verify_listed(config, device, listed, host, error);

		if (r == 0 && listed->whole)
			r = add_device(selection, &listed->address, host, config, device, error);
		else if (r == 0)
			r = add_function(selection, pci_find(host, &listed->address), config,
					 device, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int report_count(const struct config *config, const struct config_device *device,
			const struct strings *found, struct error *error)
{
	_cleanup_free_ char *list = strings_join(found, ", ");
	char id[PCI_ID_SIZE];

	pci_id_format(&device->id, id);
	if (found->count == 0) {
		error_set(error, ENODEV, WHERE ": no device with the id %s is on this host",
			  config->path, device->id_line, device->label, id);
		error_hint(error, "See which devices there are with: lspci -Dnn");
		return -ENODEV;
	}
	error_set(error, ENODEV, WHERE ": %zu devices with the id %s are on this host, not %u",
		  config->path, device->id_line, device->label, found->count, id, device->count);
	error_why(error, "they are %s", list ? list : "(no memory)");
	error_hint(error,
		   "Say which one is meant (address = %s), or that there are as many "
		   "(count = %zu).",
		   found->items[0], found->count);
	return -ENODEV;
}

/* A virtual function is a device of its own, named by its full address. */
static void device_text(const struct pci_function *function, char ret_text[PCI_ADDRESS_SIZE])
{
	if (function->virtual_function)
		pci_address_format(&function->address, ret_text);
	else
		pci_address_format_device(&function->address, ret_text);
}

static int select_by_id(const struct config *config, const struct config_device *device,
			const struct pci_functions *host, struct selection *selection,
			struct error *error)
{
	_cleanup_strings_ struct strings found = STRINGS_INIT;

	for (size_t i = 0; i < host->count; i++) {
		const struct pci_function *function = &host->items[i];
		char text[PCI_ADDRESS_SIZE];
		int r;

		device_text(function, text);
		if (function->bridge || !pci_id_matches(&device->id, &function->id) ||
		    strings_contain(&found, text))
			continue;
		if (strings_add(&found, text) < 0)
			return error_set_errno(error, ENOMEM, "cannot select the devices");
		if (function->virtual_function)
			r = add_function(selection, function, config, device, error);
		else
			r = add_device(selection, &function->address, host, config, device, error);
		if (r < 0)
			return r;
	}
	if (found.count == 0 || (device->count != CONFIG_COUNT_ANY && found.count != device->count))
		return report_count(config, device, &found, error);
	return 0;
}

static bool device_is_wanted(const struct config_device *device, const struct selection *selection)
{
	for (size_t i = 0; i < selection->count; i++)
		if (selection->items[i].device == device && selection->items[i].hostdev)
			return true;
	return false;
}

/* Takes out the devices of which the domain has no function. */
static int drop_unwanted(const struct config *config, struct selection *selection,
			 struct strings *warnings)
{
	size_t kept = 0;

	for (size_t i = 0; i < config->device_count; i++) {
		const struct config_device *device = &config->devices[i];
		_cleanup_free_ char *warning = NULL;

		if (device_is_wanted(device, selection))
			continue;
		warning = text_format(WHERE " is skipped: no function of it is a hostdev of the VM",
				      config->path, device->line, device->label);
		if (!warning || strings_add(warnings, warning) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < selection->count; i++)
		if (device_is_wanted(selection->items[i].device, selection))
			selection->items[kept++] = selection->items[i];
	selection->count = kept;
	return 0;
}

static int warn_unlisted(const struct config *config, const struct domain *domain,
			 const struct selection *selection, struct strings *warnings)
{
	for (size_t i = 0; i < domain->hostdev_count; i++) {
		const struct domain_hostdev *hostdev = &domain->hostdevs[i];
		_cleanup_free_ char *warning = NULL;
		char text[PCI_ADDRESS_SIZE];

		if (hostdev->managed || selection_has(selection, &hostdev->address))
			continue;
		pci_address_format(&hostdev->address, text);
		warning = text_format("the VM's hostdev %s is neither managed by libvirt nor "
				      "listed in %s",
				      text, config->path);
		if (!warning || strings_add(warnings, warning) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int compare_items(const void *a, const void *b)
{
	const struct selected_function *left = a;
	const struct selected_function *right = b;

	return pci_address_compare(&left->function->address, &right->function->address);
}

int select_device(const struct config *config, const struct config_device *device,
		  const struct pci_functions *host, struct selection *selection,
		  struct error *error)
{
	return device->address_count ? select_by_address(config, device, host, selection, error)
				     : select_by_id(config, device, host, selection, error);
}

/* Holds what is selected against the domain's hostdevs. */
static int compare_with_domain(const struct config *config, const struct domain *domain,
			       struct selection *selection, struct strings *warnings)
{
	for (size_t i = 0; i < selection->count; i++)
		selection->items[i].hostdev =
			domain_find_hostdev(domain, &selection->items[i].function->address);
	/* unlisted means listed nowhere: looked at before skipped devices are dropped */
	if (warn_unlisted(config, domain, selection, warnings) < 0)
		return -ENOMEM;
	return drop_unwanted(config, selection, warnings);
}

int select_functions(const struct config *config, const struct domain *domain,
		     const struct pci_functions *host, struct selection *ret_selection,
		     struct strings *warnings, struct error *error)
{
	_cleanup_selection_ struct selection selection = SELECTION_INIT;

	for (size_t i = 0; i < config->device_count; i++) {
		int r = select_device(config, &config->devices[i], host, &selection, error);

		if (r < 0)
			return r;
	}
	if (domain && compare_with_domain(config, domain, &selection, warnings) < 0)
		return error_set_errno(error, ENOMEM, "cannot select the devices");
	if (selection.count)
		qsort(selection.items, selection.count, sizeof(*selection.items), compare_items);
	*ret_selection = selection;
	selection = SELECTION_INIT;
	return 0;
}
