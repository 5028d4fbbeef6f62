/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/hostdev.h"

#include "base/text.h"

char *hostdev_xml(const struct pci_address *address)
{
	return text_format("<hostdev mode='subsystem' type='pci' managed='no'>\n"
			   "  <source>\n"
			   "    <address domain='0x%04x' bus='0x%02x' slot='0x%02x' "
			   "function='0x%x'/>\n"
			   "  </source>\n"
			   "</hostdev>",
			   address->domain, address->bus, address->slot, address->function);
}
