/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/settle.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/connection.h"
#include "cli/interrupt.h"
#include "handoff/claim.h"
#include "handoff/domain.h"
#include "handoff/recover.h"
#include "handoff/report.h"

/* libvirt is asked when the first held claim comes. */
struct asking {
	const char *uri;
	struct connection *connection;
};

/* Whether the live definition of the claim's VM has a function of the claim. */
static int has_function(const struct connection *connection, const struct claim *claim,
			bool *ret_has, struct error *error)
{
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	_cleanup_free_ char *xml = NULL;
	int r = connection_domain_xml(connection, claim_owner(claim->vm), DEFINITION_LIVE, &xml,
				      error);

	if (r == 0)
		r = domain_parse(xml, strlen(xml), &domain, error);
	if (r < 0)
		return r;
	*ret_has = false;
	for (size_t i = 0; i < claim->function_count; i++)
		*ret_has |= domain_find_hostdev(&domain, &claim->functions[i].address) != NULL;
	return 0;
}

static int ask(const struct claim *claim, void *data, bool *ret_runs, struct error *error)
{
	struct asking *asking = data;
	int r = 0;

	if (!asking->connection)
		r = connection_open(asking->uri, CONNECTION_READ, &asking->connection, error);
	if (r == 0)
		r = connection_vm_runs(asking->connection, claim_owner(claim->vm), claim->uuid,
				       ret_runs, error);
	if (r < 0 || !*ret_runs || !claim_is_hotplug(claim->vm))
		return r;
	return has_function(asking->connection, claim, ret_runs, error);
}

static void report_all(const struct root *root, const struct errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		command_report(root, &errors->items[i]);
}

static int refuse(const char *name, const char *why, const char *fix)
{
	fflush(stdout);
	fprintf(stderr, "%s: its devices are not given back: %s. Nothing was changed.\nTo do: %s\n",
		name, why, fix);
	return EXIT_REFUSED;
}

/* Says what became of the VM's claim. Returns the exit status that it stands for. */
static int tell(const struct root *root, const char *vm, enum recover_outcome outcome,
		enum settle_manner manner, const char *moved, const struct errors *errors)
{
	_cleanup_free_ char *title = claim_title(vm);
	const char *name = title ? title : "VM";

	switch (outcome) {
	case RECOVER_NOTHING:
		printf("%s: has no device of this host\n", name);
		return EXIT_DONE;
	case RECOVER_RESTORED:
		printf("%s: restored %s\n", name, moved ? moved : "its devices");
		log_info("%s: recovered %s", name, moved ? moved : "its devices");
		return EXIT_DONE;
	case RECOVER_RUNS:
		if (manner == SETTLE_DEMANDED)
			return refuse(name, "it runs", "Shut it down: its stop gives them back.");
		printf("%s: runs, and keeps its devices\n", name);
		return EXIT_DONE;
	case RECOVER_BUSY:
		if (manner == SETTLE_DEMANDED)
			return refuse(name, "it is being started or stopped just now",
				      "Try it again in a moment.");
		printf("%s: is being started or stopped just now; left alone\n", name);
		return EXIT_DONE;
	case RECOVER_UNKNOWN:
		fprintf(stderr, "%s: it cannot be told whether it runs. Nothing was changed.\n",
			name);
		report_all(root, errors);
		return EXIT_REFUSED;
	case RECOVER_REFUSED:
		fprintf(stderr, "%s: nothing was changed.\n", name);
		report_all(root, errors);
		return EXIT_REFUSED;
	case RECOVER_FAILED:
		break;
	}
	fprintf(stderr, "%s: NOT all of it could be restored; its claim stays.\n", name);
	report_all(root, errors);
	for (size_t i = 0; i < errors->count; i++) {
		_cleanup_free_ char *line = report_line(root, &errors->items[i]);

		log_error("%s: not restored: %s", name, line ? line : "no memory");
	}
	return EXIT_FAILED;
}

int settle_claims(const struct command *command, const struct store *store,
		  const struct strings *claims, enum settle_manner manner)
{
	struct asking asking = { .uri = command->uri };
	int worst = EXIT_DONE;

	/* what is half way comes to its end */
	interrupt_catch_once();
	for (size_t i = 0; i < claims->count; i++) {
		_cleanup_errors_ struct errors errors = ERRORS_INIT;
		_cleanup_free_ char *moved = NULL;
		enum recover_outcome outcome = recover_vm(&command->root, store, claims->items[i],
							  ask, &asking, &moved, &errors);
		int status =
			tell(&command->root, claims->items[i], outcome, manner, moved, &errors);

		if (status > worst)
			worst = status;
		if (i + 1 < claims->count && interrupt_seen(NULL)) {
			fprintf(stderr,
				"gpu-handoff was told to end: %zu claims were not looked "
				"at.\nTo do: gpu-handoff recover\n",
				claims->count - i - 1);
			worst = EXIT_FAILED;
			break;
		}
	}
	connection_close(asking.connection);
	return worst;
}

int settle_find_claims(const struct store *store, const char *vm, struct strings *claims,
		       struct error *error)
{
	_cleanup_strings_ struct strings all = STRINGS_INIT;
	size_t before = claims->count;
	int r = claim_list(store, &all, error);

	for (size_t i = 0; r == 0 && i < all.count; i++)
		if (claim_same_owner(all.items[i], vm))
			r = strings_add(claims, all.items[i]);
	return r == 0 && claims->count == before ? strings_add(claims, vm) : r;
}
