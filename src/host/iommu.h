/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IOMMU groups, and why there are none. Reads only; nothing here can block.
 */
#ifndef GH_HOST_IOMMU_H
#define GH_HOST_IOMMU_H

#include "base/error.h"
#include "base/root.h"

/*
 * Fills `error` for a function without an IOMMU group: whether the IOMMU is switched off or absent,
 * and the kernel parameters that this host needs. Returns -ENODEV.
 *
 * Decided by what the kernel has, not by its command line: /sys/class/iommu, and the firmware's
 * tables DMAR (Intel) and IVRS (AMD) in /sys/firmware/acpi/tables.
 */
int iommu_report_absent(const struct root *root, const char *name, struct error *error);

#endif
