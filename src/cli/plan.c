/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `plan`: the engine's own plan, printed instead of carried out. */
#include "handoff/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/connection.h"
#include "cli/domain_source.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "handoff/acquire_plan.h"
#include "handoff/hotplug.h"
#include "handoff/in_use.h"
#include "handoff/in_use_report.h"
#include "handoff/reserve.h"
#include "handoff/restore.h"

/* What is found out about a start or a stop. */
struct outlook {
	struct operation operation;
	struct store store; /* without the directory of locks */
	int pci_fd;         /* that one, for looking at who has them */
	bool store_hidden;  /* only root may look into it */
	struct strings warnings;
	struct holders holders; /* who is in the way */
	struct errors problems; /* for which it would be refused */
};

static void outlook_clear(struct outlook *outlook)
{
	store_close(&outlook->store);
	cleanup_close(&outlook->pci_fd);
	strings_clear(&outlook->warnings);
	holders_clear(&outlook->holders);
	errors_clear(&outlook->problems);
}

/* Returns 0, -ENOENT without `error` when there is no claim at all, or another negative errno. */
static int open_store(const struct command *command, const char *vm, int64_t timeout_ms,
		      struct outlook *outlook, struct error *error)
{
	int r = store_open_existing(&command->root, &outlook->store, error);

	/* looking takes no lock, nor is anything written */
	if (r == 0)
		outlook->pci_fd = take_fd(&outlook->store.pci_fd);
	outlook->operation = (struct operation){
		.root = &command->root,
		.store = &outlook->store,
		.vm = vm,
		.patience = { .deadline_ms = clock_now_ms() + timeout_ms },
	};
	outlook->store_hidden = r == -EACCES || r == -EPERM;
	return r;
}

/* ---- what is printed ---------------------------------------------------------------------- */

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

