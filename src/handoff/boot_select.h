/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What /etc/gpu-handoff/boot.ini means on this host: which functions are kept from the host's
 * drivers, and which must not be. Shared by the boot stub, which does it, and the command, which
 * tells. Pure: works on what was read before.
 */
#ifndef GH_HANDOFF_BOOT_SELECT_H
#define GH_HANDOFF_BOOT_SELECT_H

#include <stdbool.h>

#include "base/error.h"
#include "handoff/boot_storage.h"
#include "handoff/config.h"
#include "handoff/select.h"
#include "host/pci.h"

/*
 * Selects what boot.ini lists on this host. What is wrong with a section, or with what it would do
 * to the host, is added to `errors`, and keeps its devices out, not those of others: a device that
 * is another one, or not there when others of the section are; an id of which there are not
 * `count`; two sections that differ about a function; the host's only display, unless it is
 * allowed; a controller that holds the root file system or, where that is not known, any mass
 * storage controller. `storage` NULL: the root file system is mounted, so that its controller has a
 * driver and nobody takes it from it. A device with an id that none has is no error without a
 * count; one of whose addresses none is there may be plugged in later, which `absent` tells. The
 * caller clears *ret_selection. Returns 0 or -ENOMEM.
 */
int boot_select(const struct config *config, const struct pci_functions *host,
		const struct boot_storage *storage, struct selection *ret_selection,
		struct errors *absent, struct errors *errors);

/* Whether a section may mean the device: only then the whole host needs to be looked at. */
bool boot_may_mean(const struct config *config, const struct pci_functions *device);

#endif
