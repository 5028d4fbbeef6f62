/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `show`. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/hostdev.h"
#include "cli/survey.h"
#include "cli/verbs.h"
#include "handoff/preflight.h"
#include "handoff/store.h"
#include "host/pci_bar.h"
#include "host/pci_binding.h"
#include "host/vfio.h"

/* How long the driver override may take to be read. */
#define LOOK_MS 2000

/* What is found out beside the survey, all of it as tables. */
struct sheet {
	struct survey survey;
	struct table *functions, *bindings, *bars, *groups, *hostdevs;
	bool usable;          /* the groups of all functions can go to a VM */
	struct error problem; /* else why not */
};

static const struct table_column binding_columns[] = {
	{ "ADDRESS", TABLE_STRING, 0 },
	{ "OVERRIDE", TABLE_STRING, 0 },
	{ "VFIO-DRIVER", TABLE_STRING, 0 },
	{ "POWER", TABLE_STRING, 0 },
	{ "D3COLD", TABLE_STRING, 0 },
	{ "RESET", TABLE_STRING, 0 },
	{ 0 },
};

static const struct table_column bar_columns[] = {
	{ "ADDRESS", TABLE_STRING, 0 },        { "BAR", TABLE_STRING, TABLE_RIGHT },
	{ "SIZE", TABLE_STRING, TABLE_RIGHT }, { "BYTES", TABLE_NUMBER, TABLE_EXTRA },
	{ "KIND", TABLE_STRING, 0 },           { "64-BIT", TABLE_BOOLEAN, 0 },
	{ "PREFETCHABLE", TABLE_BOOLEAN, 0 },  { 0 },
};

static const struct table_column group_columns[] = {
	{ "GROUP", TABLE_NUMBER, TABLE_RIGHT },
	{ "MEMBER", TABLE_STRING, 0 },
	{ "KIND", TABLE_STRING, 0 },
	{ "ID", TABLE_STRING, 0 },
	{ "DRIVER", TABLE_STRING, 0 },
	{ "NAME", TABLE_STRING, TABLE_CUT },
	{ 0 },
};

static const struct table_column hostdev_columns[] = {
	{ "ADDRESS", TABLE_STRING, 0 },
	{ "XML", TABLE_STRING, 0 },
	{ 0 },
};

static void sheet_clear(struct sheet *sheet)
{
	table_free(sheet->functions);
	table_free(sheet->bindings);
	table_free(sheet->bars);
	table_free(sheet->groups);
	table_free(sheet->hostdevs);
	error_clear(&sheet->problem);
	survey_clear(&sheet->survey);
}

/* ---- one function ------------------------------------------------------------------------- */

/* Whether a call to the kernel for it has not returned: one more would not either. */
static bool is_stuck(const struct root *root, const char *name)
{
	_cleanup_store_ struct store store = STORE_INIT;
	struct worker_note note;

	return store_open_existing(root, &store, NULL) == 0 &&
	       worker_look(root, store.pci_fd, name, &note) == 0 && (note.in_flight || note.wedged);
}

/* Reading the override may block on a stuck device, so a worker does it. */
static int add_binding(const struct pci_function *function, struct sheet *sheet)
{
	const struct root *root = sheet->survey.root;
	const struct patience patience = { .deadline_ms = clock_now_ms() + LOOK_MS };
	const struct worker_context workers = {
		.root = root,
		.locks_fd = -1,
		.patience = &patience,
	};
	_cleanup_pci_state_ struct pci_state state = PCI_STATE_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *driver = NULL;
	_cleanup_free_ char *resets = survey_resets(&sheet->survey, function);
	int r = is_stuck(root, function->name)
			? -EBUSY
			: pci_state_read(&workers, function->name, &state, &error);
	const char *cells[] = { function->name,
				r < 0 ? "(cannot be read)" : state.driver_override,
				NULL,
				state.power_control,
				state.d3cold_allowed,
				resets };

	if (vfio_choose_driver(root, function->modalias, &driver) < 0)
		return -ENOMEM;
	cells[2] = function->bridge ? NULL : driver;
	return table_add(sheet->bindings, NULL, cells) ? 0 : -ENOMEM;
}

/* "256M", "16K", "128": sizes are powers of two. */
static char *format_size(uint64_t size)
{
	static const char units[] = { 'K', 'M', 'G', 'T' };
	size_t unit = 0;

	if (size < 1024 || size % 1024)
		return text_format("%" PRIu64, size);
	for (size /= 1024; size >= 1024 && size % 1024 == 0 && unit + 1 < sizeof(units); unit++)
		size /= 1024;
	return text_format("%" PRIu64 "%c", size, units[unit]);
}

