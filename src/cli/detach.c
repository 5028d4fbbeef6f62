/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `detach`. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/attach_request.h"
#include "cli/interrupt.h"
#include "cli/verbs.h"
#include "handoff/hotplug_leave.h"
#include "handoff/report.h"

/* What is done, found before any of it is. */
struct leaving {
	struct pci_addresses config; /* what leaves the definition */
	struct hotplug_leave live;   /* what leaves the running VM */
};

static void leaving_clear(struct leaving *leaving)
{
	pci_addresses_clear(&leaving->config);
	hotplug_leave_clear(&leaving->live);
}

/* ---- the definition ----------------------------------------------------------------------- */

static int add_hostdevs(const struct domain *domain, const struct config_address *address,
			struct pci_addresses *functions, struct error *error)
{
	char text[PCI_ADDRESS_SIZE];
	bool found = false;

	for (size_t i = 0; i < domain->hostdev_count; i++) {
		const struct pci_address *hostdev = &domain->hostdevs[i].address;

		if (!config_address_covers(address, hostdev))
			continue;
		found = true;
		if (pci_addresses_add(functions, hostdev) < 0)
			return error_set_errno(error, ENOMEM, "cannot select the devices");
	}
	if (found)
		return 0;
	config_address_format(address, text);
	return error_set(error, ENOENT, "the definition does not have %s", text);
}

/* Goes by the definition alone: the device may have left the host. */
static int find_in_config(const struct attach_request *request, struct pci_addresses *functions,
			  struct error *error)
{
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	int r = attach_read_domain(request, DEFINITION_CONFIG, &domain, error);

	for (size_t i = 0; r == 0 && i < request->count; i++)
		r = add_hostdevs(&domain, &request->addresses[i], functions, error);
	return r;
}

static int take_out(const struct attach_request *request, const struct pci_addresses *functions)
{
	_cleanup_pci_addresses_ struct pci_addresses removed = PCI_ADDRESSES_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *list = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < functions->count; i++) {
		r = attach_remove_hostdev(request, DEFINITION_CONFIG, &functions->items[i], &error);
		if (r == 0 && pci_addresses_add(&removed, &functions->items[i]) < 0)
			r = error_set_errno(&error, ENOMEM, "cannot detach the devices");
	}
	list = attach_list(&removed);
	if (removed.count)
		printf("VM \"%s\": %s %s out of its definition\n", request->shown,
		       list ? list : "the devices", removed.count == 1 ? "is" : "are");
	if (r == 0)
		return EXIT_DONE;
	command_report(&request->command->root, &error);
	if (removed.count == 0)
		fprintf(stderr, "The definition was not changed.\n");
	return removed.count ? EXIT_FAILED : EXIT_REFUSED;
}

/* ---- the running VM ----------------------------------------------------------------------- */

static int report_kept(const struct attach_request *request, struct error *error)
{
	_cleanup_free_ char *line = NULL;

	error_hint(error,
		   "Try again when its system is up and does not use the devices, or shut the VM "
		   "down.\nIf the guest lets go later, the same command gives them to the host.");
	line = report_line(&request->command->root, error);
	log_error("VM \"%s\": not detached: %s", request->shown, line ? line : "no memory");
	command_report(&request->command->root, error);
	fprintf(stderr, "The devices stay with the VM. On the host nothing was changed.\n");
	return EXIT_FAILED;
}

static int report_unrestored(const struct attach_request *request, const struct errors *errors)
{
	const struct root *root = &request->command->root;

	fprintf(stderr,
		"VM \"%s\": NOT all of it could be restored; its claim stays. `gpu-handoff\n"
		"recover` tries again.\n",
		request->shown);
	for (size_t i = 0; i < errors->count; i++) {
		_cleanup_free_ char *line = report_line(root, &errors->items[i]);

		command_report(root, &errors->items[i]);
		log_error("VM \"%s\": not restored: %s", request->shown, line ? line : "no memory");
	}
	return EXIT_FAILED;
}

static int plug_out(const struct attach_request *request, const struct operation *operation,
		    const struct hotplug_leave *leave)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_errors_ struct errors errors = ERRORS_INIT;
	_cleanup_free_ char *list = attach_list(&leave->functions);
	_cleanup_free_ char *moved = NULL;
	struct operation back;

	if (attach_take_away(request, &leave->hostdevs, &operation->patience, &error) < 0)
		return report_kept(request, &error);
	back = operation_way_back(operation, CONFIG_TIMEOUT_DEFAULT_MS);
	if (hotplug_leave_release(&back, leave, &moved, &errors) < 0)
		return report_unrestored(request, &errors);
	if (moved)
		log_info("VM \"%s\" (hot-plugged): %s", request->shown, moved);
	printf("VM \"%s\": %s%s\n", request->shown, moved ? "" : "does not have them any more: ",
	       moved  ? moved
	       : list ? list
		      : "the devices");
	return EXIT_DONE;
}

/* ---- the verb ----------------------------------------------------------------------------- */

/* Looks at all that is to be done. `operation` is for the running VM. */
static int find_all(const struct attach_request *request, struct store *store,
		    const struct operation *operation, int *ret_lock, struct leaving *leaving,
		    struct error *error)
{
	_cleanup_domain_ struct domain live = DOMAIN_INIT;
	int r = request->config ? find_in_config(request, &leaving->config, error) : 0;

	if (r < 0 || !request->live)
		return r;
	r = attach_lock(request, operation, store, ret_lock, error);
	if (r == 0)
		r = attach_read_domain(request, DEFINITION_LIVE, &live, error);
	return r < 0 ? r
		     : hotplug_leave_find(operation, &live, request->addresses, request->count,
					  &leaving->live, error);
}

static int run(const struct command *command)
{
	_cleanup_attach_request_ struct attach_request request = ATTACH_REQUEST_INIT;
	_cleanup_(leaving_clear) struct leaving leaving = { 0 };
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_close_ int lock = -1;
	struct operation operation;
	int status = attach_request_read(&verb_detach, command, &request);

	if (status != EXIT_DONE)
		return status;
	interrupt_catch();
	operation = attach_operation(&request, &store);
	if (find_all(&request, &store, &operation, &lock, &leaving, &error) < 0) {
		command_report(&command->root, &error);
		fprintf(stderr, "Nothing was changed.\n");
		return EXIT_REFUSED;
	}
	/* what may be refused yet comes first */
	if (request.live)
		status = plug_out(&request, &operation, &leaving.live);
	if (status == EXIT_DONE && request.config)
		status = take_out(&request, &leaving.config);
	return status;
}

const struct verb verb_detach = {
	.name = "detach",
	.arguments = "DOMAIN ADDRESS...",
	.summary = "Take devices from a domain, or its running VM",
	.help = "Removes the <hostdev> elements of functions from the domain. ADDRESS is a\n"
		"function, 0000:02:00.0 or 02:00.0, or a device, 02:00: all functions of it that\n"
		"the domain has.\n\n"
		"      --config         the definition, of the next start (the default)\n"
		"      --live           the running VM: asks the guest for the devices, waits\n"
		"                       until it has let go, and gives them back to the host.\n"
		"                       Needs root\n"
		"      --wait SECONDS   how long the guest has for that (60)\n\n"
		"Both may be given. The functions of an IOMMU group leave a running VM\n"
		"together. Exit status 1 when it was refused: nothing was changed; 3 when the\n"
		"guest does not let go, and the VM keeps the devices, or when not all of them\n"
		"could be restored.\n",
	.takes = TAKES_CONNECT,
	.options = attach_options,
	.run = run,
};
