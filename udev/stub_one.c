/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One function that has just appeared, for the udev rule. What is written to standard output
 * becomes properties of the device; a udev worker waits for it, so nothing here loads a driver or
 * takes one away.
 */
#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "kernel_log.h"
#include "stub.h"

/* A probe that holds the device's lock may take a while. */
#define ONE_TIMEOUT_MS 20000

static int keep_one(struct stub *stub, const struct selected_function *selected)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	enum stub_outcome outcome = STUB_KEPT;

	if (store_open_existing(&stub->root, &stub->store, &error) < 0 && error.code) {
		kernel_log_problem(&error);
		return STUB_EXIT_FAILED;
	}
	/* udevd's worker waits: not for a device that an earlier call is still in flight for */
	stub->workers.locks_fd = stub->store.pci_fd;
	stub->workers.skip_busy = true;
	stub->patience.deadline_ms = clock_now_ms() + ONE_TIMEOUT_MS;
	if (stub_keep(stub, selected, &outcome, &error) < 0) {
		kernel_log_problem(&error);
		return STUB_EXIT_FAILED;
	}
	if (outcome != STUB_KEPT)
		printf("GPU_HANDOFF_UNIT=gpu-handoff-stub@%s.service\n", selected->function->name);
	return STUB_EXIT_DONE;
}

int stub_run_one(struct stub *stub, const struct pci_address *address)
{
	_cleanup_boot_view_ struct boot_view view = BOOT_VIEW_INIT;
	_cleanup_pci_functions_ struct pci_functions device = PCI_FUNCTIONS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	const struct selected_function *selected;
	int r = boot_view_load(&stub->root, &view, &error);

	/* a broken one was told when the host booted */
	if (r < 0)
		return r == -ENOENT ? STUB_EXIT_DONE : STUB_EXIT_USAGE;
	/* most devices are none of boot.ini's: no need to look at the whole host for them */
	r = pci_scan_device(&stub->root, address, &device, &error);
	if (r == 0 && !boot_may_mean(&view.config, &device))
		return STUB_EXIT_DONE;
	if (r == 0)
		r = stub_select(stub, &view, &error);
	if (r < 0) {
		kernel_log_problem(&error);
		return STUB_EXIT_FAILED;
	}
	selected = selection_find(&view.selection, address);
	if (selected)
		return keep_one(stub, selected);
	for (size_t i = 0; i < view.errors.count; i++)
		kernel_log_problem(&view.errors.items[i]);
	return STUB_EXIT_DONE;
}
