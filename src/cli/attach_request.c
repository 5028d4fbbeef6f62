/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/attach_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/hostdev.h"
#include "cli/interrupt.h"
#include "handoff/hotplug.h"

#define WAIT_DEFAULT_MS 60000
#define WAIT_MAX_S 3600
#define POLL_MS 200
#define REPEAT_MS 10000

const struct verb_option attach_options[] = {
	{ "config", 0, OPTION_ALONE },
	{ "live", 0, OPTION_ALONE },
	{ "wait", 0, OPTION_VALUE },
	{ 0 },
};

/* ---- the command line --------------------------------------------------------------------- */

static int read_wait(const struct verb *verb, const struct command *command,
		     struct attach_request *request)
{
	const char *value = command_value(command, "wait");
	char *end;
	long seconds;

	request->wait_ms = WAIT_DEFAULT_MS;
	if (!value)
		return EXIT_DONE;
	if (!request->live)
		return command_usage(verb, "--wait is for --live");
	errno = 0;
	seconds = strtol(value, &end, 10);
	if (errno || end == value || *end || seconds < 0 || seconds > WAIT_MAX_S)
		return command_usage(verb, "--wait takes seconds, %d at most", WAIT_MAX_S);
	request->wait_ms = seconds * 1000;
	return EXIT_DONE;
}

static int read_address(const struct verb *verb, const char *text, struct attach_request *request)
{
	struct config_address address = { 0 };

	if (pci_address_parse_device(text, &address.address, &address.whole) < 0) {
		_cleanup_free_ char *quoted = text_quote(text);

		return command_usage(verb,
				     "\"%s\" is no PCI address, which are like 02:00.0, or 02:00 "
				     "for a whole device",
				     quoted ? quoted : "?");
	}
	if (array_grow(&request->addresses, request->count, sizeof(*request->addresses)) < 0)
		return command_no_memory();
	request->addresses[request->count++] = address;
	return EXIT_DONE;
}

static int connect_to_libvirt(struct attach_request *request)
{
	_cleanup_error_ struct error error = ERROR_INIT;

	_cleanup_free_ char *xml = NULL;
	int r = connection_open(request->command->uri, CONNECTION_WRITE, &request->connection,
				&error);

	if (r == 0)
		r = connection_domain_xml(request->connection, request->vm, DEFINITION_CONFIG, &xml,
					  &error);
	if (r == 0)
		return EXIT_DONE;
	command_report(&request->command->root, &error);
	fprintf(stderr, "Nothing was changed.\n");
	return r == -ENOENT ? EXIT_USAGE : EXIT_REFUSED;
}

int attach_request_read(const struct verb *verb, const struct command *command,
			struct attach_request *request)
{
	int status;

	request->command = command;
	if (command->count < 2)
		return command_usage(verb, "which domain, and which devices?");
	request->vm = command->arguments[0];
	request->shown = text_quote(request->vm);
	if (!request->shown)
		return command_no_memory();
	if (!claim_vm_name_valid(request->vm))
		return command_usage(verb, "\"%s\" is no name of a VM", request->shown);
	request->live = command_has(command, "live");
	request->config = !request->live || command_has(command, "config");
	if (request->live && !connection_is_own(command->uri))
		return command_usage(verb, "--live is for this host's system daemon alone, "
					   "qemu:///system");
	status = read_wait(verb, command, request);
	for (int i = 1; status == EXIT_DONE && i < command->count; i++)
		status = read_address(verb, command->arguments[i], request);
	return status == EXIT_DONE ? connect_to_libvirt(request) : status;
}

void attach_request_clear(struct attach_request *request)
{
	connection_close(request->connection);
	free(request->addresses);
	free(request->shown);
	*request = ATTACH_REQUEST_INIT;
}

/* ---- the domain and its functions --------------------------------------------------------- */

static int read_definition(const struct attach_request *request,
			   enum connection_definition definition, struct domain *ret_domain,
			   struct error *error)
{
	_cleanup_free_ char *xml = NULL;
	int r = connection_domain_xml(request->connection, request->vm, definition, &xml, error);

