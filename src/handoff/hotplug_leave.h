/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices that leave a running VM: which functions go together, and what becomes of them when the
 * guest has let go.
 */
#ifndef GH_HANDOFF_HOTPLUG_LEAVE_H
#define GH_HANDOFF_HOTPLUG_LEAVE_H

#include "base/error.h"
#include "handoff/config.h"
#include "handoff/domain.h"
#include "handoff/hotplug.h"
#include "handoff/operation.h"
#include "host/pci_addresses.h"

struct hotplug_leave {
	struct pci_addresses hostdevs;  /* that the VM has, and libvirt is to detach */
	struct pci_addresses functions; /* that are given back then, those included */
	struct hotplug_claims claims;   /* the VM's held ones, as they were when this was made */
};

#define HOTPLUG_LEAVE_INIT ((struct hotplug_leave){ 0 })

/*
 * Finds what leaves the VM `operation->vm`, whose live definition is `domain`, for the addresses;
 * the caller holds hotplug_lock(). What only went along in their IOMMU groups comes along. Changes
 * nothing. Returns 0; -ENOENT when the VM has nothing at an address; -EBUSY when the VM would keep
 * a function of an IOMMU group of them, to which no host driver can be bound then
 * (iommu_device_use_default_domain(), Linux 5.18); or another negative errno; `error` is filled.
 * The caller clears *leave in any case.
 */
int hotplug_leave_find(const struct operation *operation, const struct domain *domain,
		       const struct config_address *addresses, size_t count,
		       struct hotplug_leave *leave, struct error *error);

/*
 * Gives the functions back that the guest has let go of. Of a claim that keeps others they are
 * split off. A claim that is another one by now was released meanwhile: the VM has ended. Returns 0
 * or a negative errno with the failures added to `errors`; *ret_moved, the caller's, is what
 * restore_describe() says of all, NULL for nothing.
 */
int hotplug_leave_release(const struct operation *operation, const struct hotplug_leave *leave,
			  char **ret_moved, struct errors *errors);

void hotplug_leave_clear(struct hotplug_leave *leave);

#define _cleanup_hotplug_leave_ __attribute__((cleanup(hotplug_leave_clear)))

#endif
