/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `boot` without an option: what is configured, what is, and why it is not the same. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/boot.h"
#include "cli/boot_history.h"
#include "cli/claimed.h"
#include "cli/table.h"
#include "handoff/boot_state.h"
#include "handoff/claim.h"

/* What of this boot explains the state. */
struct history {
	struct boot_history boot;
	struct claimed claimed;
};

/* ---- one function ------------------------------------------------------------------------- */

/* Why a host driver has it. The caller frees it. */
static char *explain_taken(const struct boot_command *command, const struct history *history,
			   const struct pci_function *function)
{
	const char *driver = function->driver;

	if (history->boot.switched_off)
		return text_format("configured, but %s has it: gpu_handoff=off is on the kernel's "
				   "command line",
				   driver);
	if (pci_driver_built_in(command->root, driver))
		return text_format("configured, but %s has it, which is built into the kernel; see "
				   "gpu-handoff boot --cmdline",
				   driver);
	if (!history->boot.known)
		return text_format("configured, but %s has it; only root can see why: try it with "
				   "sudo",
				   driver);
	if (history->boot.maker && !history->boot.up_to_date)
		return text_format(
			"configured, but %s has it: the initramfs %s; run %s, and reboot", driver,
			history->boot.initramfs ? "is older than boot.ini"
						: "knows nothing of boot.ini",
			history->boot.maker);
	if (history->boot.changed)
		return text_format(
			"configured, but %s has it: boot.ini has changed since the boot; "
			"reboot, or run gpu-handoff boot --apply",
			driver);
	if (!command->storage.known &&
	    boot_storage_holds(&command->storage, &command->view.host, function) != 0)
		return text_format("configured, but %s has it: what the root file system is on "
				   "cannot be told, and this may lead to it",
				   driver);
	if (!history->boot.initramfs && !history->boot.host)
		return text_format(
			"configured, but %s has it: boot.ini was not there at this boot; "
			"reboot, or run gpu-handoff boot --apply",
			driver);
	return text_format("configured, but %s has it; see what the boot said: journalctl -k -g "
			   "gpu-handoff",
			   driver);
}

static char *explain_driverless(const struct boot_command *command, const struct history *history,
				const char *wanted)
{
	if (history->boot.switched_off)
		return strdup(
			"configured, but nothing was done: gpu_handoff=off is on the kernel's "
			"command line");
	if (!pci_driver_registered(command->root, wanted))
		return text_format("configured, but it has no driver, since %s is not loaded; "
				   "modprobe -v %s says why",
				   wanted, wanted);
	return text_format("configured, but it has no driver; see what the boot said: journalctl "
			   "-k -g gpu-handoff");
}

/* Adds the row of a function. *ret_agrees: whether it is as boot.ini says. */
static int add_row(const struct boot_command *command, const struct history *history,
		   const struct selected_function *selected, struct table *table, bool *ret_agrees)
{
	const struct pci_function *function = selected->function;
	const char *wanted = selected->device->driver;
	const char *vm = claimed_find(&history->claimed, function->name);
	_cleanup_free_ char *shown = vm ? text_quote(vm) : NULL;
	_cleanup_free_ char *verdict = NULL;
	const char *cells[] = {
		function->name, selected->device->label,
		wanted,         function->driver ? function->driver : "(no driver)",
		NULL,
	};

	*ret_agrees = vm || text_same(function->driver, wanted);
	if (vm)
		verdict = text_format("the VM \"%s\" has it", shown ? shown : "?");
	else if (*ret_agrees)
		verdict = strdup("as configured");
	else if (function->driver)
		verdict = explain_taken(command, history, function);
	else
		verdict = explain_driverless(command, history, wanted);
	cells[4] = verdict;
	return verdict && table_add(table, NULL, cells) ? 0 : -ENOMEM;
}