	return r < 0 ? r : domain_parse(xml, strlen(xml), ret_domain, error);
}

int attach_read_domain(const struct attach_request *request, enum connection_definition definition,
		       struct domain *ret_domain, struct error *error)
{
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	bool runs = true;
	int r = read_definition(request, definition, &domain, error);

	if (r == 0 && definition == DEFINITION_LIVE)
		r = connection_vm_runs(request->connection, request->vm, domain.uuid, &runs, error);
	if (r < 0)
		return r;
	if (!runs) {
		error_set(error, ESRCH, "the VM \"%s\" does not run", request->shown);
		error_hint(error, "Without --live, its definition for the next start is changed.");
		return -ESRCH;
	}
	*ret_domain = domain;
	domain = DOMAIN_INIT;
	return 0;
}

static int report_address(int code, const struct config_address *address, const char *what,
			  const char *hint, struct error *error)
{
	char text[PCI_ADDRESS_SIZE];

	config_address_format(address, text);
	error_set(error, code, "%s", what);
	error_device(error, text);
	error_hint(error, "%s", hint);
	return -code;
}

static int add_functions(const struct config_address *address, const struct pci_functions *host,
			 struct pci_addresses *functions, struct error *error)
{
	bool there = false, added = false;

	for (size_t i = 0; i < host->count; i++) {
		const struct pci_function *function = &host->items[i];

		if (!config_address_covers(address, &function->address))
			continue;
		there = true;
		if (function->bridge || (address->whole && function->virtual_function))
			continue;
		added = true;
		if (pci_addresses_add(functions, &function->address) < 0)
			return error_set_errno(error, ENOMEM, "cannot select the devices");
	}
	if (added)
		return 0;
	if (!there)
		return report_address(ENODEV, address, "this host has no such PCI device",
				      "See which there are with: lspci -Dnn", error);
	return report_address(EINVAL, address, "it has nothing that can go to a VM",
			      "Bridges stay with the host; of virtual functions each is named by "
			      "its full address.",
			      error);
}

static int compare_addresses(const void *a, const void *b)
{
	return pci_address_compare(a, b);
}

int attach_find_functions(const struct attach_request *request, const struct pci_functions *host,
			  struct pci_addresses *functions, struct error *error)
{
	for (size_t i = 0; i < request->count; i++) {
		int r = add_functions(&request->addresses[i], host, functions, error);

		if (r < 0)
			return r;
	}
	qsort(functions->items, functions->count, sizeof(*functions->items), compare_addresses);
	return 0;
}

char *attach_list(const struct pci_addresses *functions)
{
	_cleanup_free_ char *list = strdup("");

	for (size_t i = 0; list && i < functions->count; i++) {
		char text[PCI_ADDRESS_SIZE];

		pci_address_format(&functions->items[i], text);
		if (text_append(&list, "%s%s", i ? " " : "", text) < 0)
			return NULL;
	}
	return take_ptr(list);
}

struct operation attach_operation(const struct attach_request *request, const struct store *store)
{
	return (struct operation){
		.root = &request->command->root,
		.store = store,
		.vm = request->vm,
		.patience = { .deadline_ms = clock_now_ms() + CONFIG_TIMEOUT_DEFAULT_MS,
			      .cancelled = interrupt_seen },
	};
}

int attach_lock(const struct attach_request *request, const struct operation *operation,
		struct store *store, int *ret_lock, struct error *error)
{
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	/* a wrong name is told before rights are */
	int r = attach_read_domain(request, DEFINITION_LIVE, &domain, error);

	if (r == 0)
		r = store_open(operation->root, store, error);
	if (r < 0)
		return r;
	*ret_lock = hotplug_lock(store, request->vm, &operation->patience, error);
	return *ret_lock < 0 ? *ret_lock : 0;
}

/* ---- libvirt's part ----------------------------------------------------------------------- */

