/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `holders`. Never contacts libvirt: the hook runs it while libvirt waits for the hook. */
#include "host/holders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "host/pci.h"

#define GRACE_DEFAULT_MS 5000
#define GRACE_MAX_MS 3600000

struct request {
	struct strings functions; /* addresses in full */
	struct holders processes; /* those that the hook wants to be ended */
	bool raw, terminate;
	int64_t grace_ms;
};

/* Adds the function, or all of the device. Returns 0, -ENODEV when there is none, or -ENOMEM. */
static int add_functions(const struct pci_functions *host, const struct pci_address *address,
			 bool whole, struct strings *functions)
{
	int r = -ENODEV;

	for (size_t i = 0; i < host->count; i++) {
		const struct pci_function *function = &host->items[i];

		if (whole ? !pci_address_same_device(&function->address, address)
			  : pci_address_compare(&function->address, address) != 0)
			continue;
		if (!strings_contain(functions, function->name) &&
		    strings_add(functions, function->name) < 0)
			return -ENOMEM;
		r = 0;
	}
	return r;
}

static int take_address(const struct pci_functions *host, const char *text, struct request *request)
{
	_cleanup_free_ char *quoted = text_quote(text);
	char name[PCI_ADDRESS_SIZE];
	struct pci_address address;
	bool whole;
	int r;

	if (pci_address_parse_device(text, &address, &whole) < 0)
		return command_usage(&verb_holders,
				     "\"%s\" is no address: 0000:01:00.0 is one, or 01:00 for the "
				     "whole device",
				     quoted ? quoted : "?");
	r = add_functions(host, &address, whole, &request->functions);
	/* one that has gone since the hook has seen it has no holders */
	if (r == -ENODEV && request->raw && !whole) {
		pci_address_format(&address, name);
		r = strings_add(&request->functions, name);
	}
	switch (r) {
	case 0:
		return EXIT_DONE;
	case -ENODEV:
		fprintf(stderr,
			"gpu-handoff: this host has no PCI device %s\n"
			"To do: Find the address with: lspci -Dnn\n",
			quoted ? quoted : "?");
		return EXIT_REFUSED;
	default:
		fprintf(stderr, "gpu-handoff: no memory\n");
		return EXIT_FAILED;
	}
}

/* "PID:STARTED", from the hook. */
static int take_process(const char *text, struct request *request)
{
	struct holder *holder;
	unsigned long long started;
	int pid, end = 0;

	if (sscanf(text, "%d:%llu%n", &pid, &started, &end) != 2 || text[end])
		return command_usage(&verb_holders, "malformed --process");
	holder = holders_add(&request->processes, "", HOLDER_PROCESS, "");
	if (!holder) {
		fprintf(stderr, "gpu-handoff: no memory\n");
		return EXIT_FAILED;
	}
	holder->pid = pid;
	holder->started = started;
	return EXIT_DONE;
}

static int take_grace(const char *text, struct request *request)
{
	char *end = NULL;

	request->terminate = true;
	if (!text)
		return EXIT_DONE;
	errno = 0;
	request->grace_ms = strtol(text, &end, 10);
	if (errno || end == text || *end || request->grace_ms < 0 ||
	    request->grace_ms > GRACE_MAX_MS)
		return command_usage(&verb_holders, "--terminate takes milliseconds, 0 to %d",
				     GRACE_MAX_MS);
	return EXIT_DONE;
}

static int read_options(const struct command *command, struct request *request)
{
	int status = EXIT_DONE;

	request->raw = command_has(command, "raw");
	for (size_t i = 0; status == EXIT_DONE && i < command->given_count; i++) {
		const struct given_option *given = &command->given[i];

		if (strcmp(given->option->name, "terminate") == 0)
			status = take_grace(given->value, request);
		else if (strcmp(given->option->name, "process") == 0)
			status = take_process(given->value, request);
	}
	return status;
}

static int read_request(const struct command *command, struct request *request)
{
	_cleanup_pci_functions_ struct pci_functions host = PCI_FUNCTIONS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int status;

	if (pci_scan(&command->root, &host, &error) < 0) {
		command_report(&command->root, &error);
		return EXIT_FAILED;
	}
	status = read_options(command, request);
	if (status == EXIT_DONE && command->json && (request->raw || request->terminate))
		return command_usage(&verb_holders, "--json is for who uses a device");
	for (int i = 0; status == EXIT_DONE && i < command->count; i++)
		status = take_address(&host, command->arguments[i], request);
	if (status != EXIT_DONE)
		return status;
	if (request->functions.count == 0 && request->processes.count == 0)
		return command_usage(&verb_holders, "of which device?");
	return EXIT_DONE;
}

