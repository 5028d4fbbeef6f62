/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/status.h"
#include "cli/table.h"
#include "cli/verbs.h"

static const struct table_column claim_columns[] = {
	{ "VM", TABLE_STRING, 0 },
	{ "UUID", TABLE_STRING, 0 },
	{ "HOT-PLUGGED", TABLE_BOOLEAN, 0 },
	{ "PHASE", TABLE_STRING, 0 },
	{ "WORKING", TABLE_BOOLEAN, 0 },
	{ "RUNS", TABLE_STRING, 0 },
	{ "LEFT", TABLE_BOOLEAN, 0 },
	{ "UNITS", TABLE_LIST, 0 },
	{ "MODULES", TABLE_LIST, 0 },
	{ "FRAMEBUFFERS", TABLE_LIST, 0 },
	{ "CONSOLES", TABLE_LIST, 0 },
	{ "FAILURES", TABLE_LIST, 0 },
	{ 0 },
};

static const struct table_column function_columns[] = {
	{ "VM", TABLE_STRING, 0 },      { "HOT-PLUGGED", TABLE_BOOLEAN, 0 },
	{ "ADDRESS", TABLE_STRING, 0 }, { "NOW", TABLE_STRING, 0 },
	{ "GONE", TABLE_BOOLEAN, 0 },   { "BEFORE", TABLE_STRING, 0 },
	{ "FOR-VM", TABLE_STRING, 0 },  { 0 },
};

static const struct table_column call_columns[] = {
	{ "DEVICE", TABLE_STRING, 0 },  { "STEP", TABLE_STRING, 0 },
	{ "SECONDS", TABLE_NUMBER, 0 }, { "LATE", TABLE_BOOLEAN, 0 },
	{ "WEDGED", TABLE_BOOLEAN, 0 }, { 0 },
};

static const struct table_column boot_columns[] = {
	{ "ADDRESS", TABLE_STRING, 0 },
	{ "CONFIGURED", TABLE_STRING, 0 },
	{ "NOW", TABLE_STRING, 0 },
	{ "AGREES", TABLE_BOOLEAN, 0 },
	{ 0 },
};

static const struct table_column problem_columns[] = {
	{ "PROBLEM", TABLE_STRING, 0 },
	{ "FIX", TABLE_STRING, 0 },
	{ 0 },
};

static const char *yes(bool is)
{
	return is ? "yes" : "no";
}

/* As a cell of a list; NULL for an empty one. */
static int join(const struct strings *list, char **ret_cell)
{
	_cleanup_strings_ struct strings encoded = STRINGS_INIT;

	for (size_t i = 0; i < list->count; i++) {
		_cleanup_free_ char *item = table_list_item(list->items[i]);

		if (!item || strings_add(&encoded, item) < 0)
			return -ENOMEM;
	}
	*ret_cell = list->count ? strings_join(&encoded, "\n") : NULL;
	return list->count && !*ret_cell ? -ENOMEM : 0;
}

static int add_claim(const struct status_claim *told, struct table *table)
{
	static const char *const phases[] = {
		[CLAIM_RESERVING] = "reserving",
		[CLAIM_ACQUIRING] = "acquiring",
		[CLAIM_HELD] = "held",
		[CLAIM_RELEASING] = "releasing",
	};
	static const char *const runs[] = {
		[RUNS_UNKNOWN] = NULL,
		[RUNS_YES] = "yes",
		[RUNS_NO] = "no",
	};
	const struct claim *claim = &told->claim;
	_cleanup_free_ char *units = NULL;
	_cleanup_free_ char *modules = NULL;
	_cleanup_free_ char *framebuffers = NULL;
	_cleanup_free_ char *consoles = NULL;
	_cleanup_free_ char *failures = NULL;

	if (join(&claim->units, &units) < 0 || join(&claim->modules, &modules) < 0 ||
	    join(&claim->framebuffers, &framebuffers) < 0 ||
	    join(&claim->consoles, &consoles) < 0 || join(&claim->failures, &failures) < 0)
		return -ENOMEM;
	return table_add(table, NULL,
			 (const char *const[]){ claim_owner(claim->vm), claim->uuid,
						yes(claim_is_hotplug(claim->vm)),
						phases[claim->phase], yes(told->working),
						runs[told->runs], yes(status_is_left(told)), units,
						modules, framebuffers, consoles, failures })
		       ? 0
		       : -ENOMEM;
}

