/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/pci_addresses.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"

int pci_addresses_add(struct pci_addresses *addresses, const struct pci_address *address)
{
	if (pci_addresses_have(addresses, address))
		return 0;
	if (array_grow(&addresses->items, addresses->count, sizeof(*addresses->items)) < 0)
		return -ENOMEM;
	addresses->items[addresses->count++] = *address;
	return 0;
}

bool pci_addresses_have(const struct pci_addresses *addresses, const struct pci_address *address)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (pci_address_compare(&addresses->items[i], address) == 0)
			return true;
	return false;
}

void pci_addresses_clear(struct pci_addresses *addresses)
{
	free(addresses->items);
	*addresses = PCI_ADDRESSES_INIT;
}
