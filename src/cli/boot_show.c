/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `boot` without an option: what is configured, what is, and why it is not the same. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/boot.h"
#include "cli/claimed.h"
#include "cli/table.h"
#include "handoff/boot_state.h"
#include "handoff/claim.h"

/* What of this boot explains the state. */
struct history {
	bool switched_off;
	bool known;        /* who may not look into /run/gpu-handoff knows nothing of the rest */
	bool initramfs;    /* the stub has run in the initramfs */
	bool up_to_date;   /* with the boot.ini of now */
	bool moved;        /* the root file system is on other disks than it knew */
	bool host;         /* the stub has run on the host at this boot */
	bool changed;      /* ... with another boot.ini */
	const char *maker; /* makes the initramfs anew; NULL: this host has none */
	struct claimed claimed;
};

static const char *find_maker(const struct root *root)
{
	static const struct {
		const char *path;
		const char *command;
	} makers[] = {
		{ "usr/sbin/update-initramfs", "update-initramfs -u -k all" },
		{ "usr/bin/dracut", "dracut --force --regenerate-all" },
		{ "usr/bin/mkinitcpio", "mkinitcpio -P" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		if (root_exists(root, "%s", makers[i].path))
			return makers[i].command;
	return NULL;
}

/* Whether the initramfs had the root file system on other functions than it is on now. */
static bool has_moved(const struct store *store, const struct boot_storage *now)
{
	_cleanup_free_ char *note = NULL;
	_cleanup_free_ char *text = strings_join(&now->functions, "\n");

	return now->known && text && boot_note_read(store, BOOT_INITRAMFS_STORAGE, &note) == 0 &&
	       strcmp(note, text) != 0;
}

static int history_read(const struct boot_command *command, struct history *history)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *note = NULL;
	_cleanup_free_ char *earlier = NULL;
	int r = store_open_existing(command->root, &store, &error);

	history->switched_off = boot_switched_off(command->root);
	history->maker = find_maker(command->root);
	history->known = r == 0 || (r == -ENOENT && !error.code);
	if (r < 0)
		return 0;
	history->initramfs = boot_note_read(&store, BOOT_INITRAMFS, &note) == 0;
	history->up_to_date = history->initramfs && strcmp(note, command->view.text) == 0;
	history->host = boot_note_read(&store, BOOT_HOST, &earlier) == 0;
	history->changed = history->host && strcmp(earlier, command->view.text) != 0;
	history->moved = has_moved(&store, &command->storage);
	return claimed_read(command->root, &history->claimed);
}

/* ---- one function ------------------------------------------------------------------------- */

/* Why a host driver has it. The caller frees it. */
static char *explain_taken(const struct boot_command *command, const struct history *history,
			   const struct pci_function *function)
{
	const char *driver = function->driver;

	if (history->switched_off)
		return text_format("configured, but %s has it: gpu_handoff=off is on the kernel's "
				   "command line",
				   driver);
	if (pci_driver_built_in(command->root, driver))
		return text_format("configured, but %s has it, which is built into the kernel; see "
				   "gpu-handoff boot --cmdline",
				   driver);
	if (!history->known)
		return text_format("configured, but %s has it; only root can see why: try it with "
				   "sudo",
				   driver);
	if (history->maker && !history->up_to_date)
		return text_format(
			"configured, but %s has it: the initramfs %s; run %s, and reboot", driver,
			history->initramfs ? "is older than boot.ini" : "knows nothing of boot.ini",
			history->maker);
	if (history->changed)
		return text_format(
			"configured, but %s has it: boot.ini has changed since the boot; "
			"reboot, or run gpu-handoff boot --apply",
			driver);
	if (!command->storage.known &&
	    boot_storage_holds(&command->storage, &command->view.host, function) != 0)
		return text_format("configured, but %s has it: what the root file system is on "
				   "cannot be told, and this may lead to it",
				   driver);
	if (!history->initramfs && !history->host)
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
	if (history->switched_off)
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
static bool check_initramfs(const struct boot_command *command, const struct history *history)
{
	const char *text;

	if (history->switched_off) {
		printf("\nThis boot has gpu_handoff=off on the kernel's command line: nothing was "
		       "done.\n");
		return false;
	}
	if (!history->known) {
		printf("\nWhat the initramfs of this boot knew can be seen by root alone.\n");
		return true;
	}
	/* one that knows nothing of a boot.ini without a device is as it should be */
	if (!history->maker || (!command->view.config.device_count && !history->initramfs))
		return true;
	if (history->up_to_date && !history->moved)
		return true;
	if (history->up_to_date)
		text = "The root file system is on other disks than the initramfs of this boot "
		       "knows: it\nmight take them. ";
	else if (history->initramfs)
		text = "The initramfs of this boot is older than boot.ini: it keeps what that said "
		       "then.\n";
	else
		text = "The initramfs of this boot knows nothing of boot.ini: a driver in it would "
		       "take\nthe devices first. ";
	printf("\n%sTo do: %s\n", text, history->maker);
	return false;
}

int boot_show_nothing(const struct root *root)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *note = NULL;

	if (store_open_existing(root, &store, &error) == 0 &&
	    boot_note_read(&store, BOOT_INITRAMFS, &note) == 0) {
		const char *maker = find_maker(root);

		printf("There is no /" CONFIG_BOOT_FILE
		       ", but the initramfs of this boot still has "
		       "one, and keeps what it lists.\nTo do: %s\n",
		       maker ? maker : "make the initramfs anew");
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
	int r = history_read(command, &history);

	if (r == 0)
		r = print_functions(command, &history, &agree);
	if (r == 0)
		known = check_initramfs(command, &history);
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
