/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/pci.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "host/kmod.h"

#define DEVICES "sys/bus/pci/devices"
#define DRIVERS "sys/bus/pci/drivers"

#define ATTRIBUTE_MAX_BYTES 4096

/* Base class 06, "bridge", with the subclasses that have a bus behind them, and the host bridge. */
static bool is_bridge(uint32_t class)
{
	uint32_t subclass = class >> 8;

	return subclass == 0x0600 || subclass == 0x0604 || subclass == 0x0607 || subclass == 0x0609;
}

/*
 * "pci:v00008086d00002668sv00001AF4sd00001100bc04sc03i00": all that the attributes vendor, device,
 * subsystem_vendor, subsystem_device and class say, in one (Linux 6.1, drivers/pci/pci-sysfs.c,
 * modalias_show()). Returns 0 or -EINVAL.
 */
static int parse_modalias(const char *modalias, struct pci_id *ret_id, uint32_t *ret_class)
{
	unsigned int vendor, device, subvendor, subdevice, base, subclass, interface;
	int end = 0;

	if (sscanf(modalias, "pci:v%8Xd%8Xsv%8Xsd%8Xbc%2Xsc%2Xi%2X%n", &vendor, &device, &subvendor,
		   &subdevice, &base, &subclass, &interface, &end) != 7 ||
	    modalias[end])
		return -EINVAL;
	*ret_id = (struct pci_id){ (uint16_t)vendor, (uint16_t)device, true, (uint16_t)subvendor,
				   (uint16_t)subdevice };
	*ret_class = base << 16 | subclass << 8 | interface;
	return 0;
}

static int look_modalias(const struct root *root, const char *name, char **ret_modalias,
			 struct pci_id *ret_id, uint32_t *ret_class)
{
	_cleanup_free_ char *modalias = NULL;
	int r = root_read(root, ATTRIBUTE_MAX_BYTES, &modalias, DEVICES "/%s/modalias", name);

	if (r == 0)
		r = parse_modalias(modalias, ret_id, ret_class);
	if (r == 0)
		*ret_modalias = take_ptr(modalias);
	return r;
}

/* The attribute is there for VGA alone (Linux 6.1, drivers/pci/pci-sysfs.c, boot_vga_show). */
static void look_boot_display(const struct root *root, struct pci_function *function)
{
	_cleanup_free_ char *text = NULL;

	function->boot_display = pci_is_display(function) &&
				 root_read(root, ATTRIBUTE_MAX_BYTES, &text, DEVICES "/%s/boot_vga",
					   function->name) == 0 &&
				 strcmp(text, "1") == 0;
}

static int look_group(const struct root *root, struct pci_function *function)
{
	_cleanup_free_ char *group = NULL;
	int r;

	function->group = -1;
	r = root_link_name(root, &group, DEVICES "/%s/iommu_group", function->name);
	if (r == 0)
		function->group = atoi(group);
	return r == -ENOENT ? 0 : r;
}

static void function_clear(struct pci_function *function)
{
	free(function->driver);
	free(function->modalias);
}

static int function_look(const struct root *root, const struct pci_address *address,
			 struct pci_function *ret_function)
{
	struct pci_function function = { .address = *address };
	int r;

	pci_address_format(address, function.name);
	function.virtual_function = root_exists(root, DEVICES "/%s/physfn", function.name);
	if ((r = look_modalias(root, function.name, &function.modalias, &function.id,
			       &function.class)) < 0 ||
	    (r = look_group(root, &function)) < 0 ||
	    (r = pci_driver_read(root, function.name, &function.driver)) < 0) {
		function_clear(&function);
		return r;
	}
	function.bridge = is_bridge(function.class);
	look_boot_display(root, &function);
	*ret_function = function;
	return 0;
}

bool pci_is_display(const struct pci_function *function)
{
	uint32_t subclass = function->class >> 8;

	return subclass == 0x0300 || subclass == 0x0380;
}

bool pci_same_device(const struct pci_function *a, const struct pci_function *b)
{
	if (a->virtual_function || b->virtual_function)
		return pci_address_compare(&a->address, &b->address) == 0;
	return pci_address_same_device(&a->address, &b->address);
}

static int compare_functions(const void *a, const void *b)
{
	const struct pci_function *left = a;
	const struct pci_function *right = b;

	return pci_address_compare(&left->address, &right->address);
}

/* One that is unplugged meanwhile is left out. */
static int add_function(const struct root *root, const struct pci_address *address,
			struct pci_functions *functions, struct error *error)
{
	char name[PCI_ADDRESS_SIZE];
	int r;