static int add_bars(const struct pci_function *function, struct sheet *sheet)
{
	struct pci_bar bars[PCI_BARS];

	if (pci_bar_read(sheet->survey.root, function->name, bars) < 0)
		return 0;
	for (size_t i = 0; i < PCI_BARS; i++) {
		_cleanup_free_ char *number = text_format("%zu", i);
		_cleanup_free_ char *size = format_size(bars[i].size);
		_cleanup_free_ char *bytes = text_format("%" PRIu64, bars[i].size);
		const char *cells[] = {
			function->name,
			i == PCI_BAR_ROM ? "ROM" : number,
			size,
			bytes,
			bars[i].io ? "ports" : "memory",
			bars[i].is_64_bit ? "yes" : NULL,
			bars[i].prefetchable ? "yes" : NULL,
		};

		if (!number || !size || !bytes)
			return -ENOMEM;
		if (bars[i].size && !table_add(sheet->bars, NULL, cells))
			return -ENOMEM;
	}
	return 0;
}

static int add_hostdev(const struct pci_function *function, struct sheet *sheet)
{
	_cleanup_free_ char *xml = hostdev_xml(&function->address);
	const char *cells[] = { function->name, xml };

	if (!xml)
		return -ENOMEM;
	return function->bridge || table_add(sheet->hostdevs, NULL, cells) ? 0 : -ENOMEM;
}

/* ---- the groups --------------------------------------------------------------------------- */

static int add_group(int group, struct sheet *sheet)
{
	const struct survey *survey = &sheet->survey;
	_cleanup_free_ char *number = text_format("%d", group);

	for (size_t i = 0; number && i < survey->host.count; i++) {
		const struct pci_function *member = &survey->host.items[i];
		_cleanup_free_ char *id = NULL;
		_cleanup_free_ char *name = NULL;
		const char *cells[6];

		if (member->group != group)
			continue;
		id = text_format("%04x:%04x", member->id.vendor, member->id.device);
		name = survey_name(survey, member);
		cells[0] = number;
		cells[1] = member->name;
		cells[2] = survey_kind(member);
		cells[3] = id;
		cells[4] = member->driver;
		cells[5] = name;
		if (!id || !table_add(sheet->groups, NULL, cells))
			return -ENOMEM;
	}
	return number ? 0 : -ENOMEM;
}

/* Whether an earlier one of the chosen functions is in the group. */
static bool has_group(const struct survey *survey, size_t before, int group)
{
	for (size_t i = 0; i < before; i++)
		if (survey->host.items[i].group == group &&
		    strings_contain(&survey->chosen, survey->host.items[i].name))
			return true;
	return false;
}

/* The chosen functions as a selection, as if they were all that an INI file lists. */
static int judge_groups(struct sheet *sheet)
{
	_cleanup_selection_ struct selection selection = SELECTION_INIT;
	const struct survey *survey = &sheet->survey;

	for (size_t i = 0; i < survey->host.count; i++) {
		const struct pci_function *function = &survey->host.items[i];

		if (function->bridge || !strings_contain(&survey->chosen, function->name))
			continue;
		if (array_grow(&selection.items, selection.count, sizeof(*selection.items)) < 0)
			return -ENOMEM;
		selection.items[selection.count++].function = function;
	}
	sheet->usable =
		selection.count && preflight_check_groups(survey->root, &selection, &survey->host,
							  &sheet->problem) == 0;
	return 0;
}

static int fill(struct sheet *sheet)
{
	const struct survey *survey = &sheet->survey;

	for (size_t i = 0; i < survey->host.count; i++) {
		const struct pci_function *function = &survey->host.items[i];

		if (!strings_contain(&survey->chosen, function->name))
			continue;
		if (!survey_add(survey, function, NULL, sheet->functions) ||
		    add_hostdev(function, sheet) < 0)
			return -ENOMEM;
		if (!survey->remote &&
		    (add_binding(function, sheet) < 0 || add_bars(function, sheet) < 0))
			return -ENOMEM;
		if (function->group >= 0 && !has_group(survey, i, function->group) &&
		    add_group(function->group, sheet) < 0)
			return -ENOMEM;
	}
	/* what a driver is, that host alone can tell */
	return survey->remote ? 0 : judge_groups(sheet);
}

/* ---- what is printed ---------------------------------------------------------------------- */

