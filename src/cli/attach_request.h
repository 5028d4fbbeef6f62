/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `attach` and `detach` are asked to do, and what both need for it: the domain, its
 * definitions, the functions that addresses stand for.
 */
#ifndef GH_CLI_ATTACH_REQUEST_H
#define GH_CLI_ATTACH_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/connection.h"
#include "cli/verb.h"
#include "handoff/config.h"
#include "handoff/domain.h"
#include "handoff/operation.h"
#include "host/pci.h"
#include "host/pci_addresses.h"

struct attach_request {
	const struct command *command;
	const char *vm;
	char *shown;       /* the VM's name, as text_quote() gives it */
	bool config, live; /* which of its definitions */
	int64_t wait_ms;   /* for a guest to let go */
	struct config_address *addresses;
	size_t count;
	struct connection *connection;
};

#define ATTACH_REQUEST_INIT ((struct attach_request){ 0 })

/* The options of both verbs. */
extern const struct verb_option attach_options[];

/*
 * Reads the command line and connects to libvirt. Returns EXIT_DONE, or another exit status and has
 * said why then. The caller clears *request in any case.
 */
int attach_request_read(const struct verb *verb, const struct command *command,
			struct attach_request *request);

void attach_request_clear(struct attach_request *request);

#define _cleanup_attach_request_ __attribute__((cleanup(attach_request_clear)))

/*
 * One of the domain's definitions, which the caller clears. Returns 0; -ENOENT for a domain that
 * libvirt does not know; -ESRCH when the live one is asked for and the domain does not run; or
 * another negative errno; `error` is filled.
 */
int attach_read_domain(const struct attach_request *request, enum connection_definition definition,
		       struct domain *ret_domain, struct error *error);

/* The operation on the running VM, which a signal calls off. */
struct operation attach_operation(const struct attach_request *request, const struct store *store);

/*
 * Opens the store for a change of the running VM, and takes hotplug_lock(); what is known of the VM
 * is to be read after that. Returns as attach_read_domain(). The caller closes both in any case.
 */
int attach_lock(const struct attach_request *request, const struct operation *operation,
		struct store *store, int *ret_lock, struct error *error);

/*
 * The functions of this host that the addresses stand for: of a whole device all but bridges and
 * virtual functions. Returns 0 or a negative errno with `error` filled; the caller clears
 * *functions in any case.
 */
int attach_find_functions(const struct attach_request *request, const struct pci_functions *host,
			  struct pci_addresses *functions, struct error *error);

/* Adds or removes one function by libvirt. Return as connection_attach(), with the device. */
int attach_add_hostdev(const struct attach_request *request, enum connection_definition definition,
		       const struct pci_address *function, struct error *error);
int attach_remove_hostdev(const struct attach_request *request,
			  enum connection_definition definition, const struct pci_address *function,
			  struct error *error);

/*
 * Removes functions from the running VM and waits, as long as the request says, until the guest has
 * let go of those that it has. A request that came before the guest's system was up is lost: it is
 * repeated. Returns 0, also when the VM ends meanwhile; -ETIMEDOUT, or -ECANCELED by `patience`,
 * when it has not let go; or another negative errno; `error` is filled.
 */
int attach_take_away(const struct attach_request *request, const struct pci_addresses *functions,
		     const struct patience *patience, struct error *error);

/* "0000:02:00.0 0000:02:00.1"; the caller frees it. NULL without memory. */
char *attach_list(const struct pci_addresses *functions);

#endif
