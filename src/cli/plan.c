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
#include "cli/plan_sheet.h"
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
	struct plan_sheet sheet;
};

static void outlook_clear(struct outlook *outlook)
{
	store_close(&outlook->store);
	cleanup_close(&outlook->pci_fd);
	plan_sheet_clear(&outlook->sheet);
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
	outlook->sheet.vm = vm;
	outlook->sheet.claims_hidden = r == -EACCES || r == -EPERM;
	return r;
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
	int r = in_use_look(&in_use, &outlook->sheet.holders, error);

	if (r == -EBUSY && has_them(outlook)) {
		error_clear(error);
		what = "the VM has its devices already, and they are in use:";
		r = 0;
	}
	if (r < 0 || outlook->sheet.holders.count == 0)
		return r;
	list = in_use_list(&outlook->sheet.holders, "\n  ");
	warning = text_format("%s%s", what, list ? list : "");
	return warning && strings_add(&outlook->sheet.warnings, warning) == 0
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
	int r = acquire_plan_select(&outlook->operation, config, domain, plan,
				    &outlook->sheet.warnings, error);

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
		return command->json ? plan_sheet_print(command, &outlook.sheet) : EXIT_DONE;
	}
	if (r < 0) {
		command_report(&command->root, &error);
		return EXIT_USAGE;
	}
	r = open_store(command, domain->name, config.timeout_ms, &outlook, &error);
	outlook.sheet.what = "The start";
	if (r < 0 && error.code && !outlook.sheet.claims_hidden)
		return command_report_store(&command->root, &error);
	error_clear(&error);
	r = foresee_start(&config, domain, &plan, &outlook, &error);
	if (r < 0)
		errors_add(&outlook.sheet.problems, &error);
	if (r == 0 && plan.selection.count == 0 && !command->json)
		printf("The start of the VM \"%s\" moves no device.\n", shown ? shown : "?");
	if (plan_sheet_add(&outlook.sheet, &plan.plan) < 0)
		return command_no_memory();
	return plan_sheet_print(command, &outlook.sheet);
}

/* ---- a stop ------------------------------------------------------------------------------- */

/* Plans for one claim, and adds its steps, or what is wrong with it. Returns 0 or -ENOMEM. */
static int foresee_release(const struct command *command, const char *name, struct outlook *outlook)
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
		r = restore_make_plan(&outlook->operation, &claim, &plan, &outlook->sheet.problems);
	if (r < 0 && !error.code)
		return -ENOMEM;
	if (r < 0)
		errors_add(&outlook->sheet.problems, &error);
	return plan_sheet_add(&outlook->sheet, &plan.plan);
}

/* What was plugged in last goes first, as at a stop. */
static int plan_release(const struct command *command, const char *vm)
{
	_cleanup_(outlook_clear) struct outlook outlook = { .store = STORE_INIT, .pci_fd = -1 };
	_cleanup_strings_ struct strings claims = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *shown = text_quote(vm);
	int r = open_store(command, vm, CONFIG_TIMEOUT_DEFAULT_MS, &outlook, &error);

	if (r == 0)
		r = hotplug_list(&outlook.store, vm, &claims, &error);
	if (r < 0 && error.code) {
		command_report_store(&command->root, &error);
		return EXIT_REFUSED;
	}
	outlook.sheet.what = "The stop";
	if (strings_add(&claims, vm) < 0)
		return command_no_memory();
	for (size_t i = 0; r == 0 && i < claims.count; i++)
		if (foresee_release(command, claims.items[i], &outlook) < 0)
			return command_no_memory();
	if (outlook.sheet.told.count == 0 && outlook.sheet.problems.count == 0)
		fprintf(stderr, "The VM \"%s\" has no device of this host: nothing comes back.\n",
			shown ? shown : "?");
	return plan_sheet_print(command, &outlook.sheet);
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
