/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What NVIDIA's driver wants before a GPU may leave it, and its device nodes, of which sysfs knows
 * nothing. Reads only; nothing here can block.
 */
#ifndef GH_HOST_NVIDIA_H
#define GH_HOST_NVIDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/root.h"
#include "base/text.h"

#define NVIDIA_DRIVER "nvidia"
#define NVIDIA_NODES_MAX 5

/*
 * Before 580.105.08, nvidia_drm holds every GPU while it runs with modeset, and an unbind never
 * returns: the module must be among those that are unloaded first, and nvidia_uvm, which keeps
 * `nvidia` in use. Returns 0, or -EBUSY with `error` filled when a loaded one is not in `unload`;
 * what cannot be read is taken as on, and as loaded.
 *
 * Source: open-gpu-kernel-modules, kernel-open/nvidia/nv-pci.c (nv_pci_remove_helper waits for a
 * usage count of zero), and the release notes of 580.105.08.
 */
int nvidia_check_unload(const struct root *root, const char *function, const struct strings *unload,
			struct error *error);

/* Whether one of NVIDIA's modules that stand on `nvidia`, and may have references, is listed. */
bool nvidia_has_module(const struct strings *modules);

/*
 * The device numbers of the character devices by which the GPU may be used: its own one, which the
 * driver is asked for, if `own`, and those that are every GPU's. Returns 0 or a negative errno.
 */
int nvidia_nodes(const struct root *root, const char *function, bool own,
		 dev_t ret_numbers[NVIDIA_NODES_MAX], size_t *ret_count);

#endif
