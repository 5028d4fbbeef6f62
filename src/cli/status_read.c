/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/connection.h"
#include "cli/status.h"
#include "handoff/store.h"

static int no_memory(struct error *error)
{
	return error_set_errno(error, ENOMEM, "cannot see how things are");
}

/* ---- claims ------------------------------------------------------------------------------- */

static int read_claim(const struct root *root, const struct store *store, const char *name,
		      struct status *status, struct error *error)
{
	_cleanup_claim_ struct claim claim = CLAIM_INIT;
	_cleanup_error_ struct error broken = ERROR_INIT;
	struct status_claim *added;
	int r = claim_read(store, name, &claim, &broken);

	if (r == -ENOENT && !broken.code)
		return 0;
	if (r == 0)
		r = claim_check_boot(root, &claim, &broken);
	if (r < 0) {
		errors_add(&status->broken, &broken);
		return 0;
	}
	if (array_grow(&status->claims, status->claim_count, sizeof(*added)) < 0)
		return no_memory(error);
	added = &status->claims[status->claim_count++];
	added->claim = claim;
	added->working = store_vm_is_locked(root, store, name);
	claim = CLAIM_INIT;
	return 0;
}

static int read_claims(const struct root *root, const struct store *store, struct status *status,
		       struct error *error)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	int r = claim_list(store, &names, error);

	for (size_t i = 0; r == 0 && i < names.count; i++)
		r = read_claim(root, store, names.items[i], status, error);
	return r;
}

/* ---- whether their VMs run ---------------------------------------------------------------- */

static bool may_ask(const struct status_claim *claim)
{
	return claim->claim.phase == CLAIM_HELD && !claim->working &&
	       claim_owner(claim->claim.vm) != NULL;
}

static void ask_libvirt(const struct command *command, struct status *status)
{
	_cleanup_connection_ struct connection *connection = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < status->claim_count; i++) {
		struct status_claim *claim = &status->claims[i];
		bool runs;

		if (!may_ask(claim))
			continue;
		if (!connection)
			r = connection_open(command->uri, CONNECTION_READ, &connection,
					    &status->no_answer);
		if (r == 0)
			r = connection_vm_runs(connection, claim_owner(claim->claim.vm),
					       claim->claim.uuid, &runs, &status->no_answer);
		if (r == 0)
			claim->runs = runs ? RUNS_YES : RUNS_NO;
	}
}

/* ---- calls -------------------------------------------------------------------------------- */

/* "0000:01:00.0" of "0000:01:00.0.lock" or ".wedged", in place; false for other files. */
static bool cut_suffix(char *name)
{
	char *dot = strrchr(name, '.');

	if (!dot || dot == name || (strcmp(dot, ".lock") != 0 && strcmp(dot, ".wedged") != 0))
		return false;
	*dot = '\0';
	return true;
}

static bool has_call(const struct status *status, const char *device)
{
	for (size_t i = 0; i < status->call_count; i++)
		if (strcmp(status->calls[i].device, device) == 0)
			return true;
	return false;
}

static int add_call(struct status *status, const char *device, const struct worker_note *note)
{
	struct status_call *call;

	if (array_grow(&status->calls, status->call_count, sizeof(*call)) < 0)
		return -ENOMEM;
	call = &status->calls[status->call_count];
	call->device = strdup(device);
	call->note = *note;
	/* nobody waits for it: in vain, or its hook was killed */
	call->late = note->late || (note->owner > 0 && kill(note->owner, 0) < 0 && errno == ESRCH);
	if (!call->device)
		return -ENOMEM;
	status->call_count++;
	return 0;
}

static int read_calls(const struct root *root, const struct store *store, struct status *status,
		      struct error *error)
{
	const struct root locks = { .fd = store->pci_fd };
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	int r = root_list(&locks, &names, ".");

	if (r < 0)
		return error_set_errno(error, -r, "cannot list the calls in flight");
	for (size_t i = 0; i < names.count; i++) {
		struct worker_note note;

		if (!cut_suffix(names.items[i]) || has_call(status, names.items[i]))
			continue;
		r = worker_look(root, store->pci_fd, names.items[i], &note);
		if (r < 0)
			return error_set_errno(error, -r, "cannot look at the calls in flight");
		if ((note.wedged || note.in_flight) && add_call(status, names.items[i], &note) < 0)
			return no_memory(error);
	}
	return 0;
}

/* ---- all of it ---------------------------------------------------------------------------- */

/* As far as it can be read: `boot` tells more. */
static void read_boot(const struct root *root, struct status *status)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = boot_view_load(root, &status->boot, &error);

	if (r == -ENOENT && !error.code)
		return;
	if (r == 0)
		r = boot_view_select(root, NULL, &status->boot, &error);
	if (r < 0)
		errors_add(&status->broken, &error);
	status->boot_known = r == 0;
}

int status_read(const struct command *command, struct status *status, struct error *error)
{
	_cleanup_store_ struct store store = STORE_INIT;
	int r;

	read_boot(&command->root, status);
	r = store_open_existing(&command->root, &store, error);
	if (r == 0)
		r = read_claims(&command->root, &store, status, error);
	if (r == 0)
		r = read_calls(&command->root, &store, status, error);
	if (r == 0)
		ask_libvirt(command, status);
	return r;
}

void status_clear(struct status *status)
{
	for (size_t i = 0; i < status->claim_count; i++)
		claim_clear(&status->claims[i].claim);
	free(status->claims);
	for (size_t i = 0; i < status->call_count; i++)
		free(status->calls[i].device);
	free(status->calls);
	boot_view_clear(&status->boot);
	errors_clear(&status->broken);
	error_clear(&status->no_answer);
	*status = STATUS_INIT;
}

bool status_is_left(const struct status_claim *claim)
{
	return !claim->working && (claim->claim.phase != CLAIM_HELD || claim->runs == RUNS_NO);
}

bool status_boot_agrees(const struct status *status, const struct selected_function *selected)
{
	for (size_t i = 0; i < status->claim_count; i++) {
		const struct claim *claim = &status->claims[i].claim;

		for (size_t j = 0; j < claim->function_count; j++)
			if (pci_address_compare(&claim->functions[j].address,
						&selected->function->address) == 0)
				return true;
	}
	return text_same(selected->function->driver, selected->device->driver);
}

const char *status_phase(const struct status_claim *claim)
{
	static const char *const working[] = {
		[CLAIM_RESERVING] = "is being started",
		[CLAIM_ACQUIRING] = "is being started",
		[CLAIM_HELD] = "has its devices",
		[CLAIM_RELEASING] = "is giving its devices back",
	};
	static const char *const left[] = {
		[CLAIM_RESERVING] = "a start was interrupted",
		[CLAIM_ACQUIRING] = "a start was interrupted",
		[CLAIM_HELD] = "has its devices",
		[CLAIM_RELEASING] = "has not given all its devices back",
	};
	enum claim_phase phase = claim->claim.phase;

	if ((phase == CLAIM_RESERVING || phase == CLAIM_ACQUIRING) &&
	    claim_is_hotplug(claim->claim.vm))
		return claim->working ? "is being given its devices" : "an attach was interrupted";
	if (phase == CLAIM_HELD && claim->runs == RUNS_YES)
		return "runs, and has its devices";
	if (phase == CLAIM_HELD && claim->runs == RUNS_NO)
		return "has its devices, and does not run";
	return (claim->working ? working : left)[phase];
}
