/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the verb `boot`. Each reports by itself and returns the exit status. */
#ifndef GH_CLI_BOOT_H
#define GH_CLI_BOOT_H

#include "cli/verb.h"
#include "handoff/boot_select.h"

/* boot.ini held against this host. */
struct boot_view {
	const struct root *root;
	struct config config;
	char *text; /* boot.ini's */
	struct pci_functions host;
	struct selection selection;
	struct boot_storage storage; /* of the system that runs here */
	struct errors absent;        /* these two of boot_select() */
	struct errors errors;
};

/* Whether the driver is built into the kernel, registered or not. */
bool boot_is_built_in(const struct root *root, const char *driver);

/* Without a boot.ini: whether the initramfs has one still. */
int boot_show_nothing(const struct root *root);

/* What boot.ini would do, and whether it is so. */
int boot_show(const struct boot_view *view);

/* The kernel's command line that does the same for drivers that are built in. */
int boot_print_command_line(const struct boot_view *view);

/* Moves what a host driver has: of one device, or of all (NULL). */
int boot_apply(const struct boot_view *view, const struct pci_address *address);

#endif
