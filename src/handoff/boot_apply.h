/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moves devices of boot.ini that a host driver has to their stub driver, on a running host, by the
 * way that a VM's start goes: claim, holders, workers, and back when it fails.
 */
#ifndef GH_HANDOFF_BOOT_APPLY_H
#define GH_HANDOFF_BOOT_APPLY_H

#include "handoff/acquire.h"
#include "handoff/select.h"

/*
 * Moves the functions of one device that boot.ini lists and that are not on their stub driver yet;
 * `address` is any of its functions. Waits for another such move of it. Returns 0 (result->moved is
 * NULL when there was nothing to do), or a negative errno with `error` filled; *result, the
 * caller's, says what state the device is in.
 */
int boot_apply_device(const struct root *root, const struct pci_address *address,
		      struct acquire_result *result, struct error *error);

#endif
