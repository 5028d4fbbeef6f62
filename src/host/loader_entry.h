/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The entries of boot loaders as files (the Boot Loader Specification): what they give to the
 * kernel. Reads only.
 */
#ifndef GH_HOST_LOADER_ENTRY_H
#define GH_HOST_LOADER_ENTRY_H

#include "base/root.h"

struct loader_entry {
	char *path;    /* below the root */
	char *options; /* the kernel's command line */
};

struct loader_entries {
	struct loader_entry *items;
	size_t count;
};

#define LOADER_ENTRIES_INIT ((struct loader_entries){ 0 })

/*
 * All entries that start a Linux kernel. None where there are none, or where the caller may not
 * look. Returns 0 or -ENOMEM. The caller clears *ret_entries.
 */
int loader_entries_read(const struct root *root, struct loader_entries *ret_entries);

void loader_entries_clear(struct loader_entries *entries);

#define _cleanup_loader_entries_ __attribute__((cleanup(loader_entries_clear)))

#endif
