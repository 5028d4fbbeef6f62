/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `acquire`: by hand what the hook does at a VM's start. */
#include "handoff/acquire.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/connection.h"
#include "cli/interrupt.h"
#include "cli/verbs.h"
#include "handoff/claim.h"
#include "handoff/config.h"
#include "handoff/report.h"
#include "handoff/start.h"

/* libvirt is asked before anything is locked: a hook of the VM may wait for the lock. */
static int read_domain(const struct operation *operation, void *data, struct domain *ret_domain,
		       struct error *error)
{
	const char *xml = data;

	(void)operation;
	return domain_parse(xml, strlen(xml), ret_domain, error);
}

/* Returns the exit status, EXIT_DONE with the XML of a domain that does not run. */
static int ask(const struct command *command, const char *vm, char **ret_xml)
{
	_cleanup_connection_ struct connection *connection = NULL;
	_cleanup_error_ struct error error = ERROR_INIT;
	bool runs = false;
	int r = connection_open(command->uri, CONNECTION_READ, &connection, &error);

	if (r == 0)
		r = connection_domain_xml(connection, vm, DEFINITION_CONFIG, ret_xml, &error);
	if (r == 0)
		r = connection_vm_runs(connection, vm, NULL, &runs, &error);
	if (r < 0) {
		command_report(&command->root, &error);
		fprintf(stderr, "Host: nothing was changed.\n");
		return r == -ENOENT ? EXIT_USAGE : EXIT_REFUSED;
	}
	if (runs) {
		fprintf(stderr,
			"gpu-handoff: the VM runs: its start has handed over what it is to "
			"have.\nTo do: gpu-handoff attach --live adds a device to a VM that "
			"runs.\nHost: nothing was changed.\n");
		return EXIT_REFUSED;
	}
	return EXIT_DONE;
}

static int check_configured(const struct command *command, const char *vm)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *shown = text_quote(vm);
	_cleanup_free_ char *word = text_shell_word(vm);
	int r = config_load(&command->root, vm, &config, &error);

	if (r == 0)
		return EXIT_DONE;
	if (r == -ENOENT && !error.code) {
		error_set(&error, ENOENT, "the VM \"%s\" has no /" CONFIG_DIRECTORY "/%s.ini",
			  shown ? shown : "?", shown ? shown : "?");
		error_hint(&error, "gpu-handoff init %s ADDRESS", word ? word : "DOMAIN");
	}
	command_report(&command->root, &error);
	fprintf(stderr, "Host: nothing was changed.\n");
	return EXIT_USAGE;
}

/* How the VM's claims are before libvirt is asked about it. */
static int look_at_claims(const struct command *command, const char *vm, struct strings *claims)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = store_open_existing(&command->root, &store, &error);

	if (r == 0)
		r = start_list_claims(&store, vm, claims, &error);
	if (r == 0 || (r == -ENOENT && !error.code))
		return EXIT_DONE;
	return command_report_store(&command->root, &error);
}

static int hand_over(const struct command *command, const char *vm, char *xml,
		     const struct strings *claims)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_acquire_result_ struct acquire_result result = ACQUIRE_RESULT_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *shown = text_quote(vm);
	_cleanup_free_ char *text = NULL;
	struct operation operation = {
		.root = &command->root,
		.store = &store,
		.vm = vm,
		.patience = { .cancelled = interrupt_seen },
	};
	int r = start_prepare(&operation, &store, read_domain, xml, claims, &result, &error);

	for (size_t i = 0; i < result.warnings.count; i++)
		fprintf(stderr, "Warning: %s\n", result.warnings.items[i]);
	if (r == 0) {
		printf("VM \"%s\": acquired %s\n", shown ? shown : "?",
		       result.moved ? result.moved : "nothing: it has no device to acquire");
		log_info("VM \"%s\": acquired by hand %s", shown ? shown : "?",
			 result.moved ? result.moved : "nothing");
		return EXIT_DONE;
	}
	if (error.code == EACCES && geteuid() != 0)
		error_hint(&error, "Only root may: try it with sudo.");
	text = report_failure(&command->root, "gpu-handoff does not hand the devices over.",
			      "This tries again: gpu-handoff recover", &error, &result);
	fflush(stdout);
	fprintf(stderr, "%s", text ? text : "gpu-handoff: no memory\n");
	return result.host == HOST_UNTOUCHED ? EXIT_REFUSED : EXIT_FAILED;
}

static int run(const struct command *command)
{
	_cleanup_strings_ struct strings claims = STRINGS_INIT;
	_cleanup_free_ char *xml = NULL;
	int status;

	if (command->count != 1 || !claim_vm_name_valid(command->arguments[0]))
		return command_usage(&verb_acquire, "for which domain?");
	if (!connection_is_own(command->uri))
		return command_usage(&verb_acquire,
				     "it takes this host's system daemon alone, qemu:///system");
	status = look_at_claims(command, command->arguments[0], &claims);
	if (status == EXIT_DONE)
		status = ask(command, command->arguments[0], &xml);
	if (status == EXIT_DONE)
		status = check_configured(command, command->arguments[0]);
	if (status != EXIT_DONE)
		return status;
	interrupt_catch();
	return hand_over(command, command->arguments[0], xml, &claims);
}

const struct verb verb_acquire = {
	.name = "acquire",
	.arguments = "DOMAIN",
	.summary = "Hand a VM's devices over, as its start does",
	.help = "What its INI file lists, and the domain has as hostdevs, goes to VFIO: for a\n"
		"rehearsal, or to have it done before the VM starts. `release` gives it back; so\n"
		"do the VM's stop, and `recover`. Refused while the VM runs. Ctrl-C puts all\n"
		"back. Needs root. Exit status 1 when it was refused, and nothing was changed; 3\n"
		"when it failed on the way, and the message says how the host is.\n",
	.takes = TAKES_CONNECT,
	.run = run,
};
