/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `list`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/survey.h"
#include "cli/verbs.h"

/* Base class 03, "display controller": VGA, 3D, and others. */
static bool is_gpu(const struct pci_function *function)
{
	return function->class >> 16 == 0x03;
}

/* Whether the function, or another one of its device, is a GPU. */
static bool belongs_to_gpu(const struct pci_functions *host, const struct pci_function *function)
{
	for (size_t i = 0; i < host->count; i++)
		if (is_gpu(&host->items[i]) && pci_same_device(&host->items[i], function))
			return true;
	return false;
}

static int choose(const struct command *command, struct survey *survey)
{
	bool all = command_has(command, "all");

	for (size_t i = 0; i < survey->host.count; i++) {
		const struct pci_function *function = &survey->host.items[i];

		if ((all || belongs_to_gpu(&survey->host, function)) &&
		    strings_add(&survey->chosen, function->name) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * What a function's row hangs below: a virtual function below its physical one, another one below
 * the first of its device. An index into the host's functions, its own for none.
 */
static size_t find_parent(const struct survey *survey, size_t index)
{
	const struct pci_function *function = &survey->host.items[index];
	_cleanup_free_ char *physical = NULL;

	if (function->virtual_function && !survey->remote)
		(void)root_link_name(survey->root, &physical, "sys/bus/pci/devices/%s/physfn",
				     function->name);
	for (size_t i = 0; i < index; i++)
		if (physical ? strcmp(survey->host.items[i].name, physical) == 0
			     : pci_same_device(&survey->host.items[i], function))
			return i;
	return index;
}

static int add_rows(const struct survey *survey, struct table *table)
{
	_cleanup_free_ struct table_row **rows =
		calloc(survey->host.count + 1, sizeof(struct table_row *));

	for (size_t i = 0; rows && i < survey->host.count; i++) {
		const struct pci_function *function = &survey->host.items[i];

		if (!strings_contain(&survey->chosen, function->name))
			continue;
		rows[i] = survey_add(survey, function, rows[find_parent(survey, i)], table);
		if (!rows[i])
			return -ENOMEM;
	}
	return rows ? 0 : -ENOMEM;
}

static void print_users(const struct holders *holders)
{
	for (size_t i = 0; i < holders->count; i++)
		printf("%s%s  %s\n", i == 0 ? "\nUsed on the host:\n" : "",
		       holders->items[i].function, holders->items[i].text);
}

static int run(const struct command *command)
{
	_cleanup_survey_ struct survey survey = { 0 };
	_cleanup_table_ struct table *table = NULL;
	_cleanup_table_ struct table *unseen = NULL;
	struct table *tables[2];
	bool all;
	_cleanup_error_ struct error error = ERROR_INIT;
	int status, r;

	if (command->count > 0)
		return command_usage(&verb_list, "it takes no argument");
	r = survey_read_host(command, &survey, &error);
	if (r == 0)
		r = choose(command, &survey);
	if (r == 0)
		r = survey_look(&survey, &error);
	if (r < 0) {
		if (!error.code)
			return command_no_memory();
		command_report(&command->root, &error);
		return survey.remote ? EXIT_REFUSED : EXIT_FAILED;
	}
	table = table_new("functions", survey_columns);
	unseen = survey_table_unseen(&survey);
	if (!table || !unseen || add_rows(&survey, table) < 0)
		return command_no_memory();
	/* with --output it is those columns of the one table */
	all = command->json && !command_has(command, "output");
	tables[0] = table;
	tables[1] = unseen;
	if (survey.chosen.count == 0 && !command->json)
		printf("This host has no %s.\n",
		       command_has(command, "all") ? "PCI device" : "GPU");
	status = table_print_all(&verb_list, command, tables, all ? 2 : 1);
	if (status == EXIT_DONE && !command->json && !command_has(command, "output"))
		print_users(&survey.holders);
	if (status == EXIT_DONE)
		survey_tell_hidden(&survey);
	return status;
}

static const struct verb_option options[] = {
	{ "all", 'a', OPTION_ALONE },
	TABLE_OPTIONS,
	{ 0 },
};

const struct verb verb_list = {
	.name = "list",
	.arguments = "[--all]",
	.summary = "Tell which GPUs there are, and how they are",
	.help = "Each GPU with all functions of its device: what it is, its id, driver and IOMMU\n"
		"group, whether the firmware's screen was on it (BOOT), how many use it on the\n"
		"host and who they are, and which VM has it. As root it sees all users, and VMs.\n"
		"With the URI of another host, what its libvirt tells. Changes nothing.\n\n"
		"  -a, --all            all PCI functions\n" TABLE_HELP
		"                       Not shown otherwise: CLASS, SUBSYSTEM, RESET, HOLDERS\n",
	.takes = TAKES_CONNECT | TAKES_SYSROOT | TAKES_JSON,
	.options = options,
	.run = run,
};
