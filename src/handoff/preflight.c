/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/preflight.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/iommu.h"
#include "host/udev.h"
#include "host/vfio.h"

/*
 * Drivers that leave a group viable (driver_managed_dma, Linux 6.1: drivers/pci/pci-stub.c,
 * pcie/portdrv.c, hotplug/shpchp_core.c); VFIO's own are told by vfio_owns().
 */
static bool driver_is_harmless(const char *driver)
{
	static const char *const harmless[] = { STUB_DRIVER, "pcieport", "shpchp" };

	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		if (strcmp(driver, harmless[i]) == 0)
			return true;
	return false;
}

bool preflight_spoils_group(const struct root *root, const struct pci_function *function)
{
	return function->driver && !driver_is_harmless(function->driver) &&
	       !vfio_owns(root, function->name, function->driver);
}

static int add_line(const struct root *root, char **lines, const struct pci_function *function)
{
	_cleanup_free_ char *name = udev_pci_name(root, function->name, function->modalias);

	return text_append(lines, "\n  %s  driver %s  %04x:%04x  %s", function->name,
			   function->driver, function->id.vendor, function->id.device,
			   name ? name : "(name not known)");
}

static int check_group(const struct root *root, const struct selection *selection,
		       const struct pci_functions *host, const struct pci_function *member,
		       struct error *error)
{
	_cleanup_free_ char *lines = NULL;
	size_t count = 0;

	for (size_t i = 0; i < host->count; i++) {
		const struct pci_function *other = &host->items[i];

		if (other->group != member->group || selection_has(selection, &other->address) ||
		    !preflight_spoils_group(root, other))
			continue;
		count++;
		if (add_line(root, &lines, other) < 0)
			return error_set_errno(error, ENOMEM, "cannot check the IOMMU groups");
	}
	if (count == 0)
		return 0;
	error_set(error, EBUSY, "its IOMMU group %d has other functions on host drivers",
		  member->group);
	error_device(error, member->name);
	error_why(error, "the VM must get all of a group or the host all of it:%s", lines);
	error_hint(error,
		   "List %s too, in an `address =` of the VM's INI file, so that %s "
		   "host during the VM's run;\nor put the card into a slot with an IOMMU "
		   "group of its own.",
		   count == 1 ? "this function" : "these functions",
		   count == 1 ? "it leaves the" : "they leave the");
	return -EBUSY;
}

int preflight_check_driver(const struct root *root, const struct selected_function *selected,
			   const char *wanted, struct error *error)
{
	const struct pci_function *function = selected->function;
	bool is_now = text_same(function->driver, wanted);

	if ((selected->device->driver && strcmp(wanted, STUB_DRIVER) == 0) ||
	    vfio_has_driver(root, wanted) || (is_now && vfio_owns(root, function->name, wanted)))
		return 0;
	error_set(error, EINVAL, "it is to be on %s for the VM", wanted);
	error_why(error, "%s",
		  is_now ? "that is its host driver, no driver of VFIO's"
			 : "the running kernel has no VFIO driver of that name in its list of "
			   "modules (modules.alias)");
	error_device(error, function->name);
	error_hint(error,
		   "Leave out `driver =` in the VM's INI file, and <driver model='…'/> in its XML, "
		   "or name one:\n" VFIO_DRIVER ", or a variant driver made for the device.");
	return -EINVAL;
}

int preflight_check_groups(const struct root *root, const struct selection *selection,
			   const struct pci_functions *host, struct error *error)
{
	for (size_t i = 0; i < selection->count; i++) {
		const struct pci_function *function = selection->items[i].function;
		int r;

		if (function->group < 0)
			return iommu_report_absent(root, function->name, error);
		r = check_group(root, selection, host, function, error);
		if (r < 0)
			return r;
	}
	return 0;
}
