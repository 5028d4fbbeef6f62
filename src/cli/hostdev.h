/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a function is in a domain's XML. Pure. */
#ifndef GH_CLI_HOSTDEV_H
#define GH_CLI_HOSTDEV_H

#include "host/pci_id.h"

/*
 * The <hostdev> element that gives the function to a VM, without a final newline; the caller frees
 * it. managed='no': should the hook not run, the start fails and the host keeps the function. NULL
 * without memory.
 *
 * Source: libvirt's docs/formatdomain.rst, "Host device assignment".
 */
char *hostdev_xml(const struct pci_address *address);

#endif
