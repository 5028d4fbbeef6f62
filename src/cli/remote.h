/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The PCI functions of another host, as far as its libvirt tells of them. */
#ifndef GH_CLI_REMOTE_H
#define GH_CLI_REMOTE_H

#include "base/error.h"
#include "base/text.h"
#include "cli/claimed.h"
#include "host/pci.h"

struct remote {
	struct pci_functions host; /* without a subsystem, and whether one was the boot display */
	struct strings names;      /* of each, "" for none */
	struct claimed claimed;    /* by running domains' hostdevs */
};

#define REMOTE_INIT ((struct remote){ 0 })

/*
 * Asks the daemon at the URI for its node devices and its running domains. Returns 0 or a negative
 * errno with `error` filled. The caller clears *remote in any case.
 */
int remote_read(const char *uri, struct remote *remote, struct error *error);

void remote_clear(struct remote *remote);

#endif
