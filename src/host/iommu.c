/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/iommu.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define CPUINFO_MAX_BYTES (16 * 1024 * 1024)
#define TABLES "sys/firmware/acpi/tables"

#define INTEL_PARAMETERS                                                                         \
	"Add to the kernel's command line and reboot: intel_iommu=on iommu=pt\n"                 \
	"(grubby --update-kernel=ALL --args=\"intel_iommu=on iommu=pt\", or GRUB_CMDLINE_LINUX " \
	"in\n"                                                                                   \
	"/etc/default/grub and update-grub)"
#define AMD_PARAMETERS                                                                            \
	"The IOMMU of an AMD host is on by default: remove amd_iommu=off or iommu=off from the\n" \
	"kernel's command line, add iommu=pt, and reboot"

enum maker { MAKER_UNKNOWN, MAKER_INTEL, MAKER_AMD };

/* By the firmware's table, else by the processor. */
static enum maker host_maker(const struct root *root)
{
	_cleanup_free_ char *cpuinfo = NULL;

	if (root_exists(root, TABLES "/DMAR"))
		return MAKER_INTEL;
	if (root_exists(root, TABLES "/IVRS"))
		return MAKER_AMD;
	if (root_read(root, CPUINFO_MAX_BYTES, &cpuinfo, "proc/cpuinfo") < 0)
		return MAKER_UNKNOWN;
	if (strstr(cpuinfo, "GenuineIntel"))
		return MAKER_INTEL;
	return strstr(cpuinfo, "AuthenticAMD") ? MAKER_AMD : MAKER_UNKNOWN;
}

static void hint_absent(enum maker maker, struct error *error)
{
	switch (maker) {
	case MAKER_INTEL:
		error_hint(error, "Switch VT-d (\"Intel Virtualization Technology for Directed "
				  "I/O\") on in the firmware setup.\n" INTEL_PARAMETERS);
		break;
	case MAKER_AMD:
		error_hint(error, "Switch the IOMMU (\"AMD-Vi\") on in the firmware "
				  "setup.\n" AMD_PARAMETERS);
		break;
	case MAKER_UNKNOWN:
		error_hint(error, "Switch the IOMMU (Intel: VT-d, AMD: AMD-Vi) on in the firmware "
				  "setup. On Intel, add to\nthe kernel's command line and reboot: "
				  "intel_iommu=on iommu=pt; on AMD it is on by\ndefault, and "
				  "iommu=pt is enough");
		break;
	}
}

int iommu_report_absent(const struct root *root, const char *name, struct error *error)
{
	_cleanup_strings_ struct strings units = STRINGS_INIT;
	enum maker maker = host_maker(root);

	error_set(error, ENODEV, "the device is in no IOMMU group");
	error_device(error, name);
	if (root_list(root, &units, "sys/class/iommu") == 0 && units.count > 0) {
		error_why(error, "the host's IOMMU is on, but does not cover this device");
		error_hint(error, "Such a device cannot be given to a VM safely. See dmesg | grep "
				  "-e DMAR -e AMD-Vi");
	} else if (root_exists(root, TABLES "/DMAR")) {
		error_why(error, "the host's IOMMU (Intel VT-d) is there, but switched off");
		error_hint(error, INTEL_PARAMETERS);
	} else if (root_exists(root, TABLES "/IVRS")) {
		error_why(error, "the host's IOMMU (AMD-Vi) is there, but switched off");
		error_hint(error, AMD_PARAMETERS);
	} else {
		error_why(error, "the firmware offers no IOMMU: it is switched off there, or "
				 "absent");
		hint_absent(maker, error);
	}
	return -ENODEV;
}
