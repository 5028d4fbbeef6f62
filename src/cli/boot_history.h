/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was done for boot.ini at this boot, by the notes that its stages have left. Reads only. */
#ifndef GH_CLI_BOOT_HISTORY_H
#define GH_CLI_BOOT_HISTORY_H

#include <stdbool.h>

#include "handoff/boot_storage.h"

struct boot_history {
	bool switched_off;
	bool known;        /* who may not look into /run/gpu-handoff knows nothing of the rest */
	bool initramfs;    /* the stub has run in the initramfs */
	bool up_to_date;   /* with the boot.ini of now */
	bool moved;        /* the root file system is on other disks than it knew */
	bool host;         /* the stub has run on the host at this boot */
	bool changed;      /* ... with another boot.ini */
	const char *maker; /* makes the initramfs anew; NULL: this host has none */
};

/*
 * `text`: boot.ini's, "" when there is none; `storage`: of the system that runs here.
 */
void boot_history_read(const struct root *root, const char *text,
		       const struct boot_storage *storage, struct boot_history *ret_history);

/* What is wrong with the initramfs of this boot, for a boot.ini of so many devices. */
enum boot_initramfs {
	INITRAMFS_AGREES, /* or has no part in it, or nothing is known of it */
	INITRAMFS_MOVED,
	INITRAMFS_OLDER,
	INITRAMFS_IGNORANT,
};

enum boot_initramfs boot_history_initramfs(const struct boot_history *history, size_t device_count);

/* What each of them means; "" for INITRAMFS_AGREES. */
const char *boot_history_text(enum boot_initramfs initramfs);

#endif
