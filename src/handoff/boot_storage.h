/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an initramfs knows of the disks of the root file system, which is not mounted yet, and which
 * functions must not be kept from the host for its sake. Reads only.
 */
#ifndef GH_HANDOFF_BOOT_STORAGE_H
#define GH_HANDOFF_BOOT_STORAGE_H

#include <stdbool.h>

#include "base/root.h"
#include "base/text.h"
#include "host/pci.h"

/* Written by who makes an image, on the system that it is for: the lines of root_storage_find(). */
#define BOOT_STORAGE_FILE "etc/gpu-handoff/root-storage"

struct boot_storage {
	bool known;
	struct strings functions; /* see root_storage_find() */
};

#define BOOT_STORAGE_INIT ((struct boot_storage){ 0 })

/* Reads BOOT_STORAGE_FILE; without one, or with an empty one, it is not known. 0 or -ENOMEM. */
int boot_storage_read(const struct root *root, struct boot_storage *ret_storage);

void boot_storage_clear(struct boot_storage *storage);

#define _cleanup_boot_storage_ __attribute__((cleanup(boot_storage_clear)))

/*
 * 1: the function holds the root file system; 0: it does not; -1: it may, since nothing is known of
 * that, or a controller has moved since. `host`: all functions, that one among them.
 */
int boot_storage_holds(const struct boot_storage *storage, const struct pci_functions *host,
		       const struct pci_function *function);

#endif
