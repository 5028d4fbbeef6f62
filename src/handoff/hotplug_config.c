/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/hotplug_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "handoff/select.h"

/* What messages call a device that no section lists. */
#define LABEL_UNLISTED "attach"

static int no_memory(struct error *error)
{
	return error_set_errno(error, ENOMEM, "cannot select the devices");
}

static int add_address(struct config_device *device, const struct pci_address *address)
{
	if (array_grow(&device->addresses, device->address_count, sizeof(*device->addresses)) < 0)
		return -ENOMEM;
	device->addresses[device->address_count++] =
		(struct config_address){ .address = *address, .line = device->line };
	return 0;
}

/* A section like `like`, or with the defaults (NULL), and no address yet. NULL without memory. */
static struct config_device *add_section(struct config *config, const struct config_device *like)
{
	struct config_device *device;

	if (array_grow(&config->devices, config->device_count, sizeof(*device)) < 0)
		return NULL;
	device = &config->devices[config->device_count++];
	device->label = strdup(like ? like->label : LABEL_UNLISTED);
	if (!device->label || !like)
		return device->label ? device : NULL;
	device->line = like->line;
	device->driver = like->driver ? strdup(like->driver) : NULL;
	device->restore = like->restore;
	device->restore_driver = like->restore_driver ? strdup(like->restore_driver) : NULL;
	device->in_use = like->in_use;
	device->take_usb = like->take_usb;
	if ((like->driver && !device->driver) || (like->restore_driver && !device->restore_driver))
		return NULL;
	return device;
}

/* Whether a section that cannot be verified may mean one of the functions. */
static bool may_mean(const struct config_device *section, const struct pci_addresses *functions,
		     const struct pci_functions *host)
{
	for (size_t i = 0; i < functions->count; i++) {
		const struct pci_address *wanted = &functions->items[i];

		for (size_t j = 0; j < section->address_count; j++)
			if (pci_address_same_device(&section->addresses[j].address, wanted))
				return true;
		for (size_t j = 0; section->address_count == 0 && j < host->count; j++)
			if (pci_address_same_device(&host->items[j].address, wanted) &&
			    pci_id_matches(&section->id, &host->items[j].id))
				return true;
	}
	return false;
}

static bool selects(const struct selection *selection, const struct pci_addresses *functions)
{
	for (size_t i = 0; i < functions->count; i++)
		if (selection_has(selection, &functions->items[i]))
			return true;
	return false;
}

/*
 * Takes a section of the INI file if it is about one of the functions. `covered` get all that it
 * selects. Returns 1 or 0, or a negative errno with `error` filled.
 */
static int take_section(const struct config *ini, const struct config_device *section,
			const struct pci_addresses *functions, const struct pci_addresses *claimed,
			const struct pci_functions *host, struct pci_addresses *covered,
			struct config *config, struct error *error)
{
	_cleanup_selection_ struct selection selection = SELECTION_INIT;
	_cleanup_error_ struct error broken = ERROR_INIT;
	struct config_device *taken = NULL;
	int r = select_device(ini, section, host, &selection, &broken);

	if (r < 0) {
		if (!may_mean(section, functions, host))
			return 0;
		error_move(error, &broken);
		return r;
	}
	if (!selects(&selection, functions))
		return 0;
	for (size_t i = 0; i < selection.count; i++) {
		const struct pci_address *address = &selection.items[i].function->address;

		if (pci_addresses_add(covered, address) < 0)
			return no_memory(error);
		if (pci_addresses_have(claimed, address))
			continue;
		if (!taken)
			taken = add_section(config, section);
		if (!taken || add_address(taken, address) < 0)
			return no_memory(error);
	}
	return 1;
}

static int take_rest(const struct pci_addresses *functions, const struct pci_addresses *claimed,
		     const struct pci_addresses *covered, struct config *config,
		     struct error *error)
{
	struct config_device *rest = NULL;

	for (size_t i = 0; i < functions->count; i++) {
		const struct pci_address *address = &functions->items[i];

		if (pci_addresses_have(claimed, address) || pci_addresses_have(covered, address))
			continue;
		if (!rest)
			rest = add_section(config, NULL);
		if (!rest || add_address(rest, address) < 0)
			return no_memory(error);
	}
	return 0;
}

/* What the [host] section says. */
static void take_host(struct config *ini, struct config *config)
{
	config->stop = ini->stop;
	config->unload = ini->unload;
	config->detach_consoles = ini->detach_consoles;
	ini->stop = STRINGS_INIT;
	ini->unload = STRINGS_INIT;
}

int hotplug_configure(const struct operation *operation, const struct pci_addresses *functions,
		      const struct pci_addresses *claimed, const struct pci_functions *host,
		      struct config *config, struct error *error)
{
	_cleanup_pci_addresses_ struct pci_addresses covered = PCI_ADDRESSES_INIT;
	_cleanup_config_ struct config ini = CONFIG_INIT;
	bool listed = false;
	int r = config_load(operation->root, operation->vm, &ini, error);

	if (r < 0 && r != -ENOENT)
		return r;
	config->timeout_ms = r == 0 ? ini.timeout_ms : CONFIG_TIMEOUT_DEFAULT_MS;
	config->wait_ms = r == 0 ? ini.wait_ms : CONFIG_WAIT_DEFAULT_MS;
	config->path = strdup(r == 0 ? ini.path : "(no INI file)");
	if (!config->path)
		return no_memory(error);
	for (size_t i = 0; i < ini.device_count; i++) {
		r = take_section(&ini, &ini.devices[i], functions, claimed, host, &covered, config,
				 error);
		if (r < 0)
			return r;
		listed |= r > 0;
	}
	if (listed && config->device_count)
		take_host(&ini, config);
	return take_rest(functions, claimed, &covered, config, error);
}
