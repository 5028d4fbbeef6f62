/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `boot`. */
#include "cli/boot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/root_storage.h"

int boot_look(struct boot_command *command, bool for_command_line, struct error *error)
{
	const struct boot_storage *storage = &command->storage;
	_cleanup_error_ struct error unknown = ERROR_INIT;
	int r = boot_view_load(command->root, &command->view, error);

	if (r < 0)
		return r;
	/* what an initramfs made now would know; one made where it is not known has nothing */
	command->storage.known =
		root_storage_find(command->root, &command->storage.functions, &unknown) == 0;
	/*
	 * Where it is not known, what is on its stub driver now does not lead to it. The kernel
	 * looks at nothing.
	 */
	if (!command->storage.known && !for_command_line)
		storage = NULL;
	return boot_view_select(command->root, storage, &command->view, error);
}

void boot_command_clear(struct boot_command *command)
{
	boot_storage_clear(&command->storage);
	boot_view_clear(&command->view);
}

enum job {
	JOB_SHOW,
	JOB_APPLY,
	JOB_COMMAND_LINE,
};

struct request {
	enum job job;
	bool has_address;
	struct pci_address address;
};

/* Returns EXIT_DONE or EXIT_USAGE. */
static int read_request(const struct command *command, struct request *request)
{
	if (command_has(command, "apply"))
		request->job = JOB_APPLY;
	else if (command_has(command, "cmdline"))
		request->job = JOB_COMMAND_LINE;
	for (int i = 0; i < command->count; i++) {
		bool whole;

		if (request->has_address ||
		    pci_address_parse_device(command->arguments[i], &request->address, &whole) <
			    0) {
			_cleanup_free_ char *quoted = text_quote(command->arguments[i]);

			return command_usage(
				&verb_boot,
				"\"%s\" is not one address of a device or function, such "
				"as 02:00 or 0000:02:00.0",
				quoted ? quoted : "?");
		}
		request->has_address = true;
	}
	if (request->has_address && request->job != JOB_APPLY)
		return command_usage(&verb_boot, "an address is for --apply");
	if (command->json && request->job != JOB_SHOW)
		return command_usage(&verb_boot, "--json is for what it shows without an option");
	if (!command->root.is_host && request->job == JOB_APPLY)
		return command_usage(&verb_boot,
				     "--apply is for this machine, not for a --sysroot");
	return EXIT_DONE;
}

static int do_job(const struct command *call, const struct request *request)
{
	const struct root *root = &call->root;
	struct boot_command command = { .call = call, .root = root };
	_cleanup_error_ struct error error = ERROR_INIT;
	int status;
	int r = boot_look(&command, request->job == JOB_COMMAND_LINE, &error);

	if (r == -ENOENT && !error.code) {
		status = boot_show_nothing(call);
	} else if (r < 0) {
		command_report(root, &error);
		status = command.view.text ? EXIT_FAILED : EXIT_USAGE;
		if (status == EXIT_USAGE)
			fprintf(stderr, "Host: at a boot it is ignored as a whole, and the host's "
					"drivers get all devices.\n");
	} else if (request->job == JOB_APPLY) {
		status = boot_apply(&command, request->has_address ? &request->address : NULL);
	} else if (request->job == JOB_COMMAND_LINE) {
		status = boot_print_command_line(&command);
	} else {
		status = boot_show(&command);
	}
	boot_command_clear(&command);
	return status;
}

static int run(const struct command *command)
{
	struct request request = { 0 };
	int status = read_request(command, &request);

	return status == EXIT_DONE ? do_job(command, &request) : status;
}

static const struct verb_option options[] = {
	{ "apply", 0, OPTION_ALONE },
	{ "cmdline", 0, OPTION_ALONE },
	{ 0 },
};

const struct verb verb_boot = {
	.name = "boot",
	.arguments = "[OPTION [ADDRESS]]",
	.summary = "Tell what boot.ini does, and whether it is so",
	.help = "Shows, function by function, what /etc/gpu-handoff/boot.ini keeps from the\n"
		"host's drivers, whether the running initramfs knows it, and what to do when\n"
		"a host driver was faster. Changes nothing. Exit status 1 when the host, or\n"
		"its initramfs, is not as boot.ini says; 2 when boot.ini is broken; 3 when a\n"
		"move failed on the way, and the message says how the host is.\n"
		"\n"
		"  --cmdline          the options for the kernel's command line that do the same\n"
		"                     for drivers that are built into the kernel, for this host's\n"
		"                     boot loader. Changes nothing\n"
		"  --apply [ADDRESS]  move what host drivers have to its stub driver now, of one\n"
		"                     device or of all. Refused for what is in use. Needs root\n",
	.takes = TAKES_SYSROOT | TAKES_JSON,
	.options = options,
	.run = run,
};