	if (array_grow(&functions->items, functions->count, sizeof(*functions->items)) < 0)
		return error_set_errno(error, ENOMEM, "cannot list the PCI devices");
	r = function_look(root, address, &functions->items[functions->count]);
	if (r == 0)
		functions->count++;
	if (r == 0 || r == -ENOENT || r == -ENODEV)
		return 0;
	pci_address_format(address, name);
	error_set_errno(error, -r, "cannot read what the device is");
	error_device(error, name);
	return r;
}

int pci_scan(const struct root *root, struct pci_functions *ret_functions, struct error *error)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	_cleanup_pci_functions_ struct pci_functions functions = PCI_FUNCTIONS_INIT;
	int r;

	r = root_list(root, &names, DEVICES);
	if (r < 0)
		return error_set_errno(error, -r, "cannot list the PCI devices in /" DEVICES);
	for (size_t i = 0; i < names.count; i++) {
		struct pci_address address;

		if (pci_address_parse(names.items[i], &address) < 0)
			continue;
		r = add_function(root, &address, &functions, error);
		if (r < 0)
			return r;
	}
	if (functions.count)
		qsort(functions.items, functions.count, sizeof(*functions.items),
		      compare_functions);
	pci_functions_clear(ret_functions);
	*ret_functions = functions;
	functions = PCI_FUNCTIONS_INIT;
	return 0;
}

int pci_scan_device(const struct root *root, const struct pci_address *address,
		    struct pci_functions *ret_functions, struct error *error)
{
	_cleanup_pci_functions_ struct pci_functions functions = PCI_FUNCTIONS_INIT;
	struct pci_address function = *address;

	for (function.function = 0; function.function <= PCI_FUNCTION_MAX; function.function++) {
		int r = add_function(root, &function, &functions, error);

		if (r < 0)
			return r;
	}
	pci_functions_clear(ret_functions);
	*ret_functions = functions;
	functions = PCI_FUNCTIONS_INIT;
	return 0;
}

int pci_is_there(const struct root *root, const char *name, const struct pci_id *id)
{
	_cleanup_free_ char *modalias = NULL;
	struct pci_id found;
	uint32_t class;
	int r = look_modalias(root, name, &modalias, &found, &class);

	if (r < 0)
		r = pci_explain_unread(root, name, r, NULL);
	if (r == -ENODEV)
		return 0;
	return r < 0 ? r : pci_id_matches(id, &found);
}

int pci_check_exists(const struct root *root, const char *name, struct error *error)
{
	/* nothing more is done for a device that is gone: not to see it is not enough */
	if (!root_is_missing(root, DEVICES "/%s", name))
		return 0;
	error_set(error, ENODEV, "the device is gone");
	error_why(error, "it was unplugged, or has fallen off the bus");
	error_device(error, name);
	error_hint(error,
		   "See dmesg. Plug it in again, or take it out of the VM and its INI file.");
	return -ENODEV;
}

int pci_explain_unread(const struct root *root, const char *name, int code, struct error *error)
{
	int r = pci_check_exists(root, name, error);

	if (r < 0)
		return r;
	return code == -ENODEV ? -EIO : code;
}

const struct pci_function *pci_find(const struct pci_functions *functions,
				    const struct pci_address *address)
{
	for (size_t i = 0; i < functions->count; i++)
		if (pci_address_compare(&functions->items[i].address, address) == 0)
			return &functions->items[i];
	return NULL;
}

void pci_functions_clear(struct pci_functions *functions)
{
	for (size_t i = 0; i < functions->count; i++)
		function_clear(&functions->items[i]);
	free(functions->items);
	*functions = PCI_FUNCTIONS_INIT;
}

int pci_driver_read(const struct root *root, const char *name, char **ret_driver)
{
	int r = root_link_name(root, ret_driver, DEVICES "/%s/driver", name);

	if (r != -ENOENT)
		return r;
	r = pci_check_exists(root, name, NULL);
	if (r == 0)
		*ret_driver = NULL;
	return r;
}

bool pci_driver_registered(const struct root *root, const char *driver)
{
	return root_exists(root, DRIVERS "/%s", driver);
}

int pci_driver_module(const struct root *root, const char *driver, char **ret_module)
{
	int r = root_link_name(root, ret_module, DRIVERS "/%s/module", driver);

	if (r < 0 && !root_says_missing(r))
		return r;
	if (r < 0)
		*ret_module = NULL;
	return 0;
}

bool pci_driver_built_in(const struct root *root, const char *driver)
{
	_cleanup_free_ char *module = NULL;

	if (!pci_driver_registered(root, driver))
		return kmod_is_built_in(root, driver);
	return pci_driver_module(root, driver, &module) == 0 && !module;
}
