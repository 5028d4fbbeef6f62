/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel makes of a write to a machine's files, as far as a plan depends on it: a stand-in
 * that shows a plan's end, no test of how a real kernel behaves (tests/kernel is that). It refuses
 * what a kernel refuses, so that steps in the wrong order fail.
 */
#ifndef GH_TESTS_KERNEL_H
#define GH_TESTS_KERNEL_H

#include "host/pci.h"
#include "host/pci_binding.h"
#include "machine.h"

static bool is_vfio(const char *driver)
{
	return strstr(driver, "vfio") != NULL;
}

static char *kernel_override(const struct machine *machine, const char *name)
{
	char *text = NULL;

	if (root_read(&machine->root, 256, &text, DEVICES "/%s/driver_override", name) < 0 ||
	    strcmp(text, "(null)") == 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* vfio_pci_core_register_device() calls pm_runtime_allow(), its counterpart pm_runtime_forbid(). */
static void vfio_comes_or_goes(const struct machine *machine, const char *name, bool comes)
{
	_cleanup_free_ char *power = text_format(DEVICES "/%s/power/control", name);
	_cleanup_free_ char *vfio = text_format(DEVICES "/%s/vfio-dev", name);

	put_file(machine, power, comes ? "auto" : "on");
	if (comes)
		make_directory(machine, vfio);
	else
		remove_path(machine, vfio);
}

static int kernel_bind(const struct machine *machine, const char *name, const char *driver)
{
	_cleanup_free_ char *override = kernel_override(machine, name);
	_cleanup_free_ char *path = text_format(DEVICES "/%s/driver", name);
	_cleanup_free_ char *target = text_format("../../../bus/pci/drivers/%s", driver);
	_cleanup_free_ char *now = NULL;
	_cleanup_free_ char *vfs = NULL;

	if (pci_driver_read(&machine->root, name, &now) < 0 || now)
		return now ? -EBUSY : -ENODEV;
	/* pci_match_device(): an override keeps all others off; VFIO takes nothing without one */
	if (override ? strcmp(override, driver) != 0 : is_vfio(driver))
		return -ENODEV;
	if (is_vfio(driver) &&
	    root_read(&machine->root, 16, &vfs, DEVICES "/%s/sriov_numvfs", name) == 0 &&
	    strcmp(vfs, "0") != 0)
		return -EBUSY;
	put_link(machine, path, target);
	if (is_vfio(driver))
		vfio_comes_or_goes(machine, name, true);
	return 0;
}

static int kernel_unbind(const struct machine *machine, const char *name, const char *driver)
{
	_cleanup_free_ char *path = text_format(DEVICES "/%s/driver", name);
	_cleanup_free_ char *now = NULL;

	if (pci_driver_read(&machine->root, name, &now) < 0 || !text_same(now, driver))
		return -ENODEV;
	unlinkat(machine->root.fd, path, 0);
	if (is_vfio(driver))
		vfio_comes_or_goes(machine, name, false);
	return 0;
}

/* A driver of the platform bus, which the firmware's framebuffers are on. */
static int kernel_platform(const struct machine *machine, const char *device, const char *driver,
			   bool bind)
{
	_cleanup_free_ char *path = text_format("sys/bus/platform/drivers/%s/%s", driver, device);
	_cleanup_free_ char *target = text_format("../../../../devices/platform/%s", device);

	if (root_exists(&machine->root, "%s", path) == bind)
		return -ENODEV;
	if (bind)
		put_link(machine, path, target);
	else
		unlinkat(machine->root.fd, path, 0);
	return 0;
}

static int kernel_write(const struct machine *machine, const char *path, const char *text)
{
	_cleanup_strings_ struct strings parts = STRINGS_INIT;
	_cleanup_free_ char *copy = strdup(path);
	bool clears = strcmp(text, "\n") == 0;
	char *rest = NULL;

	if (!root_exists(&machine->root, "%s", path) && !strstr(path, "/unbind"))
		return -ENOENT;
	for (char *part = strtok_r(copy, "/", &rest); part; part = strtok_r(NULL, "/", &rest))
		if (strings_add(&parts, part) < 0)
			return -ENOMEM;
	/* sys bus BUS drivers DRIVER bind, sys bus pci devices ADDRESS ATTRIBUTE */
	if (parts.count < 6)
		return -EACCES;
	if (strcmp(parts.items[2], "platform") == 0)
		return kernel_platform(machine, text, parts.items[4],
				       strcmp(parts.items[5], "bind") == 0);
	if (strcmp(parts.items[5], "bind") == 0)
		return kernel_bind(machine, text, parts.items[4]);
	if (strcmp(parts.items[5], "unbind") == 0)
		return kernel_unbind(machine, text, parts.items[4]);
	put_file(machine, path, "%s", clears ? "(null)" : text);
	return 0;
}

/* modprobe: the driver comes, and takes the functions that wait for it alone. Its exit status. */
static int kernel_load(const struct machine *machine, const char *module)
{
	_cleanup_free_ char *name = strdup(module);
	_cleanup_strings_ struct strings functions = STRINGS_INIT;

	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	for (size_t i = 0; i < machine->module_count; i++) {
		const char *driver = machine->modules[i].driver;

		if (strcmp(machine->modules[i].module, name) != 0)
			continue;
		add_driver(machine, driver, name);
		root_list(&machine->root, &functions, DEVICES);
		for (size_t j = 0; j < functions.count; j++) {
			_cleanup_free_ char *wanted = kernel_override(machine, functions.items[j]);

			if (text_same(wanted, driver))
				kernel_bind(machine, functions.items[j], driver);
		}
		return 0;
	}
	return 1;
}

#endif
