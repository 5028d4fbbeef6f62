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

static void history_clear(struct history *history)
{
	claimed_clear(&history->claimed);
}

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

static const struct table_column function_columns[] = {
	{ "DEVICE", TABLE_STRING, 0 },
	{ "SECTION", TABLE_STRING, 0 },
	{ "CONFIGURED", TABLE_STRING, 0 },
	{ "NOW", TABLE_STRING, 0 },
	{ "STATE", TABLE_STRING, TABLE_WRAP },
	{ "AGREES", TABLE_BOOLEAN, TABLE_EXTRA },
	{ 0 },
};

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
		function->name, selected->device->label, wanted, function->driver, NULL, NULL,
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
	if (!function->driver && !command->call->json)
		cells[3] = "(no driver)";
	cells[4] = verdict;
	cells[5] = *ret_agrees ? "yes" : "no";
	return verdict && table_add(table, NULL, cells) ? 0 : -ENOMEM;
}

static int add_rows(const struct boot_command *command, const struct history *history,
		    struct table *table, bool *ret_agree)
{
	bool agree = true;

	for (size_t i = 0; i < command->view.selection.count; i++) {
		bool agrees;

		if (add_row(command, history, &command->view.selection.items[i], table, &agrees) <
		    0)
			return -ENOMEM;
		agree = agree && agrees;
	}
	*ret_agree = agree;
	return 0;
}

/* ---- what else is wrong ------------------------------------------------------------------- */

#define SWITCHED_OFF                                                               \
	"This boot has gpu_handoff=off on the kernel's command line: nothing was " \
	"done."
#define LEFT_OVER                                                                      \
	"There is no /" CONFIG_BOOT_FILE ", but the initramfs of this boot still has " \
	"one, and keeps what it lists."

/*
 * A boot.ini may serve many hosts; but a mistyped id looks the same. Returns 0 with what to say of
 * the section, which the caller frees, or NULL; or -ENOMEM.
 */
static int unknown_id(const struct boot_command *command, const struct config_device *device,
		      char **ret_text)
{
	char id[PCI_ID_SIZE];
	char *text;

	if (device->address_count || device->count != CONFIG_COUNT_ANY)
		return 0;
	for (size_t i = 0; i < command->view.host.count; i++)
		if (pci_id_matches(&device->id, &command->view.host.items[i].id))
			return 0;
	pci_id_format(&device->id, id);
	text = text_format("%s:%u: [device %s]: no device of this host has the id %s.",
			   command->view.config.path, device->id_line, device->label, id);
	if (!text)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}

/* ---- as text ------------------------------------------------------------------------------ */

/* Says it when the initramfs of this boot did not know the boot.ini of now. */
static void print_initramfs(const struct boot_history *history, enum boot_initramfs initramfs)
{
	if (history->switched_off)
		printf("\n" SWITCHED_OFF "\n");
	else if (!history->known)
		printf("\nWhat the initramfs of this boot knew can be seen by root alone.\n");
	else if (initramfs != INITRAMFS_AGREES)
		printf("\n%s%cTo do: %s\n", boot_history_text(initramfs),
		       initramfs == INITRAMFS_OLDER ? '\n' : ' ', history->maker);
}

static int print_unknown_ids(const struct boot_command *command)
{
	for (size_t i = 0; i < command->view.config.device_count; i++) {
		_cleanup_free_ char *text = NULL;

		if (unknown_id(command, &command->view.config.devices[i], &text) < 0)
			return -ENOMEM;
		if (text)
			printf("%s\n", text);
	}
	return 0;
}

static int print_text(const struct boot_command *command, const struct boot_history *history,
		      enum boot_initramfs initramfs, struct table *functions)
{
	if (table_is_empty(functions))
		printf("%s keeps no device of this host from its drivers.\n",
		       command->view.config.path);
	else if (table_print(functions) < 0)
		return command_no_memory();
	print_initramfs(history, initramfs);
	if (print_unknown_ids(command) < 0)
		return command_no_memory();
	for (size_t i = 0; i < command->view.absent.count; i++)
		command_report(command->root, &command->view.absent.items[i]);
	for (size_t i = 0; i < command->view.errors.count; i++)
		command_report(command->root, &command->view.errors.items[i]);
	if (command->view.errors.count)
		fprintf(stderr, "Host: what is refused is left to the host's drivers.\n");
	return EXIT_DONE;
}

/* ---- as JSON ------------------------------------------------------------------------------ */

