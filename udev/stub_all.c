/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All functions of boot.ini in one go, before udevd's coldplug: udevd handles PCI devices side by
 * side, and the event of one card may load the driver that takes its twin.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/kmod_load.h"
#include "host/pci_binding.h"
#include "kernel_log.h"
#include "stub.h"

/* Sets every override. `waiting` get those that have no driver yet. */
static int keep_functions(struct stub *stub, const struct selection *selection,
			  struct selection *waiting)
{
	int status = STUB_EXIT_DONE;

	for (size_t i = 0; i < selection->count; i++) {
		const struct selected_function *selected = &selection->items[i];
		_cleanup_error_ struct error error = ERROR_INIT;
		enum stub_outcome outcome = STUB_KEPT;
		int r = stub_keep(stub, selected, &outcome, &error);

		if (r == 0 && outcome == STUB_READY)
			waiting->items[waiting->count++] = *selected;
		if (r < 0) {
			kernel_log_problem(&error);
		} else if (outcome == STUB_TAKEN) {
			kernel_log_error("%s: [device %s] is to be on %s, but the host's driver %s "
					 "has it already: left alone. See: gpu-handoff boot",
					 selected->function->name, selected->device->label,
					 selected->device->driver,
					 selected->function->driver ? selected->function->driver
								    : "(just now)");
		}
		if (r < 0 || outcome == STUB_TAKEN)
			status = STUB_EXIT_FAILED;
	}
	return status;
}

/* Loads each driver once, which binds what waits for it. */
static int load_drivers(struct stub *stub, const struct selection *waiting)
{
	_cleanup_strings_ struct strings drivers = STRINGS_INIT;
	int status = STUB_EXIT_DONE;

	for (size_t i = 0; i < waiting->count; i++) {
		const char *driver = waiting->items[i].device->driver;
		_cleanup_error_ struct error error = ERROR_INIT;

		if (strings_contain(&drivers, driver) || pci_driver_registered(&stub->root, driver))
			continue;
		if (strings_add(&drivers, driver) < 0 ||
		    kmod_load(&stub->workers, driver, &error) < 0) {
			kernel_log_problem(&error);
			status = STUB_EXIT_FAILED;
		}
	}
	return status;
}

/* Done too for what the loading has bound. */
static int bind_functions(struct stub *stub, const struct selection *waiting)
{
	int status = STUB_EXIT_DONE;

	for (size_t i = 0; i < waiting->count; i++) {
		const char *name = waiting->items[i].function->name;
		const char *driver = waiting->items[i].device->driver;
		_cleanup_error_ struct error error = ERROR_INIT;

		if (pci_bind(&stub->workers, name, driver, &error) == 0) {
			kernel_log_info("%s: kept for VMs, on %s ([device %s])", name, driver,
					waiting->items[i].device->label);
			continue;
		}
		status = STUB_EXIT_FAILED;
		kernel_log_problem(&error);
		kernel_log_error("%s: kept for VMs all the same: it has no driver, and takes none "
				 "but %s",
				 name, driver);
	}
	return status;
}

static int keep_selected(struct stub *stub, const struct selection *selection)
{
	_cleanup_selection_ struct selection waiting = SELECTION_INIT;
	int status, worst;

	waiting.items = calloc(selection->count + 1, sizeof(*waiting.items));
	if (!waiting.items) {
		kernel_log_error("no memory: no device is kept from the host's drivers");
		return STUB_EXIT_FAILED;
	}
	worst = keep_functions(stub, selection, &waiting);
	status = load_drivers(stub, &waiting);
	if (status > worst)
		worst = status;
	status = bind_functions(stub, &waiting);
	return status > worst ? status : worst;
}

/* For `gpu-handoff boot`, which can do without them. */
static void leave_notes(const struct stub *stub, const char *text)
{
	_cleanup_free_ char *storage = NULL;

	if (stub->store.fd < 0)
		return;
	boot_note_write(&stub->store, stub->initramfs ? BOOT_INITRAMFS : BOOT_HOST, text);
	if (stub->initramfs &&
	    root_read(&stub->root, CONFIG_FILE_MAX_BYTES, &storage, BOOT_STORAGE_FILE) == 0)
		boot_note_write(&stub->store, BOOT_INITRAMFS_STORAGE, storage);
}

static int keep_all(struct stub *stub, struct boot_view *view)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	int status;

	if (stub_select(stub, view, &error) < 0) {
		kernel_log_problem(&error);
		return STUB_EXIT_FAILED;
	}
	for (size_t i = 0; i < view->absent.count; i++) {
		_cleanup_free_ char *text = error_text(&view->absent.items[i]);

		kernel_log_info("%s", text ? text : "no memory");
	}
	for (size_t i = 0; i < view->errors.count; i++)
		kernel_log_problem(&view->errors.items[i]);
	status = keep_selected(stub, &view->selection);
	leave_notes(stub, view->text);
	return view->errors.count ? STUB_EXIT_FAILED : status;
}

int stub_run_all(struct stub *stub)
{
	_cleanup_boot_view_ struct boot_view view = BOOT_VIEW_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = boot_view_load(&stub->root, &view, &error);

	if (r == 0)
		return keep_all(stub, &view);
	if (r == -ENOENT)
		return STUB_EXIT_DONE;
	kernel_log_problem(&error);
	kernel_log_error("boot.ini is ignored as a whole: the host's drivers get all devices");
	return STUB_EXIT_USAGE;
}
