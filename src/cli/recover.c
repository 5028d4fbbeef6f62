/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `recover`. */
#include "handoff/recover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/connection.h"
#include "cli/verbs.h"
#include "handoff/domain.h"
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

/* Says what became of the VM's claim. Returns the exit status that it stands for. */
static int tell(const struct root *root, const char *vm, enum recover_outcome outcome,
		const char *moved, const struct errors *errors)
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
		printf("%s: runs, and keeps its devices\n", name);
		return EXIT_DONE;
	case RECOVER_BUSY:
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

static int recover_all(const struct command *command, const struct store *store,
		       const struct strings *claims)
{
	struct asking asking = { .uri = command->uri };
	int worst = EXIT_DONE;

	for (size_t i = 0; i < claims->count; i++) {
		_cleanup_errors_ struct errors errors = ERRORS_INIT;
		_cleanup_free_ char *moved = NULL;
		enum recover_outcome outcome = recover_vm(&command->root, store, claims->items[i],
							  ask, &asking, &moved, &errors);
		int status = tell(&command->root, claims->items[i], outcome, moved, &errors);

		if (status > worst)
			worst = status;
	}
	connection_close(asking.connection);
	return worst;
}

/* All claims of the named VM; its own name when there is none. */
static int add_claims(const struct store *store, const char *vm, struct strings *claims,
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

/* The claims to settle. Returns -ENOENT without `error` where there never was one. */
static int find_claims(const struct command *command, struct store *store, struct strings *claims,
		       struct error *error)
{
	int r = store_open_existing(&command->root, store, error);

	if (r == 0 && command->count == 0)
		return claim_list(store, claims, error);
	for (int i = 0; r == 0 && i < command->count; i++) {
		r = add_claims(store, command->arguments[i], claims, error);
		if (r == -ENOMEM)
			return error_set_errno(error, ENOMEM, "cannot list the claims");
	}
	return r;
}

static int run(const struct command *command)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_strings_ struct strings claims = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r;

	if (!connection_is_own(command->uri))
		return command_usage(&verb_recover,
				     "it takes this host's system daemon alone, qemu:///system");
	for (int i = 0; i < command->count; i++)
		if (!*command->arguments[i] || strchr(command->arguments[i], '/'))
			return command_usage(&verb_recover, "\"%s\" is no name of a VM",
					     command->arguments[i]);
	r = find_claims(command, &store, &claims, &error);
	if (r < 0 && error.code)
		return command_report_store(&command->root, &error);
	if (r < 0 || claims.count == 0) {
		printf("No VM has a device of this host.\n");
		return EXIT_DONE;
	}
	return recover_all(command, &store, &claims);
}

const struct verb verb_recover = {
	.name = "recover",
	.arguments = "[DOMAIN...]",
	.summary = "Give back the devices of VMs that do not run",
	.help = "For all VMs that have devices, or those named: restores what a hook or a\n"
		"daemon that died has left behind. Whether a VM runs is asked of libvirt, of\n"
		"this host's system daemon; one that runs is left alone. Needs root. Exit\n"
		"status 1 when it cannot be told whether a VM runs, or its claim cannot be\n"
		"followed: nothing was done then; 3 when something could not be restored.\n",
	.takes = TAKES_CONNECT,
	.run = run,
};
