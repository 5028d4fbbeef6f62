/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must be true of the host before the selected functions may be touched. Reads only; nothing
 * here can block.
 */
#ifndef GH_HANDOFF_PREFLIGHT_H
#define GH_HANDOFF_PREFLIGHT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/root.h"
#include "handoff/select.h"

/*
 * The driver that a function is to be on for the VM, by the INI file or by the XML, whose author
 * need not be root, is one of VFIO's; or, by the INI file alone, pci-stub, which does nothing, for
 * those that only leave the host. A driver_override makes any driver take any device, and modprobe
 * loads any module. Returns as preflight_check_groups().
 */
int preflight_check_driver(const struct root *root, const struct selected_function *selected,
			   const char *wanted, struct error *error);

/*
 * Whether the function, left on the driver that it is on, would keep its IOMMU group from being a
 * VM's.
 */
bool preflight_spoils_group(const struct root *root, const struct pci_function *function);

/*
 * Every function has an IOMMU group, and no other endpoint of these groups is on a host driver,
 * which would make the group not viable (drivers/iommu/iommu.c, iommu_group_claim_dma_owner; QEMU
 * says so only after the host has lost the device). Returns 0, or a negative errno with `error`
 * filled.
 */
int preflight_check_groups(const struct root *root, const struct selection *selection,
			   const struct pci_functions *host, struct error *error);

#endif
