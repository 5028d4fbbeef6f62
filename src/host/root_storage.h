/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which PCI functions the running system's root file system depends on. Reads /proc and sysfs only;
 * nothing here can block.
 */
#ifndef GH_HOST_ROOT_STORAGE_H
#define GH_HOST_ROOT_STORAGE_H

#include "base/error.h"
#include "base/root.h"
#include "base/text.h"

/*
 * The functions, bridges among them, through which the disks of / and /usr are reached: below
 * volumes (dm, md), the disks of a btrfs, and all ways to a multipath NVMe. "0000:00:11.0
 * 1af4:1001" each, the address and the id, never none. The caller clears
 * *ret_functions. Returns 0 or a negative errno with `error` filled: -ENOTSUP when what / is on
 * cannot be told: memory, a network, a loop device, ZFS, an overlay, a chroot.
 */
int root_storage_find(const struct root *root, struct strings *ret_functions, struct error *error);

#endif
