/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/status.h"
#include "cli/table.h"

static int print_functions(const struct root *root, const struct claim *claim)
{
	static const struct table_column columns[] = {
		{ "  DEVICE", TABLE_STRING, 0 },
		{ "NOW", TABLE_STRING, 0 },
		{ "BEFORE", TABLE_STRING, 0 },
		{ "FOR THE VM", TABLE_STRING, 0 },
		{ 0 },
	};
	_cleanup_table_ struct table *table = table_new("functions", columns);

	for (size_t i = 0; table && i < claim->function_count; i++) {
		const struct claim_function *function = &claim->functions[i];
		_cleanup_free_ char *name = text_format("  %s", function->name);
		_cleanup_free_ char *now = NULL;
		int r = pci_driver_read(root, function->name, &now);
		bool recorded = claim->phase != CLAIM_RESERVING;
		const char *before = function->before.driver;
		const char *cells[] = {
			name,
			r == -ENODEV ? "(gone)"
			: now        ? now
				     : "(no driver)",
			!recorded ? "-"
			: before  ? before
				  : "(no driver)",
			function->vfio_driver,
		};

		if (!name || !table_add(table, NULL, cells))
			return -ENOMEM;
	}
	return table ? table_print(table) : -ENOMEM;
}

static int print_list(const char *title, const struct strings *list)
{
	_cleanup_free_ char *joined = strings_join(list, ", ");

	if (!joined)
		return -ENOMEM;
	if (list->count)
		printf("  %s: %s\n", title, joined);
	return 0;
}

static int print_claim(const struct root *root, const struct status_claim *told)
{
	const struct claim *claim = &told->claim;
	_cleanup_free_ char *title = claim_title(claim->vm);

	printf("%s: %s\n", title ? title : "VM", status_phase(told));
	if (print_functions(root, claim) < 0 ||
	    print_list("units to start again", &claim->units) < 0 ||
	    print_list("modules to load again", &claim->modules) < 0 ||
	    print_list("framebuffers to bind again", &claim->framebuffers) < 0 ||
	    print_list("consoles to attach again", &claim->consoles) < 0)
		return command_no_memory();
	for (size_t i = 0; i < claim->failures.count; i++)
		printf("  not restored: %s\n", claim->failures.items[i]);
	if (status_is_left(told))
		printf("  To do: gpu-handoff recover\n");
	return status_is_left(told) ? EXIT_REFUSED : EXIT_DONE;
}

static int print_call(const struct status_call *call)
{
	const struct worker_note *note = &call->note;
	const char *step = note->step[0] ? note->step : "a call to the kernel";

	if (note->wedged) {
		printf("%s: wedged: the kernel's driver crashed at an earlier try to %s. Only a "
		       "reboot frees it.\n",
		       call->device, step);
		return EXIT_REFUSED;
	}
	printf("%s: %s has not returned for %lld s%s\n", call->device, step,
	       note->since_ms ? (long long)(clock_now_ms() - note->since_ms) / 1000 : 0,
	       call->late ? ". When it does, the device is usable again; if it never does, only a "
			    "reboot frees it."
			  : "");
	return call->late ? EXIT_REFUSED : EXIT_DONE;
}

/* What boot.ini keeps, and whether it does; why not is told by `boot`. */
static int print_boot(const struct status *status)
{
	const struct selection *selection = &status->boot.selection;
	int worst = EXIT_DONE;

	for (size_t i = 0; i < selection->count; i++) {
		const struct selected_function *selected = &selection->items[i];
		const char *driver = selected->function->driver;
		bool agrees = status_boot_agrees(status, selected);

		printf("%s  %s  %s%s\n", i == 0 ? "boot.ini keeps from the host's drivers:\n" : "",
		       selected->function->name, driver ? driver : "(no driver)",
		       agrees ? "" : ": not as it says, see gpu-handoff boot");
		if (!agrees)
			worst = EXIT_REFUSED;
	}
	return worst;
}

int status_print_text(const struct command *command, const struct status *status)
{
	int worst = status->broken.count ? EXIT_REFUSED : EXIT_DONE;

	for (size_t i = 0; i < status->claim_count; i++) {
		int told = print_claim(&command->root, &status->claims[i]);

		if (told > worst)
			worst = told;
	}
	if (status->claim_count == 0 && status->broken.count == 0)
		printf("No VM has a device of this host.\n");
	for (size_t i = 0; i < status->call_count; i++) {
		int told = print_call(&status->calls[i]);

		if (told > worst)
			worst = told;
	}
	if (print_boot(status) > worst)
		worst = EXIT_REFUSED;
	for (size_t i = 0; i < status->broken.count; i++)
		command_report(&command->root, &status->broken.items[i]);
	if (status->no_answer.code) {
		_cleanup_free_ char *text = error_text(&status->no_answer);

		fflush(stdout);
		fprintf(stderr, "Whether the VMs run is not known: %s\n",
			text ? text : "no memory");
	}
	return worst;
}