static int print_json(const struct command *command, struct sheet *sheet)
{
	static const struct table_column columns[] = {
		{ "USABLE", TABLE_BOOLEAN, 0 },
		{ "PROBLEM", TABLE_STRING, 0 },
		{ "FIX", TABLE_STRING, 0 },
		{ 0 },
	};
	_cleanup_table_ struct table *verdict = table_new("verdict", columns);
	_cleanup_free_ char *problem = sheet->problem.code ? error_text(&sheet->problem) : NULL;
	const char *cells[] = { sheet->usable ? "yes" : "no", problem, sheet->problem.hint };
	_cleanup_table_ struct table *unseen = survey_table_unseen(&sheet->survey);
	struct table *tables[] = { sheet->functions, sheet->bindings, sheet->bars, sheet->groups,
				   verdict,          sheet->hostdevs, unseen };

	/* of another host's device it is not known */
	if (!verdict || !unseen || (!sheet->survey.remote && !table_add(verdict, NULL, cells)))
		return command_no_memory();
	return table_print_all(&verb_show, command, tables, ARRAY_SIZE(tables));
}

static int print_text(const struct command *command, struct sheet *sheet)
{
	const struct survey *survey = &sheet->survey;
	struct table *const tables[] = { sheet->functions, sheet->bindings, sheet->bars,
					 sheet->groups };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (i > 0 && !table_is_empty(tables[i]))
			printf("\n");
		if (table_print_all(&verb_show, command, &tables[i], 1) != EXIT_DONE)
			return EXIT_FAILED;
	}
	for (size_t i = 0; i < survey->holders.count; i++)
		printf("%s%s  %s\n", i == 0 ? "\nUsed on the host:\n" : "",
		       survey->holders.items[i].function, survey->holders.items[i].text);
	if (sheet->usable)
		printf("\nA VM can have %s: nothing else of the IOMMU group is on a host driver.\n",
		       survey->chosen.count == 1 ? "it" : "them");
	for (size_t i = 0; i < survey->host.count; i++) {
		const struct pci_function *function = &survey->host.items[i];
		_cleanup_free_ char *xml = NULL;

		if (function->bridge || !strings_contain(&survey->chosen, function->name))
			continue;
		xml = hostdev_xml(&function->address);
		if (!xml)
			return command_no_memory();
		printf("\n%s\n", xml);
	}
	if (sheet->problem.code)
		command_report(&command->root, &sheet->problem);
	return EXIT_DONE;
}

static int choose(const struct command *command, struct survey *survey)
{
	for (int i = 0; i < command->count; i++) {
		_cleanup_free_ char *quoted = text_quote(command->arguments[i]);
		int r = survey_choose(command->arguments[i], survey);

		if (r == -EINVAL)
			return command_usage(&verb_show,
					     "\"%s\" is no address: 0000:01:00.0 is one, or 01:00 "
					     "for the whole device",
					     quoted ? quoted : "?");
		if (r == -ENODEV) {
			fprintf(stderr,
				"gpu-handoff: this host has no PCI device %s\n"
				"To do: Find the address with: gpu-handoff list --all\n",
				quoted ? quoted : "?");
			return EXIT_REFUSED;
		}
		if (r < 0)
			return command_no_memory();
	}
	return command->count ? EXIT_DONE : command_usage(&verb_show, "which device?");
}

static int run(const struct command *command)
{
	_cleanup_(sheet_clear) struct sheet sheet = { 0 };
	_cleanup_error_ struct error error = ERROR_INIT;
	int status = EXIT_DONE;
	int r = survey_read_host(command, &sheet.survey, &error);

	if (r == 0)
		status = choose(command, &sheet.survey);
	if (status != EXIT_DONE)
		return status;
	if (r == 0)
		r = survey_look(&sheet.survey, &error);
	if (r < 0) {
		command_report(&command->root, &error);
		return sheet.survey.remote ? EXIT_REFUSED : EXIT_FAILED;
	}
	sheet.functions = table_new("functions", survey_columns);
	sheet.bindings = table_new("bindings", binding_columns);
	sheet.bars = table_new("bars", bar_columns);
	sheet.groups = table_new("groups", group_columns);
	sheet.hostdevs = table_new("hostdevs", hostdev_columns);
	if (!sheet.functions || !sheet.bindings || !sheet.bars || !sheet.groups ||
	    !sheet.hostdevs || fill(&sheet) < 0)
		return command_no_memory();
	status = command->json ? print_json(command, &sheet) : print_text(command, &sheet);
	survey_tell_hidden(&sheet.survey);
	return status;
}

const struct verb verb_show = {
	.name = "show",
	.arguments = "ADDRESS...",
	.summary = "Tell all about a device, with its <hostdev>",
	.help = "ADDRESS is a PCI function, 0000:01:00.0 or 01:00.0, or a whole device, 01:00.\n"
		"Shows what it is, how it is bound and resets, its memory, who uses it, its IOMMU\n"
		"group with every member, whether a VM can have it, and the XML that gives it to\n"
		"one. With the URI of another host, what its libvirt tells. Changes nothing. Exit\n"
		"status 1 when the host has no such device.\n",
	.takes = TAKES_CONNECT | TAKES_SYSROOT | TAKES_JSON,
	.run = run,
};
