/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A libvirt domain's XML, as the hook gets it on stdin: its name, UUID and the host's PCI functions
 * it takes. Looks at no device, never calls libvirt.
 */
#ifndef GH_HANDOFF_DOMAIN_H
#define GH_HANDOFF_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "host/pci_id.h"

#define DOMAIN_XML_MAX_BYTES (8 * 1024 * 1024)

struct domain_hostdev {
	struct pci_address address;
	bool managed;
	char *driver; /* <driver model='…'/>, or NULL */
};

struct domain {
	char *name;
	char *uuid; /* NULL when the XML has none */
	struct domain_hostdev *hostdevs;
	size_t hostdev_count;
};

#define DOMAIN_INIT ((struct domain){ 0 })

/*
 * Reads the XML. PCI functions come from <hostdev mode='subsystem' type='pci'>,
 * <interface type='hostdev'> with a PCI source address, and <disk type='nvme'> (its <source> has
 * managed= and the <address>). Numbers are as libvirt writes them (0x…), or decimal, or octal after
 * a 0 as libvirt reads them; an absent domain is 0. Nothing is fetched, no entity is expanded; a
 * DTD, a root other than <domain>, a missing or repeated name, a malformed UUID, address or driver
 * model, more than 256 PCI functions, more than DOMAIN_XML_MAX_BYTES: -EINVAL (-EFBIG) with `error`
 * filled.
 * Returns 0 or a negative errno. The caller clears *ret_domain, untouched on failure.
 *
 * Sources: libvirt's docs/formatdomain.rst, "Host device assignment"; src/conf/domain_conf.c.
 */
int domain_parse(const char *xml, size_t length, struct domain *ret_domain, struct error *error);

/* The hostdev with the address, or NULL. It belongs to the domain. */
const struct domain_hostdev *domain_find_hostdev(const struct domain *domain,
						 const struct pci_address *address);

void domain_clear(struct domain *domain);

#define _cleanup_domain_ __attribute__((cleanup(domain_clear)))

#endif
