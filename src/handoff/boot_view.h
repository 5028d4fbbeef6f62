/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * boot.ini held against this host: what the boot stub, the command and a move look at alike. Reads
 * only; nothing here can block.
 */
#ifndef GH_HANDOFF_BOOT_VIEW_H
#define GH_HANDOFF_BOOT_VIEW_H

#include "base/error.h"
#include "base/root.h"
#include "handoff/boot_select.h"
#include "handoff/config.h"
#include "host/pci.h"

struct boot_view {
	struct config config;
	char *text; /* boot.ini's */
	struct pci_functions host;
	struct selection selection; /* belongs to the other two */
	struct errors absent;       /* these two as boot_select() fills them */
	struct errors errors;
};

#define BOOT_VIEW_INIT ((struct boot_view){ 0 })

/*
 * Reads boot.ini alone. Returns 0, -ENOENT without `error` when there is none, or another negative
 * errno with `error` filled. The caller clears *view in any case.
 */
int boot_view_load(const struct root *root, struct boot_view *view, struct error *error);

/*
 * Looks at the host and selects; for a view that has been loaded, once. `storage` as for
 * boot_select(). Returns 0 or a negative errno with `error` filled.
 */
int boot_view_select(const struct root *root, const struct boot_storage *storage,
		     struct boot_view *view, struct error *error);

void boot_view_clear(struct boot_view *view);

#define _cleanup_boot_view_ __attribute__((cleanup(boot_view_clear)))

#endif
