/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/boot_apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "handoff/boot_view.h"

static int no_memory(struct error *error)
{
	return error_set_errno(error, ENOMEM, "cannot move the device");
}

/* One function by its address, to be restored as it was should the move fail. */
static int add_function(const struct selected_function *selected, struct config *config)
{
	struct config_device *device;

	if (array_grow(&config->devices, config->device_count, sizeof(*device)) < 0)
		return -ENOMEM;
	device = &config->devices[config->device_count++];
	device->label = strdup(selected->device->label);
	device->line = selected->device->line;
	device->driver = strdup(selected->device->driver);
	device->addresses = calloc(1, sizeof(*device->addresses));
	if (!device->label || !device->driver || !device->addresses)
		return -ENOMEM;
	device->addresses[0].address = selected->function->address;
	device->addresses[0].line = device->line;
	device->address_count = 1;
	return 0;
}

/*
 * What boot.ini lists of the device, as a configuration. *ret_needed: whether something of it is
 * not on its stub driver yet.
 */
static int find_work(const struct root *root, const struct pci_address *address,
		     struct config *ret_work, bool *ret_needed, struct error *error)
{
	_cleanup_boot_view_ struct boot_view view = BOOT_VIEW_INIT;
	int r = boot_view_load(root, &view, error);

	if (r == 0)
		r = boot_view_select(root, NULL, &view, error);
	if (r < 0)
		return r;
	ret_work->path = strdup(view.config.path);
	ret_work->timeout_ms = view.config.timeout_ms;
	ret_work->wait_ms = view.config.wait_ms;
	if (!ret_work->path)
		return no_memory(error);
	*ret_needed = false;
	for (size_t i = 0; i < view.selection.count; i++) {
		const struct selected_function *selected = &view.selection.items[i];

		if (!pci_address_same_device(&selected->function->address, address))
			continue;
		if (add_function(selected, ret_work) < 0)
			return no_memory(error);
		if (!text_same(selected->function->driver, selected->device->driver))
			*ret_needed = true;
	}
	return 0;
}

/* One that was killed half way has left its claim. */
static bool has_claim(const struct operation *operation)
{
	_cleanup_strings_ struct strings vms = STRINGS_INIT;

	return claim_list(operation->store, &vms, NULL) == 0 &&
	       strings_contain(&vms, operation->vm);
}

/* What a VM's start is told to write into its INI file has no place in boot.ini. */
static void replace_advice(const char *device, struct error *error)
{
	if (error->hint && strstr(error->hint, "VM's INI file"))
		error_hint(
			error,
			"End what uses it, which `gpu-handoff holders %s` shows, and try again; or "
			"have the\ninitramfs made anew and reboot: then no host driver gets it.",
			device);
}

int boot_apply_device(const struct root *root, const struct pci_address *address,
		      struct acquire_result *result, struct error *error)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_config_ struct config work = CONFIG_INIT;
	_cleanup_free_ char *name = NULL;
	_cleanup_close_ int lock = -1;
	bool needed = false;
	char device[PCI_ADDRESS_SIZE];
	struct operation operation = {
		.root = root,
		.store = &store,
		/* for a service that waits for the one of another function as well */
		.patience = { .deadline_ms = clock_now_ms() + 2 * CONFIG_TIMEOUT_DEFAULT_MS },
	};
	int r = store_open(root, &store, error);

	if (r < 0)
		return r;
	pci_address_format_device(address, device);
	name = text_format(CLAIM_BOOT_PREFIX "%s", device);
	if (!name)
		return no_memory(error);
	operation.vm = name;
	lock = store_lock_vm(&store, name, &operation.patience, error);
	if (lock < 0)
		return lock;
	r = find_work(root, address, &work, &needed, error);
	if (r == -ENOENT && !error->code)
		return 0; /* boot.ini is gone */
	if (r < 0 || work.device_count == 0 || (!needed && !has_claim(&operation)))
		return r;
	operation.patience.deadline_ms = clock_now_ms() + work.timeout_ms;
	r = acquire(&operation, &work, NULL, result, error);
	if (r < 0)
		replace_advice(device, error);
	return r;
}
