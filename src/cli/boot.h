/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the verb `boot`. Each reports by itself and returns the exit status. */
#ifndef GH_CLI_BOOT_H
#define GH_CLI_BOOT_H

#include "cli/verbs.h"
#include "handoff/boot_view.h"

struct boot_command {
	const struct command *call; /* how the verb was called */
	const struct root *root;
	struct boot_view view;
	struct boot_storage storage; /* of the system that runs here */
};

/*
 * Reads boot.ini and holds it against this host. Returns as boot_view_load() and
 * boot_view_select(). The caller clears *command in any case.
 */
int boot_look(struct boot_command *command, bool for_command_line, struct error *error);

void boot_command_clear(struct boot_command *command);

/* Without a boot.ini: whether the initramfs has one still. */
int boot_show_nothing(const struct command *call);

/* What boot.ini would do, and whether it is so. */
int boot_show(const struct boot_command *command);

/* The kernel's command line that does the same for drivers that are built in. */
int boot_print_command_line(const struct boot_command *command);

/* Moves what a host driver has: of one device, or of all (NULL). */
int boot_apply(const struct boot_command *command, const struct pci_address *address);

#endif
