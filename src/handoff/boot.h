/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What /etc/gpu-handoff/boot.ini means on this host: which functions are kept from the host's
 * drivers, and which must not be. Shared by the boot stub, which does it, and the command, which
 * tells. Reads only, but for the note of what was done.
 */
#ifndef GH_HANDOFF_BOOT_H
#define GH_HANDOFF_BOOT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/root.h"
#include "base/text.h"
#include "handoff/config.h"
#include "handoff/select.h"
#include "handoff/store.h"
#include "host/pci.h"

/* What an initramfs knows of the disks of the root file system, which is not mounted yet. */
#define BOOT_STORAGE_FILE "etc/gpu-handoff/root-storage"

struct boot_storage {
	bool known;
	struct strings functions; /* see root_storage_find() */
};

#define BOOT_STORAGE_INIT ((struct boot_storage){ 0 })

/* Reads BOOT_STORAGE_FILE; without one, or a whole one, it is not known. Returns 0 or -ENOMEM. */
int boot_storage_read(const struct root *root, struct boot_storage *ret_storage);

void boot_storage_clear(struct boot_storage *storage);

#define _cleanup_boot_storage_ __attribute__((cleanup(boot_storage_clear)))

/*
 * Selects what boot.ini lists on this host. What is wrong with a section, or with what it would do
 * to the host, is added to `errors`, and keeps its devices out, not those of others: a device that
 * is another one, or not there when others of the section are; an id of which there are not
 * `count`; two sections that differ about a function; the host's only display, unless it is
 * allowed; a controller that holds the root file system or, where that is not known, any mass
 * storage controller. `storage` NULL: the root file system is mounted, so that its controller has a
 * driver and nobody takes it from it. A device with an id that none has is no error without a
 * count; one of whose addresses none is there may be plugged in later, which `absent` tells. The
 * caller clears *ret_selection. Returns 0 or -ENOMEM.
 */
int boot_select(const struct config *config, const struct pci_functions *host,
		const struct boot_storage *storage, struct selection *ret_selection,
		struct errors *absent, struct errors *errors);

/* Whether a section may mean the device: only then the whole host needs to be looked at. */
bool boot_may_mean(const struct config *config, const struct pci_functions *device);

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
