/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `status`. Takes no lock, opens no device, and reads nothing that may block. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/worker.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "handoff/claim.h"
#include "handoff/report.h"
#include "handoff/store.h"
#include "host/pci.h"

static const char *const phase_texts[] = {
	[CLAIM_RESERVING] = "is being started",
	[CLAIM_ACQUIRING] = "is being started",
	[CLAIM_HELD] = "has its devices",
	[CLAIM_RELEASING] = "is giving its devices back",
};

static const char *const left_texts[] = {
	[CLAIM_RESERVING] = "a start was interrupted",
	[CLAIM_ACQUIRING] = "a start was interrupted",
	[CLAIM_HELD] = "has its devices",
	[CLAIM_RELEASING] = "has not given all its devices back",
};

/* A claim's phase in words. `left`: nobody works on it. */
static const char *phase_text(const struct claim *claim, bool left)
{
	bool coming = claim->phase == CLAIM_RESERVING || claim->phase == CLAIM_ACQUIRING;

	if (coming && claim_is_hotplug(claim->vm))
		return left ? "an attach was interrupted" : "is being given its devices";
	return (left ? left_texts : phase_texts)[claim->phase];
}

/* ---- claims ------------------------------------------------------------------------------- */

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

/* Returns the exit status that the claim stands for. */
static int print_claim(const struct root *root, const struct store *store,
		       const struct claim *claim)
{
	_cleanup_free_ char *title = claim_title(claim->vm);
	bool working = store_vm_is_locked(root, store, claim->vm);
	bool left = !working && claim->phase != CLAIM_HELD;

	printf("%s: %s\n", title ? title : "VM", phase_text(claim, !working));
	if (print_functions(root, claim) < 0 ||
	    print_list("units to start again", &claim->units) < 0 ||
	    print_list("modules to load again", &claim->modules) < 0 ||
	    print_list("framebuffers to bind again", &claim->framebuffers) < 0 ||
	    print_list("consoles to attach again", &claim->consoles) < 0)
		return EXIT_FAILED;
	for (size_t i = 0; i < claim->failures.count; i++)
		printf("  not restored: %s\n", claim->failures.items[i]);
	if (left)
		printf("  To do: gpu-handoff recover\n");
	return left ? EXIT_REFUSED : EXIT_DONE;
}

static int print_claims(const struct root *root, const struct store *store, size_t *ret_count,
			struct error *error)
{
	_cleanup_strings_ struct strings vms = STRINGS_INIT;
	int worst = EXIT_DONE;
	int r = claim_list(store, &vms, error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < vms.count; i++) {
		_cleanup_claim_ struct claim claim = CLAIM_INIT;
		_cleanup_error_ struct error broken = ERROR_INIT;
		int status;

		r = claim_read(store, vms.items[i], &claim, &broken);
		if (r == -ENOENT && !broken.code)
			continue;
		if (r == 0)
			r = claim_check_boot(root, &claim, &broken);
		if (r < 0)
			command_report(root, &broken);
		status = r < 0 ? EXIT_REFUSED : print_claim(root, store, &claim);
		if (status > worst)
			worst = status;
	}
	*ret_count = vms.count;
	return worst;
}

/* ---- calls -------------------------------------------------------------------------------- */

/* Prints what is known of a device, or module, and returns the exit status it stands for. */
static int print_note(const char *name, const struct worker_note *note)
{
	const char *step = note->step[0] ? note->step : "a call to the kernel";
	/* nobody waits for it: in vain, or its hook was killed */
	bool late = note->late || (note->owner > 0 && kill(note->owner, 0) < 0 && errno == ESRCH);

	if (note->wedged) {
		printf("%s: wedged: the kernel's driver crashed at an earlier try to %s. Only a "
		       "reboot frees it.\n",
		       name, step);
		return EXIT_REFUSED;
	}
	if (!note->in_flight)
		return EXIT_DONE;
	printf("%s: %s has not returned for %lld s%s\n", name, step,
	       note->since_ms ? (long long)(clock_now_ms() - note->since_ms) / 1000 : 0,
	       late ? ". When it does, the device is usable again; if it never does, only a "
		      "reboot frees it."
		    : "");
	return late ? EXIT_REFUSED : EXIT_DONE;
}

/* "0000:01:00.0" of "0000:01:00.0.lock" or ".wedged", in place; false for other files. */
static bool cut_suffix(char *name)
{
	char *dot = strrchr(name, '.');

	if (!dot || dot == name || (strcmp(dot, ".lock") != 0 && strcmp(dot, ".wedged") != 0))
		return false;
	*dot = '\0';
	return true;
}

static int print_calls(const struct root *root, const struct store *store, struct error *error)
{
	const struct root locks = { .fd = store->pci_fd };
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	_cleanup_strings_ struct strings told = STRINGS_INIT;
	int worst = EXIT_DONE;
	int r = root_list(&locks, &names, ".");

	if (r < 0)
		return error_set_errno(error, -r, "cannot list the calls in flight");
	for (size_t i = 0; i < names.count; i++) {
		struct worker_note note;
		int status;

		if (!cut_suffix(names.items[i]) || strings_contain(&told, names.items[i]))
			continue;
		if (strings_add(&told, names.items[i]) < 0)
			return error_set_errno(error, ENOMEM, "cannot list the calls in flight");
		r = worker_look(root, store->pci_fd, names.items[i], &note);
		if (r < 0)
			return error_set_errno(error, -r, "cannot look at the calls in flight");
		status = print_note(names.items[i], &note);
		if (status > worst)
			worst = status;
	}
	return worst;
}

/* ---- the verb ----------------------------------------------------------------------------- */

static int run(const struct command *command)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	size_t claims = 0;
	int first, second;

	if (command->count > 0)
		return command_usage(&verb_status, "it takes no argument");
	first = store_open_existing(&command->root, &store, &error);
	if (first == -ENOENT && !error.code) {
		printf("No VM has a device of this host.\n");
		return EXIT_DONE;
	}
	if (first == 0)
		first = print_claims(&command->root, &store, &claims, &error);
	if (first < 0)
		return command_report_store(&command->root, &error);
	if (claims == 0)
		printf("No VM has a device of this host.\n");
	second = print_calls(&command->root, &store, &error);
	if (second < 0)
		return command_report_store(&command->root, &error);
	return first > second ? first : second;
}

const struct verb verb_status = {
	.name = "status",
	.arguments = "",
	.summary = "Tell which VM has which devices, and what has gone wrong",
	.help = "Prints every claim with its functions, what still has to come back, and why\n"
		"the last try to restore has failed; calls to the kernel that have not\n"
		"returned, and devices whose driver has crashed. Changes nothing and waits for\n"
		"nothing. Needs root. Exit status 1 when something of it needs you.\n",
	.run = run,
};
