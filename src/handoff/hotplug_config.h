/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration by which functions come to a running VM: that of its INI file, cut down to
 * them.
 */
#ifndef GH_HANDOFF_HOTPLUG_CONFIG_H
#define GH_HANDOFF_HOTPLUG_CONFIG_H

#include "base/error.h"
#include "handoff/config.h"
#include "handoff/operation.h"
#include "host/pci.h"
#include "host/pci_addresses.h"

/*
 * Makes it for functions of `host`, of which those that are `claimed` are left out. A section of
 * the INI file of `operation->vm` that selects one of them is verified and comes whole, with the
 * file's [host] section; what no section selects comes alone, by the defaults. Returns 0 or a
 * negative errno with `error` filled; the caller clears *config in both cases.
 */
int hotplug_configure(const struct operation *operation, const struct pci_addresses *functions,
		      const struct pci_addresses *claimed, const struct pci_functions *host,
		      struct config *config, struct error *error);

#endif
