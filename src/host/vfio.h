/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VFIO: which driver is right for a function, whether a driver is one of VFIO's, and whether a
 * group is in use.
 */
#ifndef GH_HOST_VFIO_H
#define GH_HOST_VFIO_H

#include <stdbool.h>

#include "base/error.h"
#include "base/root.h"
#include "base/worker.h"

#define VFIO_DRIVER "vfio-pci"
/* Keeps a function from its host driver and does nothing: for those that only leave the host. */
#define STUB_DRIVER "pci-stub"

/*
 * The VFIO variant driver made for the function, chosen as libvirt chooses it: the line
 * "alias vfio_pci:… MODULE" of modules.alias that matches the modalias with the fewest wildcards
 * (src/util/virpci.c, virPCIDeviceFindBestVFIOVariant); vfio-pci when there is none, or no
 * modules.alias. The caller frees the name. Returns 0 or -ENOMEM.
 */
int vfio_choose_driver(const struct root *root, const char *modalias, char **ret_driver);

/*
 * Whether a driver of the name is one of VFIO's: vfio-pci, or one that modules.alias has as a VFIO
 * variant driver, for whatever device.
 */
bool vfio_has_driver(const struct root *root, const char *driver);

/*
 * Whether a function that is on `driver` is in VFIO's hands: a driver that has registered the
 * function with VFIO (vfio-dev/ in its directory, since Linux 6.1), or one of vfio_has_driver().
 */
bool vfio_owns(const struct root *root, const char *name, const char *driver);

/*
 * Waits until nobody has /dev/vfio/GROUP open, by opening it, which the kernel allows once
 * (drivers/vfio/group.c): an unbind of a function whose group is open blocks. For the restoring
 * operation alone. Returns 0 (also when there is no such node), -EBUSY at the deadline, or another
 * negative errno; `error` is filled.
 */
int vfio_wait_group_free(const struct worker_context *context, const char *name, int group,
			 struct error *error);

#endif