static const struct table_column problem_columns[] = {
	{ "FUNCTION", TABLE_STRING, 0 },
	{ "PROBLEM", TABLE_STRING, 0 },
	{ "FIX", TABLE_STRING, 0 },
	{ 0 },
};

static int add_problem(struct table *table, const char *text, const char *fix)
{
	_cleanup_free_ char *line = strdup(text);
	const char *cells[] = { NULL, line, fix };

	for (char *c = line; c && *c; c++)
		if (*c == '\n')
			*c = ' ';
	return line && table_add(table, NULL, cells) ? 0 : -ENOMEM;
}

static int add_errors(struct table *table, const struct errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		struct error bare = errors->items[i];
		_cleanup_free_ char *text = NULL;
		const char *cells[] = { bare.device, NULL, bare.hint };

		bare.device = NULL; /* has a cell of its own */
		cells[1] = text = error_text(&bare);
		if (!text || !table_add(table, NULL, cells))
			return -ENOMEM;
	}
	return 0;
}

static int add_problems(const struct boot_command *command, const struct boot_history *history,
			enum boot_initramfs initramfs, struct table *table)
{
	if (history->switched_off && add_problem(table, SWITCHED_OFF, NULL) < 0)
		return -ENOMEM;
	if (!history->switched_off && initramfs != INITRAMFS_AGREES &&
	    add_problem(table, boot_history_text(initramfs), history->maker) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < command->view.config.device_count; i++) {
		_cleanup_free_ char *text = NULL;

		if (unknown_id(command, &command->view.config.devices[i], &text) < 0 ||
		    (text && add_problem(table, text, NULL) < 0))
			return -ENOMEM;
	}
	return add_errors(table, &command->view.absent) < 0 ||
			       add_errors(table, &command->view.errors) < 0
		       ? -ENOMEM
		       : 0;
}

static int print_json(const struct boot_command *command, const struct boot_history *history,
		      enum boot_initramfs initramfs, struct table *functions)
{
	_cleanup_table_ struct table *problems = table_new("problems", problem_columns);
	struct table *tables[] = { functions, problems };

	if (!problems || add_problems(command, history, initramfs, problems) < 0)
		return command_no_memory();
	if (!history->known)
		fprintf(stderr, "What the initramfs of this boot knew can be seen by root "
				"alone.\n");
	return table_print_all(&verb_boot, command->call, tables, ARRAY_SIZE(tables));
}

/* ---- the whole ---------------------------------------------------------------------------- */

static int print_left_over(const struct command *call, const char *fix)
{
	_cleanup_table_ struct table *functions = table_new("functions", function_columns);
	_cleanup_table_ struct table *problems = table_new("problems", problem_columns);
	struct table *tables[] = { functions, problems };

	if (!functions || !problems || (fix && add_problem(problems, LEFT_OVER, fix) < 0))
		return command_no_memory();
	return table_print_all(&verb_boot, call, tables, ARRAY_SIZE(tables));
}

int boot_show_nothing(const struct command *call)
{
	struct boot_history history;
	const char *fix = NULL;
	int status = EXIT_DONE;

	boot_history_read(&call->root, "", &BOOT_STORAGE_INIT, &history);
	if (history.initramfs)
		fix = history.maker ? history.maker : "make the initramfs anew";
	if (call->json)
		status = print_left_over(call, fix);
	else if (fix)
		printf(LEFT_OVER "\nTo do: %s\n", fix);
	else
		printf("There is no /" CONFIG_BOOT_FILE ": no device is kept from host drivers.\n");
	return status == EXIT_DONE && fix ? EXIT_REFUSED : status;
}

int boot_show(const struct boot_command *command)
{
	_cleanup_(history_clear) struct history history = { 0 };
	_cleanup_table_ struct table *functions = table_new("functions", function_columns);
	enum boot_initramfs initramfs;
	bool agree;
	int status;

	boot_history_read(command->root, command->view.text, &command->storage, &history.boot);
	initramfs = boot_history_initramfs(&history.boot, command->view.config.device_count);
	if (!functions || claimed_read(command->root, &history.claimed) < 0 ||
	    add_rows(command, &history, functions, &agree) < 0)
		return command_no_memory();
	status = command->call->json ? print_json(command, &history.boot, initramfs, functions)
				     : print_text(command, &history.boot, initramfs, functions);
	if (status != EXIT_DONE)
		return status;
	return agree && !history.boot.switched_off && initramfs == INITRAMFS_AGREES &&
			       command->view.absent.count + command->view.errors.count == 0
		       ? EXIT_DONE
		       : EXIT_REFUSED;
}
