/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/iommu.h"

#include "base/cleanup.h"
#include "scratch.h"
#include "tap.h"

#define TABLES "sys/firmware/acpi/tables/"
#define INTEL "processor\t: 0\nvendor_id\t: GenuineIntel\n"
#define AMD "processor\t: 0\nvendor_id\t: AuthenticAMD\n"
#define CPUS "           CPU0       CPU1\n"

/* What makes a machine; NULL or false: it lacks it. */
struct machine {
	const char *name;
	const char *table;
	const char *cpuinfo;
	const char *unit; /* below sys/class/iommu; "": the directory alone */
	enum iommu_state state;
	enum iommu_maker maker;
	const char *why;      /* the cause begins so */
	const char *says;     /* what to do has it */
	const char *says_not; /* and not this */
};

static const struct machine machines[] = {
	{ "Intel, off", "DMAR", INTEL, NULL, IOMMU_OFF, IOMMU_MAKER_INTEL,
	  "the host's IOMMU (Intel VT-d) is there, but switched", "intel_iommu=on iommu=pt",
	  "firmware setup" },
	{ "Intel, off, the class without units", "DMAR", INTEL, "", IOMMU_OFF, IOMMU_MAKER_INTEL,
	  "the host's IOMMU (Intel VT-d) is there, but switched", "intel_iommu=on iommu=pt",
	  "AMD" },
	{ "AMD, off", "IVRS", AMD, NULL, IOMMU_OFF, IOMMU_MAKER_AMD,
	  "the host's IOMMU (AMD-Vi) is there, but switched", "remove amd_iommu=off",
	  "intel_iommu" },
	{ "the firmware's table counts, not the processor", "DMAR", NULL, NULL, IOMMU_OFF,
	  IOMMU_MAKER_INTEL, "the host's IOMMU (Intel VT-d) is there, but switched",
	  "intel_iommu=on", "AMD" },
	{ "Intel, none", NULL, INTEL, NULL, IOMMU_ABSENT, IOMMU_MAKER_INTEL,
	  "the firmware offers no IOMMU", "Switch VT-d", "AMD" },
	{ "Intel, none: and then the parameters", NULL, INTEL, NULL, IOMMU_ABSENT,
	  IOMMU_MAKER_INTEL, "the firmware offers no IOMMU", "intel_iommu=on iommu=pt", "AMD" },
	{ "AMD, none", NULL, AMD, NULL, IOMMU_ABSENT, IOMMU_MAKER_AMD,
	  "the firmware offers no IOMMU", "\"AMD-Vi\"", "intel_iommu" },
	{ "another processor", NULL, "processor\t: 0\n", NULL, IOMMU_ABSENT, IOMMU_MAKER_UNKNOWN,
	  "the firmware offers no IOMMU", "on AMD it is on by", NULL },
	{ "nothing to go by", NULL, NULL, NULL, IOMMU_ABSENT, IOMMU_MAKER_UNKNOWN,
	  "the firmware offers no IOMMU", "intel_iommu=on iommu=pt", NULL },
	{ "on, the device not covered (Intel)", "DMAR", INTEL, "dmar0", IOMMU_ON, IOMMU_MAKER_INTEL,
	  "the host's IOMMU is on, but does not cover this device", "dmesg", "intel_iommu" },
	{ "on, the device not covered (AMD)", "IVRS", AMD, "ivhd0", IOMMU_ON, IOMMU_MAKER_AMD,
	  "the host's IOMMU is on, but does not cover this device", "dmesg", "amd_iommu" },
};

static void check_machine(const struct machine *machine)
{
	SCRATCH(place);
	_cleanup_error_ struct error error = ERROR_INIT;
	enum iommu_maker maker;
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
	CHECK(iommu_look(&place.root, &maker) == machine->state && maker == machine->maker,
	      "the state, and who made it: %s", machine->name);
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

static void check_remapping(const char *name, const char *interrupts, enum iommu_remapping wanted)
{
	SCRATCH(place);

	if (interrupts)
		scratch_file(&place, "proc/interrupts", interrupts);
	CHECK(iommu_look_remapping(&place.root) == wanted, "interrupt remapping: %s", name);
}

static void test_groups(void)
{
	SCRATCH(place);

	CHECK(iommu_count_groups(&place.root) == 0, "a host without groups has none");
	scratch_directory(&place, "sys/kernel/iommu_groups/0");
	scratch_directory(&place, "sys/kernel/iommu_groups/14");
	CHECK(iommu_count_groups(&place.root) == 2, "groups are counted");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		check_machine(&machines[i]);
	check_remapping("by the name of a chip", CPUS " 24:  7  9  IR-PCI-MSI 1536-edge  nvme0q0\n",
			IOMMU_REMAPPING_ON);
	check_remapping("as newer kernels write it",
			CPUS " 24:  7  9  IR-PCI-MSIX-0000:01:00.0    0-edge  nvme0q0\n",
			IOMMU_REMAPPING_ON);
	check_remapping("none", CPUS " 1:  7  9  IO-APIC  1-edge  i8042\n", IOMMU_REMAPPING_OFF);
	check_remapping("not told by another machine's interrupts",
			CPUS " 1:  7  9  GICv3  27 Level  arch_timer\n", IOMMU_REMAPPING_UNKNOWN);
	check_remapping("not told without the file", NULL, IOMMU_REMAPPING_UNKNOWN);
	test_groups();
	return tap_done();
}