static int add_functions(const struct root *root, const struct claim *claim, struct table *table)
{
	for (size_t i = 0; i < claim->function_count; i++) {
		const struct claim_function *function = &claim->functions[i];
		_cleanup_free_ char *now = NULL;
		bool gone = pci_driver_read(root, function->name, &now) == -ENODEV;

		if (!table_add(table, NULL,
			       (const char *const[]){
				       claim_owner(claim->vm), yes(claim_is_hotplug(claim->vm)),
				       function->name, now, yes(gone), function->before.driver,
				       function->vfio_driver }))
			return -ENOMEM;
	}
	return 0;
}

static int add_call(const struct status_call *call, struct table *table)
{
	const struct worker_note *note = &call->note;
	_cleanup_free_ char *seconds =
		note->since_ms
			? text_format("%lld", (long long)(clock_now_ms() - note->since_ms) / 1000)
			: NULL;

	return table_add(table, NULL,
			 (const char *const[]){ call->device, note->step[0] ? note->step : NULL,
						seconds, yes(call->late), yes(note->wedged) })
		       ? 0
		       : -ENOMEM;
}

static int add_boot(const struct status *status, struct table *table, int *worst)
{
	const struct selection *selection = &status->boot.selection;

	for (size_t i = 0; i < selection->count; i++) {
		const struct selected_function *selected = &selection->items[i];
		bool agrees = status_boot_agrees(status, selected);

		if (!agrees)
			*worst = EXIT_REFUSED;
		if (!table_add(table, NULL,
			       (const char *const[]){ selected->function->name,
						      selected->device->driver,
						      selected->function->driver, yes(agrees) }))
			return -ENOMEM;
	}
	return 0;
}

static int add_problem(const struct error *error, struct table *table)
{
	_cleanup_free_ char *text = error_text(error);

	return text && table_add(table, NULL, (const char *const[]){ text, error->hint }) ? 0
											  : -ENOMEM;
}

int status_print_json(const struct command *command, const struct status *status)
{
	_cleanup_table_ struct table *claims = table_new("claims", claim_columns);
	_cleanup_table_ struct table *functions = table_new("functions", function_columns);
	_cleanup_table_ struct table *calls = table_new("calls", call_columns);
	_cleanup_table_ struct table *boot = table_new("boot", boot_columns);
	_cleanup_table_ struct table *problems = table_new("problems", problem_columns);
	struct table *tables[] = { claims, functions, calls, boot, problems };
	int worst = status->broken.count ? EXIT_REFUSED : EXIT_DONE;
	int r = claims && functions && calls && boot && problems ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < status->claim_count; i++) {
		r = add_claim(&status->claims[i], claims);
		if (r == 0)
			r = add_functions(&command->root, &status->claims[i].claim, functions);
		if (status_is_left(&status->claims[i]))
			worst = EXIT_REFUSED;
	}
	for (size_t i = 0; r == 0 && i < status->call_count; i++) {
		r = add_call(&status->calls[i], calls);
		if (status->calls[i].late || status->calls[i].note.wedged)
			worst = EXIT_REFUSED;
	}
	if (r == 0)
		r = add_boot(status, boot, &worst);
	for (size_t i = 0; r == 0 && i < status->broken.count; i++)
		r = add_problem(&status->broken.items[i], problems);
	if (r == 0 && status->no_answer.code)
		r = add_problem(&status->no_answer, problems);
	if (r < 0)
		return command_no_memory();
	r = table_print_all(&verb_status, command, tables, ARRAY_SIZE(tables));
	return r == EXIT_DONE ? worst : r;
}