static int terminate(const struct command *command, const struct request *request)
{
	_cleanup_strings_ struct strings ended = STRINGS_INIT;
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = holders_scan(&command->root, &request->functions, &holders, &error);

	if (r == 0)
		r = holders_terminate_here(&command->root, &holders, request->grace_ms, &ended,
					   &error);

	for (size_t i = 0; i < ended.count; i++)
		printf("%s\n", ended.items[i]);
	if (r < 0) {
		command_report(&command->root, &error);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static int print_raw(const struct holders *holders)
{
	_cleanup_free_ char *text = holders_format(holders);

	if (!text)
		return EXIT_FAILED;
	fputs(text, stdout);
	return EXIT_DONE;
}

static int print_json(const struct command *command, const struct holders *holders)
{
	static const struct table_column columns[] = {
		{ "FUNCTION", TABLE_STRING, 0 },
		{ "KIND", TABLE_STRING, 0 },
		{ "PID", TABLE_NUMBER, 0 },
		{ "TEXT", TABLE_STRING, 0 },
		{ 0 },
	};
	_cleanup_table_ struct table *table = table_new("holders", columns);

	for (size_t i = 0; table && i < holders->count; i++) {
		const struct holder *holder = &holders->items[i];
		_cleanup_free_ char *pid = text_format("%d", (int)holder->pid);
		const char *cells[] = { holder->function, holder_kind_name(holder->kind),
					holder->pid ? pid : NULL, holder->text };

		if (!pid || !table_add(table, NULL, cells))
			return command_no_memory();
	}
	return table ? table_print_all(&verb_holders, command, &table, 1) : command_no_memory();
}

static void print_text(const struct request *request, const struct holders *holders)
{
	for (size_t i = 0; i < request->functions.count; i++) {
		const char *function = request->functions.items[i];

		for (size_t j = 0; j < holders->count; j++)
			if (strcmp(holders->items[j].function, function) == 0)
				printf("%s  %s\n", function, holders->items[j].text);
		if (holders_count(holders, function) == 0)
			printf("%s  nobody is seen who uses it\n", function);
	}
}

static int print(const struct command *command, const struct request *request,
		 const struct holders *holders)
{
	int status = EXIT_DONE;

	if (command->json)
		status = print_json(command, holders);
	else
		print_text(request, holders);
	fflush(stdout);
	if (holders->unseen)
		fprintf(command->json ? stderr : stdout,
			"could not be looked into: %zu process%s\n", holders->unseen,
			holders->unseen == 1 ? "" : "es");
	return status == EXIT_DONE && holders->count ? EXIT_REFUSED : status;
}

static int run(const struct command *command)
{
	struct request request = { .grace_ms = GRACE_DEFAULT_MS };
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int status = read_request(command, &request);

	if (status == EXIT_DONE && request.terminate && request.raw) {
		holders_terminate_raw(&command->root, &request.processes, request.grace_ms,
				      STDOUT_FILENO);
	} else if (status == EXIT_DONE && request.terminate) {
		status = terminate(command, &request);
	} else if (status == EXIT_DONE) {
		if (holders_scan(&command->root, &request.functions, &holders, &error) < 0) {
			command_report(&command->root, &error);
			status = EXIT_FAILED;
		} else {
			status = request.raw ? print_raw(&holders)
					     : print(command, &request, &holders);
		}
	}
	strings_clear(&request.functions);
	holders_clear(&request.processes);
	return status;
}

static const struct verb_option options[] = {
	{ "terminate", 0, OPTION_OPTIONAL },
	{ "raw", 0, OPTION_ALONE },
	{ "process", 0, OPTION_VALUE },
	{ 0 },
};

const struct verb verb_holders = {
	.name = "holders",
	.arguments = "[OPTION] ADDRESS...",
	.summary = "Tell who uses a device on the host",
	.help = "ADDRESS is a PCI function, 0000:01:00.0 or 01:00.0, or a whole device, 01:00.\n"
		"Exit status 1 when somebody uses it.\n\n"
		"  --terminate[=MILLISECONDS]\n"
		"      end the processes that use it, and print who they were: SIGTERM, and after\n"
		"      that time (5000) SIGKILL. Never ended: process 1, the shell that this is\n"
		"      called from, systemd-logind. Exit status 0 when all of them have ended\n"
		"  --raw\n"
		"      what the hook reads; no form to rely on\n",
	.takes = TAKES_JSON,
	.options = options,
	.run = run,
};
