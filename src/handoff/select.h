/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which functions go to the VM: what the configuration lists, found and verified on this host, and
 * held against the domain's hostdevs. Pure: works on what was read before.
 */
#ifndef GH_HANDOFF_SELECT_H
#define GH_HANDOFF_SELECT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "handoff/config.h"
#include "handoff/domain.h"
#include "host/pci.h"

struct selected_function {
	const struct pci_function *function;  /* belongs to the host's list */
	const struct config_device *device;   /* belongs to the configuration */
	const struct domain_hostdev *hostdev; /* belongs to the domain; NULL: only goes along */
};

/* In the order of addresses. Owns the array alone. */
struct selection {
	struct selected_function *items;
	size_t count;
};

#define SELECTION_INIT ((struct selection){ 0 })

/*
 * Verifies every configured device and selects the functions of those of which the domain has at
 * least one; without a domain (NULL), of all. `warnings` get a line for each device that the domain
 * does not have, and for each hostdev of the domain that is neither listed nor managed. Returns 0;
 * a negative errno with `error` filled, -ENODEV when a device is not there or is not what the
 * configuration says. The caller clears *ret_selection, untouched on failure.
 */
int select_functions(const struct config *config, const struct domain *domain,
		     const struct pci_functions *host, struct selection *ret_selection,
		     struct strings *warnings, struct error *error);

/*
 * Verifies one configured device and adds its functions, whatever a domain has of it. One that is
 * selected already is an error. Returns as select_functions(); `selection` may have got some of
 * them by then.
 */
int select_device(const struct config *config, const struct config_device *device,
		  const struct pci_functions *host, struct selection *selection,
		  struct error *error);

/* The selected function with the address, or NULL; it belongs to the selection. */
const struct selected_function *selection_find(const struct selection *selection,
					       const struct pci_address *address);

bool selection_has(const struct selection *selection, const struct pci_address *address);

void selection_clear(struct selection *selection);

#define _cleanup_selection_ __attribute__((cleanup(selection_clear)))

#endif
