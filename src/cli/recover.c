/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `recover`. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/connection.h"
#include "cli/settle.h"
#include "cli/verbs.h"
#include "handoff/claim.h"

/* The claims to settle. Returns -ENOENT without `error` where there never was one. */
static int find_claims(const struct command *command, struct store *store, struct strings *claims,
		       struct error *error)
{
	int r = store_open_existing(&command->root, store, error);

	if (r == 0)
		claim_sweep(store);
	if (r == 0 && command->count == 0)
		return claim_list(store, claims, error);
	for (int i = 0; r == 0 && i < command->count; i++) {
		r = settle_find_claims(store, command->arguments[i], claims, error);
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
	for (int i = 0; i < command->count; i++) {
		if (!claim_vm_name_valid(command->arguments[i])) {
			_cleanup_free_ char *shown = text_quote(command->arguments[i]);

			return command_usage(&verb_recover, "\"%s\" is no name of a VM",
					     shown ? shown : "?");
		}
	}
	r = find_claims(command, &store, &claims, &error);
	if (r < 0 && error.code)
		return command_report_store(&command->root, &error);
	if (r < 0 || claims.count == 0) {
		printf("No VM has a device of this host.\n");
		return EXIT_DONE;
	}
	return settle_claims(command, &store, &claims, SETTLE_WHAT_CAN_BE);
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
