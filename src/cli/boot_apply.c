/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `boot --apply`: also what systemd runs for a device that has appeared. */
#include "handoff/boot_apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/boot.h"
#include "cli/interrupt.h"
#include "handoff/boot_state.h"
#include "handoff/report.h"

static int apply_device(const struct boot_command *command, const struct pci_address *address)
{
	_cleanup_acquire_result_ struct acquire_result result = ACQUIRE_RESULT_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *headline = NULL;
	_cleanup_free_ char *report = NULL;
	_cleanup_free_ char *line = NULL;
	char device[PCI_ADDRESS_SIZE];
	int r = boot_apply_device(command->root, address, &result, &error);

	if (r == 0 && result.moved) {
		printf("%s\n", result.moved);
		log_info("boot.ini: %s", result.moved);
	}
	if (r == 0)
		return EXIT_DONE;
	if (error.code == EACCES || error.code == EPERM)
		error_hint(&error, "Only root may: try it with sudo.");
	pci_address_format_device(address, device);
	headline =
		text_format("gpu-handoff does not move the device %s to its stub driver.", device);
	if (headline)
		report = report_failure(command->root, headline,
					"This tries again: gpu-handoff recover", &error, &result);
	line = report_line(command->root, &error);
	fprintf(stderr, "%s", report ? report : "gpu-handoff: no memory\n");
	log_error("boot.ini: %s is not moved: %s", device, line ? line : "no memory");
	return result.host == HOST_UNTOUCHED ? EXIT_REFUSED : EXIT_FAILED;
}

/* A device once, whichever of its functions are listed. */
static bool is_first(const struct selection *selection, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (pci_address_same_device(&selection->items[i].function->address,
					    &selection->items[index].function->address))
			return false;
	return true;
}

static bool is_listed(const struct boot_command *command, const struct pci_address *address)
{
	for (size_t i = 0; i < command->view.selection.count; i++)
		if (pci_address_same_device(&command->view.selection.items[i].function->address,
					    address))
			return true;
	return false;
}

/* What is refused, and a device that is not even that. Returns the exit status. */
static int report_refused(const struct boot_command *command, const struct pci_address *address)
{
	char device[PCI_ADDRESS_SIZE];

	for (size_t i = 0; i < command->view.absent.count; i++)
		command_report(command->root, &command->view.absent.items[i]);
	for (size_t i = 0; i < command->view.errors.count; i++)
		command_report(command->root, &command->view.errors.items[i]);
	if (address) {
		pci_address_format_device(address, device);
		fprintf(stderr,
			"gpu-handoff: %s lists no device %s that it may keep. Nothing was "
			"changed.\n",
			command->view.config.path, device);
	}
	return address || command->view.absent.count + command->view.errors.count ? EXIT_REFUSED
										  : EXIT_DONE;
}

int boot_apply(const struct boot_command *command, const struct pci_address *address)
{
	int worst = EXIT_DONE;

	if (boot_switched_off(command->root)) {
		fprintf(stderr, "gpu-handoff: boot.ini is switched off by gpu_handoff=off on the "
				"kernel's command line. Nothing was changed.\n");
		return EXIT_REFUSED;
	}
	/* what is half way comes to its end */
	interrupt_catch();
	if (!address || !is_listed(command, address))
		worst = report_refused(command, address);
	for (size_t i = 0; i < command->view.selection.count; i++) {
		const struct pci_address *here =
			&command->view.selection.items[i].function->address;
		int status;

		if (!is_first(&command->view.selection, i) ||
		    (address && !pci_address_same_device(address, here)))
			continue;
		if (interrupt_seen(NULL)) {
			fprintf(stderr, "gpu-handoff was told to end: not all devices were "
					"looked at.\nTo do: gpu-handoff boot --apply\n");
			return EXIT_FAILED;
		}
		status = apply_device(command, here);
		if (status > worst)
			worst = status;
	}
	return worst;
}
