/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's IOMMU: whether it is on, and why a function has no IOMMU group. Reads only; nothing
 * here can block.
 */
#ifndef GH_HOST_IOMMU_H
#define GH_HOST_IOMMU_H

#include <stddef.h>

#include "base/error.h"
#include "base/root.h"

enum iommu_state {
	IOMMU_ON,
	IOMMU_OFF,    /* the firmware's table is there, and the kernel does not use it */
	IOMMU_ABSENT, /* the firmware offers none: switched off there, or not built in */
};

/* By the firmware's table, else by the processor. */
enum iommu_maker {
	IOMMU_MAKER_UNKNOWN,
	IOMMU_MAKER_INTEL,
	IOMMU_MAKER_AMD,
};

/*
 * Decided by what the kernel has, not by its command line: /sys/class/iommu, and the firmware's
 * tables DMAR (Intel) and IVRS (AMD) in /sys/firmware/acpi/tables.
 */
enum iommu_state iommu_look(const struct root *root, enum iommu_maker *ret_maker);

/* "Intel VT-d", "AMD-Vi", "IOMMU". */
const char *iommu_maker_name(enum iommu_maker maker);

/* How many IOMMU groups there are. */
size_t iommu_count_groups(const struct root *root);

/* Without it, VFIO refuses unless it is told that unsafe interrupts are allowed. */
enum iommu_remapping {
	IOMMU_REMAPPING_ON,
	IOMMU_REMAPPING_OFF,
	IOMMU_REMAPPING_UNKNOWN, /* /proc/interrupts has nothing to go by */
};

/*
 * By the names of interrupt chips in /proc/interrupts, which begin with "IR-" for both makers
 * (arch/x86/kernel/apic/msi.c and io_apic.c).
 */
enum iommu_remapping iommu_look_remapping(const struct root *root);

/*
 * Fills `error` for a function without an IOMMU group: whether the IOMMU is switched off or absent,
 * and the kernel parameters that this host needs. Returns -ENODEV.
 */
int iommu_report_absent(const struct root *root, const char *name, struct error *error);

#endif
