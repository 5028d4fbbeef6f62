/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A list of PCI addresses, each of them once. Pure: looks at no machine.
 */
#ifndef GH_HOST_PCI_ADDRESSES_H
#define GH_HOST_PCI_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>

#include "host/pci_id.h"

struct pci_addresses {
	struct pci_address *items;
	size_t count;
};

#define PCI_ADDRESSES_INIT ((struct pci_addresses){ 0 })

/* Appends it unless it is there. Returns 0 or -ENOMEM. */
int pci_addresses_add(struct pci_addresses *addresses, const struct pci_address *address);

bool pci_addresses_have(const struct pci_addresses *addresses, const struct pci_address *address);

void pci_addresses_clear(struct pci_addresses *addresses);

#define _cleanup_pci_addresses_ __attribute__((cleanup(pci_addresses_clear)))

#endif
