/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `attach`. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/attach_request.h"
#include "cli/interrupt.h"
#include "cli/survey.h"
#include "cli/verbs.h"
#include "handoff/hotplug.h"
#include "handoff/report.h"
#include "handoff/restore_named.h"

/* ---- before anything is done -------------------------------------------------------------- */

/* Refuses what one of the definitions has already. */
static int check_absent(const struct attach_request *request, enum connection_definition definition,
			const struct pci_addresses *functions, struct domain *domain,
			struct error *error)
{
	char text[PCI_ADDRESS_SIZE];
	int r = attach_read_domain(request, definition, domain, error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < functions->count; i++) {
		if (!domain_find_hostdev(domain, &functions->items[i]))
			continue;
		pci_address_format(&functions->items[i], text);
		error_set(error, EEXIST,
			  definition == DEFINITION_LIVE ? "the running VM \"%s\" has it already"
							: "the definition of \"%s\" has it already",
			  request->shown);
		error_device(error, text);
		return -EEXIST;
	}
	return 0;
}

/* ---- the definition ----------------------------------------------------------------------- */

/* Takes the first `count` functions out of the definition again. Returns 0 or -EIO. */
static int take_out(const struct attach_request *request, const struct pci_addresses *functions,
		    size_t count)
{
	int r = 0;

	for (size_t i = count; i > 0; i--) {
		_cleanup_error_ struct error error = ERROR_INIT;

		if (attach_remove_hostdev(request, DEFINITION_CONFIG, &functions->items[i - 1],
					  &error) == 0)
			continue;
		command_report(&request->command->root, &error);
		r = -EIO;
	}
	return r;
}

static int refuse_unchanged(const struct attach_request *request, const struct error *error)
{
	command_report(&request->command->root, error);
	fprintf(stderr, "Nothing was changed.\n");
	return EXIT_REFUSED;
}

static int put_in(const struct attach_request *request, const struct pci_addresses *functions)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	size_t added = 0;

	while (added < functions->count &&
	       attach_add_hostdev(request, DEFINITION_CONFIG, &functions->items[added], &error) ==
		       0)
		added++;
	if (added == functions->count)
		return EXIT_DONE;
	if (take_out(request, functions, added) == 0)
		return refuse_unchanged(request, &error);
	command_report(&request->command->root, &error);
	fprintf(stderr, "The definition of \"%s\" has some of the devices now.\n", request->shown);
	return EXIT_FAILED;
}

/* ---- the running VM ----------------------------------------------------------------------- */

struct plugging {
	const struct attach_request *request;
	const struct pci_addresses *functions;
	struct pci_addresses given; /* those that the VM has got */
	struct operation operation;
	struct acquire_result result;
	char *claim; /* what was acquired; NULL: nothing had to be */
};

static void plugging_clear(struct plugging *plugging)
{
	pci_addresses_clear(&plugging->given);
	acquire_result_clear(&plugging->result);
	free(plugging->claim);
}

/* libvirt is told of one function after the other. */
static int give_all(struct plugging *plugging, struct error *error)
{
	for (size_t i = 0; i < plugging->functions->count; i++) {
		const struct pci_address *function = &plugging->functions->items[i];
		int r = patience_cancelled(&plugging->operation.patience) ? -ECANCELED : 0;

		if (r == 0)
			r = attach_add_hostdev(plugging->request, DEFINITION_LIVE, function, error);
		if (r == 0 && pci_addresses_add(&plugging->given, function) < 0)
			r = error_set_errno(error, ENOMEM, "cannot attach the devices");
		if (r < 0)
			return r;
	}
	return patience_cancelled(&plugging->operation.patience) ? -ECANCELED : 0;
}

/*
 * Undoes what was done. What the guest does not let go of stays the VM's, and with it all that was
 * acquired: the claim is held, and the VM's stop, or a detach, releases it.
 */
static void roll_back(struct plugging *plugging)
{
	struct acquire_result *result = &plugging->result;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *moved = NULL;
	struct operation back = operation_way_back(&plugging->operation, CONFIG_TIMEOUT_DEFAULT_MS);
	int r = attach_take_away(plugging->request, &plugging->given, &back.patience, &error);

	if (r < 0) {
		error_hint(&error, "gpu-handoff detach --live, when it can; or shut the VM down.");
		errors_add(&result->unrestored, &error);
		result->host = HOST_PARTLY;
		return;
	}
	result->host = HOST_AS_BEFORE;
	/* the guest may have taken its time */
	back = operation_way_back(&plugging->operation, CONFIG_TIMEOUT_DEFAULT_MS);
	if (plugging->claim &&
	    restore_named(&back, plugging->claim, &moved, &result->unrestored) < 0)
		result->host = HOST_PARTLY;
}

static int plug_in(struct plugging *plugging, const char *uuid, const struct pci_functions *host,
		   struct error *error)
{
	int r = hotplug_acquire(&plugging->operation, uuid, plugging->functions, host,
				&plugging->result, &plugging->claim, error);