static int add_outlook(const struct outlook *outlook, struct table *holders, struct table *warnings,
		       struct table *problems)
{
	for (size_t i = 0; i < outlook->holders.count; i++) {
		const struct holder *holder = &outlook->holders.items[i];
		const char *cells[] = { holder->function, holder->text };

		if (!table_add(holders, NULL, cells))
			return -ENOMEM;
	}
	for (size_t i = 0; i < outlook->warnings.count; i++) {
		const char *cells[] = { outlook->warnings.items[i] };

		if (!table_add(warnings, NULL, cells))
			return -ENOMEM;
	}
	for (size_t i = 0; i < outlook->problems.count; i++) {
		struct error *error = &outlook->problems.items[i];
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

static int print_json(const struct command *command, struct table *steps,
		      const struct outlook *outlook)
{
	_cleanup_table_ struct table *holders = table_new("holders", holder_columns);
	_cleanup_table_ struct table *warnings = table_new("warnings", warning_columns);
	_cleanup_table_ struct table *problems = table_new("problems", problem_columns);
	struct table *tables[] = { steps, holders, warnings, problems };

	if (!holders || !warnings || !problems ||
	    add_outlook(outlook, holders, warnings, problems) < 0)
		return command_no_memory();
	return table_print_all(&verb_plan, command, tables, ARRAY_SIZE(tables));
}

static void print_warning(const char *text)
{
	_cleanup_free_ char *printable = text_printable(text);

	fprintf(stderr, "Warning: %s\n", printable ? printable : "no memory");
}

static void print_text(const struct command *command, const struct strings *told,
		       const struct outlook *outlook, const char *what)
{
	_cleanup_free_ char *shown = text_quote(outlook->operation.vm);
	bool changes = false;

	for (size_t i = 0; i < told->count; i++)
		changes |= told->items[i][0] == '+';
	if (told->count)
		printf("%s of the VM \"%s\" would now%s:\n", what, shown ? shown : "?",
		       changes ? " do this" : " change nothing, only look");
	for (size_t i = 0; i < told->count; i++)
		printf("  %s\n", told->items[i] + 1);
	fflush(stdout);
	for (size_t i = 0; i < outlook->warnings.count; i++)
		print_warning(outlook->warnings.items[i]);
	if (outlook->store_hidden)
		fprintf(stderr, "Only root can see whether another VM has the devices.\n");
	for (size_t i = 0; i < outlook->problems.count; i++)
		command_report(&command->root, &outlook->problems.items[i]);
	if (outlook->problems.count)
		fprintf(stderr, "%s would be refused.\n", what);
}

static int print(const struct command *command, struct table *steps, const struct strings *told,
		 const struct outlook *outlook, const char *what)
{
	int status = EXIT_DONE;

	if (command->json)
		status = print_json(command, steps, outlook);
	else
		print_text(command, told, outlook, what);
	return status == EXIT_DONE && outlook->problems.count ? EXIT_REFUSED : status;
}

/* What is to be told of one plan. */
static int print_plan(const struct command *command, const struct plan *plan,
		      const struct outlook *outlook, const char *what)
{
	_cleanup_table_ struct table *steps = table_new("steps", step_columns);
	_cleanup_strings_ struct strings told = STRINGS_INIT;

	if (!steps || add_steps(plan, steps) < 0 || tell_steps(plan, &told) < 0)
		return command_no_memory();
	return print(command, steps, &told, outlook, what);
}

/* ---- a start ------------------------------------------------------------------------------ */

/* Whether the VM has its devices: who has them open is the VM itself then. */
static bool has_them(const struct outlook *outlook)
{
	_cleanup_claim_ struct claim claim = CLAIM_INIT;

	return outlook->store.claims_fd >= 0 &&
	       claim_read(&outlook->store, outlook->operation.vm, &claim, NULL) == 0 &&
	       claim.phase == CLAIM_HELD;
}

static int look_at_holders(const struct config *config, struct acquire_plan *plan,
			   struct outlook *outlook, struct error *error)
{
	const struct in_use in_use = {
		.operation = &outlook->operation,
		.config = config,
		.selection = &plan->selection,
		.snapshot = &plan->snapshot,
		.unload = &plan->room.modules,
		.units_stopped = plan->room.units.count > 0,
	};
	_cleanup_free_ char *list = NULL;
	_cleanup_free_ char *warning = NULL;
	const char *what = "in use now; the start stops, waits for or ends them:";
	int r = in_use_look(&in_use, &outlook->holders, error);

	if (r == -EBUSY && has_them(outlook)) {
		error_clear(error);
		what = "the VM has its devices already, and they are in use:";
		r = 0;
	}
	if (r < 0 || outlook->holders.count == 0)
		return r;
	list = in_use_list(&outlook->holders, "\n  ");
	warning = text_format("%s%s", what, list ? list : "");
	return warning && strings_add(&outlook->warnings, warning) == 0
		       ? 0
		       : error_set_errno(error, ENOMEM, "cannot tell who uses the devices");
}

/*
 * A call to the kernel for a function that has not returned is waited for by a start; who only
 * looks would wait too, or leave one more behind.
 */
static int check_calls(const struct outlook *outlook, const struct claim *claim,
		       struct error *error)
{
	for (size_t i = 0; outlook->pci_fd >= 0 && i < claim->function_count; i++) {
		const char *name = claim->functions[i].name;
		struct worker_note note;

		if (worker_look(outlook->operation.root, outlook->pci_fd, name, &note) < 0 ||
		    (!note.in_flight && !note.wedged))
			continue;
		error_set(error, EBUSY, "an earlier call to the kernel for it has not returned");
		error_device(error, name);
		error_hint(error, "See gpu-handoff status");
		return -EBUSY;
	}
	return 0;
}

/* Returns 0, or a negative errno with the error for which the start would be refused. */
static int foresee_start(const struct config *config, const struct domain *domain,
			 struct acquire_plan *plan, struct outlook *outlook, struct error *error)
{
	int r = acquire_plan_select(&outlook->operation, config, domain, plan, &outlook->warnings,
				    error);

	if (r < 0 || plan->selection.count == 0)
		return r;
	if (outlook->store.claims_fd >= 0)
		r = reserve_look(&outlook->operation, &plan->claim, error);
	if (r == 0)
		r = check_calls(outlook, &plan->claim, error);
	if (r == 0)
		r = acquire_plan_make(&outlook->operation, config, plan, error);
	return r < 0 ? r : look_at_holders(config, plan, outlook, error);
}

static int plan_start(const struct command *command, const struct domain *domain)
{
	_cleanup_(outlook_clear) struct outlook outlook = { .store = STORE_INIT, .pci_fd = -1 };
	_cleanup_acquire_plan_ struct acquire_plan plan = ACQUIRE_PLAN_INIT;
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *shown = text_quote(domain->name);
	_cleanup_free_ char *word = text_shell_word(domain->name);
	int r = config_load(&command->root, domain->name, &config, &error);

	if (r == -ENOENT && !error.code) {
		fprintf(stderr,
			"The VM \"%s\" has no /" CONFIG_DIRECTORY "/%s.ini: its start moves no "
			"device.\nTo do: gpu-handoff init %s ADDRESS\n",
			shown ? shown : "?", shown ? shown : "?", word ? word : "DOMAIN");
		return command->json ? print_plan(command, &plan.plan, &outlook, "The start")
				     : EXIT_DONE;
	}
	if (r < 0) {
		command_report(&command->root, &error);
		return EXIT_USAGE;
	}
	r = open_store(command, domain->name, config.timeout_ms, &outlook, &error);
	if (r < 0 && r != -ENOENT && !outlook.store_hidden)
		return command_report_store(&command->root, &error);
	error_clear(&error);
	r = foresee_start(&config, domain, &plan, &outlook, &error);
	if (r < 0)
		errors_add(&outlook.problems, &error);
	if (r == 0 && plan.selection.count == 0 && !command->json)
		printf("The start of the VM \"%s\" moves no device.\n", shown ? shown : "?");
	return print_plan(command, &plan.plan, &outlook, "The start");
}

/* ---- a stop ------------------------------------------------------------------------------- */

/* Plans for one claim, and adds its steps, or what is wrong with it. Returns 0 or -ENOMEM. */
static int foresee_release(const struct command *command, const char *name, struct outlook *outlook,
			   struct strings *told, struct table *steps)
{
	_cleanup_restore_plan_ struct restore_plan plan = RESTORE_PLAN_INIT;
	_cleanup_claim_ struct claim claim = CLAIM_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = claim_read(&outlook->store, name, &claim, &error);

	if (r == -ENOENT && !error.code)
		return 0;
	if (r == 0)
		r = claim_check_boot(&command->root, &claim, &error);
	if (r == 0)
		r = check_calls(outlook, &claim, &error);
	if (r == 0)
		r = restore_make_plan(&outlook->operation, &claim, &plan, &outlook->problems);
	if (r < 0 && !error.code)
		return -ENOMEM;
	if (r < 0)
		errors_add(&outlook->problems, &error);
	if (tell_steps(&plan.plan, told) < 0)
		return -ENOMEM;
	return add_steps(&plan.plan, steps);
}

/* What was plugged in last goes first, as at a stop. */
static int plan_release(const struct command *command, const char *vm)
{
	_cleanup_(outlook_clear) struct outlook outlook = { .store = STORE_INIT, .pci_fd = -1 };
	_cleanup_table_ struct table *steps = table_new("steps", step_columns);
	_cleanup_strings_ struct strings claims = STRINGS_INIT;
	_cleanup_strings_ struct strings told = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *shown = text_quote(vm);
	int r = open_store(command, vm, CONFIG_TIMEOUT_DEFAULT_MS, &outlook, &error);

	if (r == 0)
		r = hotplug_list(&outlook.store, vm, &claims, &error);
	if (r < 0 && error.code) {
		command_report_store(&command->root, &error);
		return EXIT_REFUSED;
	}
	if (!steps || strings_add(&claims, vm) < 0)
		return command_no_memory();
	for (size_t i = 0; r == 0 && i < claims.count; i++)
		if (foresee_release(command, claims.items[i], &outlook, &told, steps) < 0)
			return command_no_memory();
	if (told.count == 0 && outlook.problems.count == 0)
		fprintf(stderr, "The VM \"%s\" has no device of this host: nothing comes back.\n",
			shown ? shown : "?");
	return print(command, steps, &told, &outlook, "The stop");
}

static int run(const struct command *command)
{
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *xml = NULL;
	const char *name;
	int r;

	if (command->count != 1)
		return command_usage(&verb_plan, "of which domain?");
	name = command->arguments[0];
	if (command->root.is_host && !connection_is_own(command->uri))
		return command_usage(&verb_plan,
				     "it looks at this host's devices: run it on the other one");
	/* a stop goes by the claim alone */
	if (command_has(command, "release") && strcmp(name, DOMAIN_STDIN) != 0)
		return plan_release(command, name);
	r = domain_source_read(command, name, &xml, &error);
	if (r == 0)
		r = domain_parse(xml, strlen(xml), &domain, &error);
	if (r < 0) {
		command_report(&command->root, &error);
		return r == -ENOENT || r == -EINVAL || r == -EFBIG ? EXIT_USAGE : EXIT_REFUSED;
	}
	if (command_has(command, "release"))
		return plan_release(command, domain.name);
	return plan_start(command, &domain);
}

static const struct verb_option options[] = {
	{ "release", 0, OPTION_ALONE },
	{ 0 },
};

const struct verb verb_plan = {
	.name = "plan",
	.arguments = "[--release] DOMAIN",
	.summary = "Tell what a VM's start would do, step by step",
	.help = "DOMAIN is a domain's name, or - for its XML on standard input:\n"
		"virsh dumpxml vm | gpu-handoff plan -\n\n"
		"The plan is the one that the hook would carry out, made by the same code from\n"
		"the INI file, the domain's hostdevs and how the devices are now. Changes\n"
		"nothing. Exit status 1 when the start would be refused, and the message says\n"
		"why; 2 when the INI file or the XML is broken.\n\n"
		"      --release        what its stop would do now, from its claim. Needs "
		"root\n",
	.takes = TAKES_CONNECT | TAKES_SYSROOT | TAKES_JSON,
	.options = options,
	.run = run,
};
