/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/iommu.h"

#include "base/cleanup.h"
#include "scratch.h"
#include "tap.h"

#define TABLES "sys/firmware/acpi/tables/"
#define INTEL "processor\t: 0\nvendor_id\t: GenuineIntel\n"
#define AMD "processor\t: 0\nvendor_id\t: AuthenticAMD\n"

/* What makes a machine; NULL or false: it lacks it. */
struct machine {
	const char *name;
	const char *table;
	const char *cpuinfo;
	const char *unit;     /* below sys/class/iommu; "": the directory alone */
	const char *why;      /* the cause begins so */
	const char *says;     /* what to do has it */
	const char *says_not; /* and not this */
};

static const struct machine machines[] = {
	{ "Intel, off", "DMAR", INTEL, NULL, "the host's IOMMU (Intel VT-d) is there, but switched",
	  "intel_iommu=on iommu=pt", "firmware setup" },
	{ "Intel, off, the class without units", "DMAR", INTEL, "",
	  "the host's IOMMU (Intel VT-d) is there, but switched", "intel_iommu=on iommu=pt",
	  "AMD" },
	{ "AMD, off", "IVRS", AMD, NULL, "the host's IOMMU (AMD-Vi) is there, but switched",
	  "remove amd_iommu=off", "intel_iommu" },
	{ "the firmware's table counts, not the processor", "DMAR", NULL, NULL,
	  "the host's IOMMU (Intel VT-d) is there, but switched", "intel_iommu=on", "AMD" },
	{ "Intel, none", NULL, INTEL, NULL, "the firmware offers no IOMMU", "Switch VT-d", "AMD" },
	{ "Intel, none: and then the parameters", NULL, INTEL, NULL, "the firmware offers no IOMMU",
	  "intel_iommu=on iommu=pt", "AMD" },
	{ "AMD, none", NULL, AMD, NULL, "the firmware offers no IOMMU", "\"AMD-Vi\"",
	  "intel_iommu" },
	{ "another processor", NULL, "processor\t: 0\n", NULL, "the firmware offers no IOMMU",
	  "on AMD it is on by", NULL },
	{ "nothing to go by", NULL, NULL, NULL, "the firmware offers no IOMMU",
	  "intel_iommu=on iommu=pt", NULL },
	{ "on, the device not covered (Intel)", "DMAR", INTEL, "dmar0",
	  "the host's IOMMU is on, but does not cover this device", "dmesg", "intel_iommu" },
	{ "on, the device not covered (AMD)", "IVRS", AMD, "ivhd0",
	  "the host's IOMMU is on, but does not cover this device", "dmesg", "amd_iommu" },
};

static void check_machine(const struct machine *machine)
{
	SCRATCH(place);
	_cleanup_error_ struct error error = ERROR_INIT;
	char path[64];
	int r;

	scratch_directory(&place, "sys/firmware/acpi/tables");
	if (machine->table) {
		snprintf(path, sizeof(path), TABLES "%s", machine->table);
		scratch_file(&place, path, "");
	}
	if (machine->cpuinfo)
		scratch_file(&place, "proc/cpuinfo", machine->cpuinfo);
	if (machine->unit) {
		snprintf(path, sizeof(path), "sys/class/iommu%s%s", *machine->unit ? "/" : "",
			 machine->unit);
		scratch_directory(&place, path);
	}
	r = iommu_report_absent(&place.root, "0000:01:00.0", &error);
	CHECK(r == -ENODEV && error.code == ENODEV &&
		      strcmp(error.what, "the device is in no IOMMU group") == 0 &&
		      strcmp(error.device, "0000:01:00.0") == 0,
	      "no group is an error about the device: %s", machine->name);
	CHECK(strncmp(error.why, machine->why, strlen(machine->why)) == 0, "the cause: %s",
	      machine->name);
	CHECK(strstr(error.hint, machine->says), "what to do: %s", machine->name);
	if (machine->says_not)
		CHECK(!strstr(error.hint, machine->says_not), "and nothing that is wrong here: %s",
		      machine->name);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		check_machine(&machines[i]);
	return tap_done();
}