static int print_functions(const struct boot_command *command, const struct history *history,
			   bool *ret_agree)
{
	static const struct table_column columns[] = {
		{ "DEVICE", TABLE_STRING, 0 },         { "SECTION", TABLE_STRING, 0 },
		{ "CONFIGURED", TABLE_STRING, 0 },     { "NOW", TABLE_STRING, 0 },
		{ "STATE", TABLE_STRING, TABLE_WRAP }, { 0 },
	};
	_cleanup_table_ struct table *table = table_new("functions", columns);

	*ret_agree = true;
	for (size_t i = 0; table && i < command->view.selection.count; i++) {
		bool agrees;

		if (add_row(command, history, &command->view.selection.items[i], table, &agrees) <
		    0)
			return -ENOMEM;
		*ret_agree = *ret_agree && agrees;
	}
	if (!table)
		return -ENOMEM;
	if (command->view.selection.count == 0)
		printf("%s keeps no device of this host from its drivers.\n",
		       command->view.config.path);
	return command->view.selection.count ? table_print(table) : 0;
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* Whether the initramfs of this boot knew the boot.ini of now; says it when it did not. */
static bool check_initramfs(const struct boot_command *command, const struct boot_history *history)
{
	enum boot_initramfs initramfs =
		boot_history_initramfs(history, command->view.config.device_count);
	const char *text = boot_history_text(initramfs);

	if (history->switched_off) {
		printf("\nThis boot has gpu_handoff=off on the kernel's command line: nothing was "
		       "done.\n");
		return false;
	}
	if (!history->known)
		printf("\nWhat the initramfs of this boot knew can be seen by root alone.\n");
	if (initramfs == INITRAMFS_AGREES)
		return true;
	printf("\n%s%cTo do: %s\n", text, initramfs == INITRAMFS_OLDER ? '\n' : ' ',
	       history->maker);
	return false;
}

int boot_show_nothing(const struct root *root)
{
	struct boot_history history;

	boot_history_read(root, "", &BOOT_STORAGE_INIT, &history);
	if (history.initramfs) {
		printf("There is no /" CONFIG_BOOT_FILE
		       ", but the initramfs of this boot still has "
		       "one, and keeps what it lists.\nTo do: %s\n",
		       history.maker ? history.maker : "make the initramfs anew");
		return EXIT_REFUSED;
	}
	printf("There is no /" CONFIG_BOOT_FILE ": no device is kept from the host's drivers.\n");
	return EXIT_DONE;
}

/* A boot.ini may serve many hosts; but a mistyped id looks the same. */
static void print_unknown_ids(const struct boot_command *command)
{
	for (size_t i = 0; i < command->view.config.device_count; i++) {
		const struct config_device *device = &command->view.config.devices[i];
		char id[PCI_ID_SIZE];
		bool found = false;

		if (device->address_count || device->count != CONFIG_COUNT_ANY)
			continue;
		for (size_t j = 0; j < command->view.host.count; j++)
			found = found ||
				pci_id_matches(&device->id, &command->view.host.items[j].id);
		pci_id_format(&device->id, id);
		if (!found)
			printf("%s:%u: [device %s]: no device of this host has the id %s.\n",
			       command->view.config.path, device->id_line, device->label, id);
	}
}

int boot_show(const struct boot_command *command)
{
	struct history history = { 0 };
	bool agree = false;
	bool known = true;
	int r = claimed_read(command->root, &history.claimed);

	boot_history_read(command->root, command->view.text, &command->storage, &history.boot);
	if (r == 0)
		r = print_functions(command, &history, &agree);
	if (r == 0)
		known = check_initramfs(command, &history.boot);
	claimed_clear(&history.claimed);
	if (r < 0) {
		fprintf(stderr, "gpu-handoff boot: no memory\n");
		return EXIT_FAILED;
	}
	print_unknown_ids(command);
	for (size_t i = 0; i < command->view.absent.count; i++)
		command_report(command->root, &command->view.absent.items[i]);
	for (size_t i = 0; i < command->view.errors.count; i++)
		command_report(command->root, &command->view.errors.items[i]);
	if (command->view.errors.count)
		fprintf(stderr, "Host: what is refused is left to the host's drivers.\n");
	return agree && known && command->view.absent.count + command->view.errors.count == 0
		       ? EXIT_DONE
		       : EXIT_REFUSED;
}