	if (r < 0)
		return r;
	r = give_all(plugging, error);
	if (r < 0)
		roll_back(plugging);
	return r;
}

static int report_failed(const struct plugging *plugging, const struct error *error)
{
	const struct attach_request *request = plugging->request;
	const struct root *root = &request->command->root;
	_cleanup_free_ char *headline = text_format(
		"gpu-handoff does not attach the devices to the VM \"%s\".", request->shown);
	_cleanup_free_ char *line = report_line(root, error);
	_cleanup_free_ char *report =
		headline ? report_failure(root, headline, "See: gpu-handoff status", error,
					  &plugging->result)
			 : NULL;

	log_error("VM \"%s\": devices are not attached: %s", request->shown,
		  line ? line : "no memory");
	fprintf(stderr, "%s", report ? report : "gpu-handoff: no memory\n");
	return plugging->result.host == HOST_UNTOUCHED ? EXIT_REFUSED : EXIT_FAILED;
}

static int plug(const struct attach_request *request, const struct operation *operation,
		const struct pci_addresses *functions, const struct pci_functions *host,
		const char *uuid)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_(plugging_clear) struct plugging plugging = {
		.request = request,
		.functions = functions,
		.operation = *operation,
	};
	int r = plug_in(&plugging, uuid, host, &error);

	if (r == -ECANCELED)
		error_set(&error, ECANCELED, "it was called off by a signal");
	if (r < 0)
		return report_failed(&plugging, &error);
	if (plugging.result.moved)
		log_info("VM \"%s\" (hot-plugged): acquired %s", request->shown,
			 plugging.result.moved);
	return EXIT_DONE;
}

/* ---- the verb ----------------------------------------------------------------------------- */

static int attach(const struct attach_request *request, const struct operation *operation,
		  const struct pci_addresses *functions, const struct pci_functions *host,
		  const char *uuid)
{
	_cleanup_free_ char *list = attach_list(functions);
	int status = request->config ? put_in(request, functions) : EXIT_DONE;

	if (status == EXIT_DONE && request->live) {
		status = plug(request, operation, functions, host, uuid);
		if (status != EXIT_DONE && request->config &&
		    take_out(request, functions, functions->count) < 0)
			status = EXIT_FAILED;
	}
	if (status != EXIT_DONE)
		return status;
	if (request->live)
		printf("VM \"%s\": has %s now\n", request->shown, list ? list : "the devices");
	if (request->config)
		printf("VM \"%s\": %s %s in its definition, for its next start\n", request->shown,
		       list ? list : "the devices", functions->count == 1 ? "is" : "are");
	return EXIT_DONE;
}

static int run(const struct command *command)
{
	_cleanup_attach_request_ struct attach_request request = ATTACH_REQUEST_INIT;
	_cleanup_survey_ struct survey survey = { 0 };
	_cleanup_pci_addresses_ struct pci_addresses functions = PCI_ADDRESSES_INIT;
	_cleanup_domain_ struct domain config = DOMAIN_INIT;
	_cleanup_domain_ struct domain live = DOMAIN_INIT;
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_close_ int lock = -1;
	struct operation operation;
	int status = attach_request_read(&verb_attach, command, &request);
	int r;

	if (status != EXIT_DONE)
		return status;
	interrupt_catch();
	operation = attach_operation(&request, &store);
	r = survey_read_host(command, &survey, &error);
	if (r == 0)
		r = attach_find_functions(&request, &survey.host, &functions, &error);
	if (r == 0 && request.config)
		r = check_absent(&request, DEFINITION_CONFIG, &functions, &config, &error);
	if (r == 0 && request.live)
		r = attach_lock(&request, &operation, &store, &lock, &error);
	if (r == 0 && request.live)
		r = check_absent(&request, DEFINITION_LIVE, &functions, &live, &error);
	if (r < 0)
		return refuse_unchanged(&request, &error);
	return attach(&request, &operation, &functions, &survey.host, live.uuid);
}

const struct verb verb_attach = {
	.name = "attach",
	.arguments = "DOMAIN ADDRESS...",
	.summary = "Give devices to a domain, or to its running VM",
	.help = "Adds a <hostdev> element for each function to the domain. ADDRESS is a\n"
		"function, 0000:02:00.0 or 02:00.0, or a device, 02:00: all its functions but\n"
		"bridges.\n\n"
		"      --config         the definition, for the next start (the default)\n"
		"      --live           the running VM: the devices leave the host first, as a\n"
		"                       section of the VM's INI file says that lists them, and\n"
		"                       otherwise by the defaults. When libvirt refuses one, or\n"
		"                       at Ctrl-C, all are given back. Needs root\n"
		"      --wait SECONDS   how long a guest has to let go of what is given back\n"
		"                       (60)\n\n"
		"Both may be given. Exit status 1 when it was refused, and nothing was changed; 3\n"
		"when it failed on the way, and the message says how the host is.\n",
	.takes = TAKES_CONNECT,
	.options = attach_options,
	.run = run,
};
