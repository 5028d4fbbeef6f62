/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The nodes by which the host uses a function: a GPU's DRM node, a controller's sound card. That
 * they are there shows that a driver works, and not only that it is bound. Reads only.
 */
#ifndef GH_HOST_PCI_NODES_H
#define GH_HOST_PCI_NODES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/root.h"

enum pci_node {
	PCI_NODE_DRM,   /* drm/card0 */
	PCI_NODE_SOUND, /* sound/card0/controlC0 */
};

/*
 * Whether the function has the node, below itself or below a virtio device of it; *ret_number is
 * its device number then.
 */
bool pci_node_find(const struct root *root, const char *name, enum pci_node kind,
		   dev_t *ret_number);

#endif
