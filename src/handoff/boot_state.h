/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This boot: whether boot.ini is switched off, whether this is an initramfs, and the notes of what
 * was done in it.
 */
#ifndef GH_HANDOFF_BOOT_STATE_H
#define GH_HANDOFF_BOOT_STATE_H

#include <stdbool.h>

#include "base/root.h"
#include "handoff/store.h"

/* Whether "gpu_handoff=off" is on the kernel's command line. */
bool boot_switched_off(const struct root *root);

/*
 * Whether this is an initramfs: it says so (/etc/initrd-release), or / is still the kernel's first
 * (rootfs).
 */
bool boot_in_initramfs(const struct root *root);

/*
 * Who has done what boot.ini says leaves its text in /run, which goes along from the initramfs to
 * the host.
 */
enum boot_stage {
	BOOT_INITRAMFS,
	BOOT_HOST,
	BOOT_INITRAMFS_STORAGE, /* no stage: what the initramfs had in BOOT_STORAGE_FILE */
};

/* Returns 0 or a negative errno. */
int boot_note_write(const struct store *store, enum boot_stage stage, const char *text);

/* The caller frees *ret_text. Returns 0, -ENOENT when that stage did nothing, or another errno. */
int boot_note_read(const struct store *store, enum boot_stage stage, char **ret_text);

#endif
