/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `iommu`. */
#include "cli/iommu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/table.h"
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

static int print_text(const struct sight *sight)
{
	_cleanup_free_ char *words = strings_join(&sight->words, " ");

	if (!words)
		return command_no_memory();
	print_state(sight);
	print_remapping(sight->remapping);
	printf("Kernel parameters:   %s\n", *words ? words : "none for it");
	print_to_do(sight);
	return EXIT_DONE;
}

static char *list_items(const struct strings *words)
{
	_cleanup_strings_ struct strings items = STRINGS_INIT;

	for (size_t i = 0; i < words->count; i++) {
		_cleanup_free_ char *item = table_list_item(words->items[i]);

		if (!item || strings_add(&items, item) < 0)
			return NULL;
	}
	return strings_join(&items, "\n");
}

static int print_json(const struct command *command, const struct sight *sight)
{
	static const struct table_column columns[] = {
		{ "STATE", TABLE_STRING, 0 },    { "MAKER", TABLE_STRING, 0 },
		{ "GROUPS", TABLE_NUMBER, 0 },   { "REMAPPING", TABLE_STRING, 0 },
		{ "PARAMETERS", TABLE_LIST, 0 }, { 0 },
	};
	static const char *const states[] = {
		[IOMMU_ON] = "on",
		[IOMMU_OFF] = "off",
		[IOMMU_ABSENT] = "absent",
	};
	static const char *const remappings[] = {
		[IOMMU_REMAPPING_ON] = "on",
		[IOMMU_REMAPPING_OFF] = "off",
		[IOMMU_REMAPPING_UNKNOWN] = NULL,
	};
	_cleanup_table_ struct table *table = table_new("iommu", columns);
	_cleanup_free_ char *groups = text_format("%zu", sight->group_count);
	_cleanup_free_ char *words = list_items(&sight->words);
	const char *cells[] = { states[sight->state], iommu_maker_name(sight->maker), groups,
				remappings[sight->remapping], words && *words ? words : NULL };

	if (!table || !groups || !words || !table_add(table, NULL, cells))
		return command_no_memory();
	return table_print_all(&verb_iommu, command, &table, 1);
}

static int show(const struct command *command)
{
	struct sight sight = { 0 };
	int status;

	if (look(&command->root, &sight) < 0)
		status = command_no_memory();
	else
		status = command->json ? print_json(command, &sight) : print_text(&sight);
	strings_clear(&sight.words);
	return status == EXIT_DONE && sight.state != IOMMU_ON ? EXIT_REFUSED : status;
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
	if (command->json && command_has(command, "enable"))
		return command_usage(&verb_iommu, "--json is without --enable");
	return command_has(command, "enable") ? iommu_enable(&command->root, apply) : show(command);
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
	.takes = TAKES_SYSROOT | TAKES_JSON,
	.options = options,
	.run = run,
};
