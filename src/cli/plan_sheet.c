/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/plan_sheet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/verbs.h"

static const struct table_column step_columns[] = {
	{ "STAGE", TABLE_NUMBER, TABLE_RIGHT },
	{ "FUNCTION", TABLE_STRING, 0 },
	{ "STEP", TABLE_STRING, TABLE_WRAP },
	{ "CHANGES", TABLE_BOOLEAN, TABLE_EXTRA },
	{ 0 },
};

static const struct table_column holder_columns[] = {
	{ "FUNCTION", TABLE_STRING, 0 },
	{ "HOLDER", TABLE_STRING, TABLE_WRAP },
	{ 0 },
};

static const struct table_column warning_columns[] = {
	{ "WARNING", TABLE_STRING, TABLE_WRAP },
	{ 0 },
};

static const struct table_column problem_columns[] = {
	{ "FUNCTION", TABLE_STRING, 0 },
	{ "PROBLEM", TABLE_STRING, TABLE_WRAP },
	{ "FIX", TABLE_STRING, TABLE_WRAP },
	{ 0 },
};

/* A step's text begins with the function that it is for. */
static const char *without_function(const char *text, const char *function)
{
	size_t length = function ? strlen(function) : 0;

	return length && strncmp(text, function, length) == 0 && text[length] == ':'
		       ? text + length + 2
		       : text;
}

static int add_steps(const struct plan *plan, struct table *table)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		const char *function =
			step->function == PLAN_HOST ? NULL : plan->functions[step->function].name;
		_cleanup_free_ char *stage = text_format("%u", step->stage + 1);
		_cleanup_free_ char *text = plan_step_text(plan, step);
		const char *cells[] = { stage, function,
					text ? without_function(text, function) : NULL,
					plan_step_changes(step) ? "yes" : "no" };

		if (!stage || !text || !table_add(table, NULL, cells))
			return -ENOMEM;
	}
	return 0;
}

static int add_rest(const struct plan_sheet *sheet, struct table *holders, struct table *warnings,
		    struct table *problems)
{
	for (size_t i = 0; i < sheet->holders.count; i++) {
		const struct holder *holder = &sheet->holders.items[i];
		const char *cells[] = { holder->function, holder->text };

		if (!table_add(holders, NULL, cells))
			return -ENOMEM;
	}
	for (size_t i = 0; i < sheet->warnings.count; i++) {
		const char *cells[] = { sheet->warnings.items[i] };

		if (!table_add(warnings, NULL, cells))
			return -ENOMEM;
	}
	for (size_t i = 0; i < sheet->problems.count; i++) {
		struct error *error = &sheet->problems.items[i];
		_cleanup_free_ char *device = error->device;
		_cleanup_free_ char *text = NULL;
		const char *cells[] = { device, NULL, error->hint };

		error->device = NULL;
		cells[1] = text = error_text(error);
		error->device = take_ptr(device);
		if (!text || !table_add(problems, NULL, cells))
			return -ENOMEM;
	}
	return 0;
}

/* The steps in words, those that change something with a "+" before them. */
static int tell_steps(const struct plan *plan, struct strings *told)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		_cleanup_free_ char *text = plan_step_text(plan, &plan->steps[i]);
		_cleanup_free_ char *printable = text ? text_printable(text) : NULL;
		_cleanup_free_ char *line =
			printable ? text_format("%c%s",
						plan_step_changes(&plan->steps[i]) ? '+' : ' ',
						printable)
				  : NULL;

		if (!line || strings_add(told, line) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int make_steps(struct plan_sheet *sheet)
{
	if (!sheet->steps)
		sheet->steps = table_new("steps", step_columns);
	return sheet->steps ? 0 : -ENOMEM;
}

int plan_sheet_add(struct plan_sheet *sheet, const struct plan *plan)
{
	int r = make_steps(sheet);

	if (r == 0)
		r = add_steps(plan, sheet->steps);
	return r < 0 ? r : tell_steps(plan, &sheet->told);
}

static int print_json(const struct command *command, struct plan_sheet *sheet)
{
	_cleanup_table_ struct table *holders = table_new("holders", holder_columns);
	_cleanup_table_ struct table *warnings = table_new("warnings", warning_columns);
	_cleanup_table_ struct table *problems = table_new("problems", problem_columns);
	struct table *tables[] = { NULL, holders, warnings, problems };

	if (!holders || !warnings || !problems || make_steps(sheet) < 0 ||
	    add_rest(sheet, holders, warnings, problems) < 0)
		return command_no_memory();
	tables[0] = sheet->steps;
	return table_print_all(&verb_plan, command, tables, ARRAY_SIZE(tables));
}

static void print_warning(const char *text)
{
	_cleanup_free_ char *printable = text_printable(text);

	fprintf(stderr, "Warning: %s\n", printable ? printable : "no memory");
}

static void print_text(const struct command *command, const struct plan_sheet *sheet)
{
	_cleanup_free_ char *shown = text_quote(sheet->vm);
	bool changes = false;

	for (size_t i = 0; i < sheet->told.count; i++)
		changes |= sheet->told.items[i][0] == '+';
	if (sheet->told.count)
		printf("%s of the VM \"%s\" would now%s:\n", sheet->what, shown ? shown : "?",
		       changes ? " do this" : " change nothing, only look");
	for (size_t i = 0; i < sheet->told.count; i++)
		printf("  %s\n", sheet->told.items[i] + 1);
	fflush(stdout);
	for (size_t i = 0; i < sheet->warnings.count; i++)
		print_warning(sheet->warnings.items[i]);
	if (sheet->claims_hidden)
		fprintf(stderr, "Only root can see whether another VM has the devices.\n");
	for (size_t i = 0; i < sheet->problems.count; i++)
		command_report(&command->root, &sheet->problems.items[i]);
	if (sheet->problems.count)
		fprintf(stderr, "%s would be refused.\n", sheet->what);
}

int plan_sheet_print(const struct command *command, struct plan_sheet *sheet)
{
	int status = EXIT_DONE;

	if (command->json)
		status = print_json(command, sheet);
	else
		print_text(command, sheet);
	return status == EXIT_DONE && sheet->problems.count ? EXIT_REFUSED : status;
}

void plan_sheet_clear(struct plan_sheet *sheet)
{
	table_free(sheet->steps);
	strings_clear(&sheet->told);
	strings_clear(&sheet->warnings);
	holders_clear(&sheet->holders);
	errors_clear(&sheet->problems);
	*sheet = PLAN_SHEET_INIT;
}