/* Removing goes by the address: an element with another `managed` is found too. */
static int change(const struct attach_request *request, enum connection_definition definition,
		  const struct pci_address *function,
		  int (*tell)(const struct connection *, const char *, enum connection_definition,
			      const char *, struct error *),
		  struct error *error)
{
	_cleanup_free_ char *xml = hostdev_xml(function);
	char text[PCI_ADDRESS_SIZE];
	int r = xml ? tell(request->connection, request->vm, definition, xml, error)
		    : error_set_errno(error, ENOMEM, "cannot tell libvirt of the device");

	pci_address_format(function, text);
	if (r < 0)
		error_device(error, text);
	return r;
}

int attach_add_hostdev(const struct attach_request *request, enum connection_definition definition,
		       const struct pci_address *function, struct error *error)
{
	return change(request, definition, function, connection_attach, error);
}

int attach_remove_hostdev(const struct attach_request *request,
			  enum connection_definition definition, const struct pci_address *function,
			  struct error *error)
{
	return change(request, definition, function, connection_detach, error);
}

/* The ones that the running VM still has; none when it does not run any more. */
static int find_left(const struct attach_request *request, const struct pci_addresses *functions,
		     struct pci_addresses *left, struct error *error)
{
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	_cleanup_error_ struct error problem = ERROR_INIT;
	int r = attach_read_domain(request, DEFINITION_LIVE, &domain, &problem);

	pci_addresses_clear(left);
	/* it ended, and a transient one has gone then */
	if (r == -ESRCH || r == -ENOENT)
		return 0;
	if (r < 0) {
		error_move(error, &problem);
		return r;
	}
	for (size_t i = 0; i < functions->count; i++)
		if (domain_find_hostdev(&domain, &functions->items[i]) &&
		    pci_addresses_add(left, &functions->items[i]) < 0)
			return error_set_errno(error, ENOMEM, "cannot follow the devices");
	return 0;
}

/* QEMU's word for a device that the guest was asked for before. */
static bool is_asked_for(const struct error *error)
{
	return error->why && strstr(error->why, "process of unplug");
}

static int ask_guest(const struct attach_request *request, const struct pci_addresses *functions,
		     struct error *error)
{
	int first = 0;

	for (size_t i = 0; i < functions->count; i++) {
		_cleanup_error_ struct error problem = ERROR_INIT;
		int r = attach_remove_hostdev(request, DEFINITION_LIVE, &functions->items[i],
					      &problem);

		if (r == 0 || is_asked_for(&problem) || first < 0)
			continue;
		error_move(error, &problem);
		first = r;
	}
	return first;
}

static int report_kept(int code, const struct attach_request *request,
		       const struct pci_addresses *left, struct error *error)
{
	_cleanup_free_ char *list = attach_list(left);

	error_set(error, code, "the guest of \"%s\" has not let go of %s", request->shown,
		  list ? list : "the devices");
	if (code == ECANCELED)
		error_why(error, "waiting for it was called off");
	else
		error_why(error, "waited %lld s", (long long)request->wait_ms / 1000);
	return -code;
}

int attach_take_away(const struct attach_request *request, const struct pci_addresses *functions,
		     const struct patience *patience, struct error *error)
{
	_cleanup_pci_addresses_ struct pci_addresses left = PCI_ADDRESSES_INIT;
	int64_t deadline_ms = clock_now_ms() + request->wait_ms;
	int64_t asked_ms = clock_now_ms();
	int r = functions->count ? find_left(request, functions, &left, error) : 0;

	if (r < 0 || left.count == 0)
		return r;
	r = ask_guest(request, &left, error);
	/* the VM may have ended just now */
	if (r < 0 && (find_left(request, functions, &left, NULL) < 0 || left.count))
		return r;
	for (;;) {
		r = find_left(request, functions, &left, error);
		if (r < 0 || left.count == 0)
			return r;
		if (patience_cancelled(patience))
			return report_kept(ECANCELED, request, &left, error);
		if (clock_left_ms(deadline_ms) == 0)
			return report_kept(ETIMEDOUT, request, &left, error);
		if (clock_now_ms() - asked_ms > REPEAT_MS) {
			asked_ms = clock_now_ms();
			/* what went since it was looked at is refused, which is no harm */
			(void)ask_guest(request, &left, NULL);
		}
		clock_sleep_ms(POLL_MS, deadline_ms);
	}
}
