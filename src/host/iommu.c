/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/iommu.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define CPUINFO_MAX_BYTES (16 * 1024 * 1024)
/* a column a processor */
#define INTERRUPTS_MAX_BYTES (64 * 1024 * 1024)
#define TABLES "sys/firmware/acpi/tables"

#define SHOWS "(gpu-handoff iommu --enable shows how)"
#define INTEL_PARAMETERS \
	"Add to the kernel's command line and reboot: intel_iommu=on iommu=pt\n" SHOWS
#define AMD_PARAMETERS                                                                            \
	"The IOMMU of an AMD host is on by default: remove amd_iommu=off or iommu=off from the\n" \
	"kernel's command line, add iommu=pt, and reboot\n" SHOWS

static enum iommu_maker find_maker(const struct root *root)
{
	_cleanup_free_ char *cpuinfo = NULL;

	if (root_exists(root, TABLES "/DMAR"))
		return IOMMU_MAKER_INTEL;
	if (root_exists(root, TABLES "/IVRS"))
		return IOMMU_MAKER_AMD;
	if (root_read(root, CPUINFO_MAX_BYTES, &cpuinfo, "proc/cpuinfo") < 0)
		return IOMMU_MAKER_UNKNOWN;
	if (strstr(cpuinfo, "GenuineIntel"))
		return IOMMU_MAKER_INTEL;
	return strstr(cpuinfo, "AuthenticAMD") ? IOMMU_MAKER_AMD : IOMMU_MAKER_UNKNOWN;
}

enum iommu_state iommu_look(const struct root *root, enum iommu_maker *ret_maker)
{
	_cleanup_strings_ struct strings units = STRINGS_INIT;

	*ret_maker = find_maker(root);
	if (root_list(root, &units, "sys/class/iommu") == 0 && units.count > 0)
		return IOMMU_ON;
	if (root_exists(root, TABLES "/DMAR") || root_exists(root, TABLES "/IVRS"))
		return IOMMU_OFF;
	return IOMMU_ABSENT;
}

const char *iommu_maker_name(enum iommu_maker maker)
{
	switch (maker) {
	case IOMMU_MAKER_INTEL:
		return "Intel VT-d";
	case IOMMU_MAKER_AMD:
		return "AMD-Vi";
	case IOMMU_MAKER_UNKNOWN:
		break;
	}
	return "IOMMU";
}

size_t iommu_count_groups(const struct root *root)
{
	_cleanup_strings_ struct strings groups = STRINGS_INIT;

	return root_list(root, &groups, "sys/kernel/iommu_groups") == 0 ? groups.count : 0;
}

enum iommu_remapping iommu_look_remapping(const struct root *root)
{
	_cleanup_free_ char *interrupts = NULL;

	if (root_read(root, INTERRUPTS_MAX_BYTES, &interrupts, "proc/interrupts") < 0)
		return IOMMU_REMAPPING_UNKNOWN;
	if (strstr(interrupts, " IR-"))
		return IOMMU_REMAPPING_ON;
	return strstr(interrupts, " IO-APIC") || strstr(interrupts, " PCI-MSI")
		       ? IOMMU_REMAPPING_OFF
		       : IOMMU_REMAPPING_UNKNOWN;
}

static void hint_absent(enum iommu_maker maker, struct error *error)
{
	switch (maker) {
	case IOMMU_MAKER_INTEL:
		error_hint(error, "Switch VT-d (\"Intel Virtualization Technology for Directed "
				  "I/O\") on in the firmware setup.\n" INTEL_PARAMETERS);
		break;
	case IOMMU_MAKER_AMD:
		error_hint(error, "Switch the IOMMU (\"AMD-Vi\") on in the firmware "
				  "setup.\n" AMD_PARAMETERS);
		break;
	case IOMMU_MAKER_UNKNOWN:
		error_hint(error, "Switch the IOMMU (Intel: VT-d, AMD: AMD-Vi) on in the firmware "
				  "setup. On Intel, add to\nthe kernel's command line and reboot: "
				  "intel_iommu=on iommu=pt; on AMD it is on by\ndefault, and "
				  "iommu=pt is enough");
		break;
	}
}

int iommu_report_absent(const struct root *root, const char *name, struct error *error)
{
	enum iommu_maker maker;
	enum iommu_state state = iommu_look(root, &maker);

	error_set(error, ENODEV, "the device is in no IOMMU group");
	error_device(error, name);
	switch (state) {
	case IOMMU_ON:
		error_why(error, "the host's IOMMU is on, but does not cover this device");
		error_hint(error, "Such a device cannot be given to a VM safely. See dmesg | grep "
				  "-e DMAR -e AMD-Vi");
		break;
	case IOMMU_OFF:
		error_why(error, "the host's IOMMU (%s) is there, but switched off",
			  iommu_maker_name(maker));
		error_hint(error, "%s",
			   maker == IOMMU_MAKER_AMD ? AMD_PARAMETERS : INTEL_PARAMETERS);
		break;
	case IOMMU_ABSENT:
		error_why(error, "the firmware offers no IOMMU: it is switched off there, or "
				 "absent");
		hint_absent(maker, error);
		break;
	}
	return -ENODEV;
}
