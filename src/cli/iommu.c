/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `iommu`. */
#include "cli/iommu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/verbs.h"
#include "host/iommu.h"
#include "host/kernel_line.h"

#define LINE_MAX_BYTES 65536

/* How words begin that have a say in it. */
static const char *const parameters[] = {
	"iommu", "intel_iommu", "amd_iommu", "intremap", "vfio_iommu_type1.", NULL,
};

struct sight {
	enum iommu_state state;
	enum iommu_maker maker;
	enum iommu_remapping remapping;
	size_t group_count;
	struct strings words; /* of the running kernel's command line */
};

static int look(const struct root *root, struct sight *sight)
{
	_cleanup_free_ char *line = NULL;

	sight->state = iommu_look(root, &sight->maker);
	sight->remapping = iommu_look_remapping(root);
	sight->group_count = iommu_count_groups(root);
	if (root_read(root, LINE_MAX_BYTES, &line, "proc/cmdline") < 0)
		return 0;
	return kernel_line_select(line, parameters, &sight->words);
}

static void print_state(const struct sight *sight)
{
	const char *name = iommu_maker_name(sight->maker);

	switch (sight->state) {
	case IOMMU_ON:
		printf("IOMMU:               on (%s), %zu groups\n", name, sight->group_count);
		break;
	case IOMMU_OFF:
		printf("IOMMU:               off (%s): the kernel does not use what is there\n",
		       name);
		break;
	case IOMMU_ABSENT:
		printf("IOMMU:               none: the firmware does not offer it\n");
		break;
	}
}

static void print_remapping(enum iommu_remapping remapping)
{
	static const char *const texts[] = {
		[IOMMU_REMAPPING_ON] = "on",
		[IOMMU_REMAPPING_OFF] = "off",
		[IOMMU_REMAPPING_UNKNOWN] = "not known",
	};

	printf("Interrupt remapping: %s\n", texts[remapping]);
}

static void print_to_do(const struct sight *sight)
{
	switch (sight->state) {
	case IOMMU_ON:
		if (sight->remapping == IOMMU_REMAPPING_OFF)
			printf("\nWithout interrupt remapping VFIO gives no device to a VM. "
			       "Switch it on in the\nfirmware setup, and take intremap=off off "
			       "the kernel's command line.\n");
		break;
	case IOMMU_OFF:
		printf("\nTo do: gpu-handoff iommu --enable\n");
		break;
	case IOMMU_ABSENT:
		printf("\nTo do: switch it on in the firmware setup, where it is called %s,\n"
		       "if the machine has one. Then: gpu-handoff iommu --enable\n",
		       sight->maker == IOMMU_MAKER_INTEL ? "VT-d"
		       : sight->maker == IOMMU_MAKER_AMD ? "AMD-Vi"
							 : "VT-d or AMD-Vi");
		break;
	}
}

int iommu_show(const struct root *root)
{
	struct sight sight = { 0 };
	_cleanup_free_ char *words = NULL;
	bool on;

	if (look(root, &sight) == 0)
		words = strings_join(&sight.words, " ");
	on = sight.state == IOMMU_ON;
	if (words) {
		print_state(&sight);
		print_remapping(sight.remapping);
		printf("Kernel parameters:   %s\n", *words ? words : "none for it");
		print_to_do(&sight);
	}
	strings_clear(&sight.words);
	if (!words)
		return command_no_memory();
	return on ? EXIT_DONE : EXIT_REFUSED;
}

static int run(const struct command *command)
{
	bool apply = command_has(command, "apply");

	if (command->count)
		return command_usage(&verb_iommu, "it takes no argument");
	if (apply && !command_has(command, "enable"))
		return command_usage(&verb_iommu, "--apply is for --enable");
	if (apply && !command->root.is_host)
		return command_usage(&verb_iommu,
				     "--apply is for this machine, not for a --sysroot");
	return command_has(command, "enable") ? iommu_enable(&command->root, apply)
					      : iommu_show(&command->root);
}

static const struct verb_option options[] = {
	{ "apply", 0, OPTION_ALONE },
	{ "enable", 0, OPTION_ALONE },
	{ 0 },
};

const struct verb verb_iommu = {
	.name = "iommu",
	.arguments = "[--enable [--apply]]",
	.summary = "Tell whether the IOMMU is on, and switch it on",
	.help = "Without an IOMMU no device can be given to a VM. Exit status 0 when it is on, 1\n"
		"when it is not.\n"
		"\n"
		"  --enable   show what this host's boot loader needs so that the kernel uses the\n"
		"             IOMMU (Intel: intel_iommu=on iommu=pt; AMD: iommu=pt). Changes\n"
		"             nothing. Exit status 0 when there is nothing to do but to reboot, 1\n"
		"             when there is\n"
		"  --apply    with --enable: do it. A file that is changed stays beside the new\n"
		"             one, and comes back when the boot loader's program fails. Exit\n"
		"             status 1 when it has to be done by hand, and is not done; 3 when it\n"
		"             failed, and the message says how the host is. Needs root\n",
	.takes = TAKES_SYSROOT,
	.options = options,
	.run = run,
};
