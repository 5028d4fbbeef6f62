/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `release`: by hand what the hook does at a VM's stop. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/connection.h"
#include "cli/settle.h"
#include "cli/verbs.h"
#include "handoff/claim.h"

static int run(const struct command *command)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_strings_ struct strings claims = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *shown = NULL;
	int r;

	if (command->count != 1 || !claim_vm_name_valid(command->arguments[0]))
		return command_usage(&verb_release, "of which domain?");
	if (!connection_is_own(command->uri))
		return command_usage(&verb_release,
				     "it takes this host's system daemon alone, qemu:///system");
	shown = text_quote(command->arguments[0]);
	r = store_open_existing(&command->root, &store, &error);
	if (r == 0)
		r = settle_find_claims(&store, command->arguments[0], &claims, &error);
	if (r < 0 && error.code)
		return command_report_store(&command->root, &error);
	if (r < 0 && r != -ENOENT)
		return command_no_memory();
	if (r == -ENOENT) {
		printf("VM \"%s\": has no device of this host\n", shown ? shown : "?");
		return EXIT_DONE;
	}
	return settle_claims(command, &store, &claims, SETTLE_DEMANDED);
}

const struct verb verb_release = {
	.name = "release",
	.arguments = "DOMAIN",
	.summary = "Give a VM's devices back, as its stop does",
	.help = "Restores what `acquire`, or a start that has no stop, has handed over to the VM.\n"
		"Refused while the VM runs, and when libvirt cannot say whether it does. Needs\n"
		"root. Exit status 1 when it was refused, and nothing was changed; 3 when\n"
		"something could not be restored: the claim stays, and `recover` tries again.\n",
	.takes = TAKES_CONNECT,
	.run = run,
};
