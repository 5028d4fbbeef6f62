/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `status`. */
#include "cli/status.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "cli/verbs.h"

int status_run_once(const struct command *command)
{
	_cleanup_status_ struct status status = STATUS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = status_read(command, &status, &error);

	if (r < 0 && error.code)
		return command_report_store(&command->root, &error);
	return command->json ? status_print_json(command, &status)
			     : status_print_text(command, &status);
}

static int run(const struct command *command)
{
	if (command->count > 0)
		return command_usage(&verb_status, "it takes no argument");
	return command_has(command, "watch") ? status_watch(command) : status_run_once(command);
}

static const struct verb_option options[] = {
	{ "watch", 'w', OPTION_ALONE },
	{ 0 },
};

const struct verb verb_status = {
	.name = "status",
	.arguments = "[--watch]",
	.summary = "Tell which VM has what, and what is wrong",
	.help = "Prints every claim with its functions, whether its VM runs, what still has to\n"
		"come back, and why the last try to restore has failed; calls to the kernel that\n"
		"have not returned, and devices whose driver has crashed; what boot.ini keeps.\n"
		"Changes nothing. Needs root. Exit status 1 when something of it needs you.\n\n"
		"  -w, --watch          print it again whenever it has changed, until Ctrl-C\n",
	.takes = TAKES_CONNECT | TAKES_JSON,
	.options = options,
	.run = run,
};
