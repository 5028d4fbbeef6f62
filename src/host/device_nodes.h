/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which device numbers lead to which PCI functions: what holders are looked for by. Reads sysfs and
 * /proc only; nothing here can block, and no node is opened.
 */
#ifndef GH_HOST_DEVICE_NODES_H
#define GH_HOST_DEVICE_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/root.h"
#include "base/text.h"
#include "host/pci_id.h"

struct device_function {
	char name[PCI_ADDRESS_SIZE];
	char *path;   /* below sys/, "devices/pci0000:00/0000:00:02.0/0000:01:00.0"; NULL: gone */
	char *driver; /* NULL: none */
	char *group;  /* IOMMU group; NULL: none */
	/* other places whose nodes are its: of the firmware framebuffer in its memory */
	struct strings others;
	bool asked; /* else it is there to explain the references on a driver's module */
	bool used;  /* somebody was found who uses it */
};

struct device_node {
	bool block;
	dev_t number;
	size_t function; /* index into the functions */
	bool usb;        /* by way of a USB device behind the function */
	bool vfio;       /* VFIO's, for VMs */
	char *name;      /* of a block device, "nvme0n1p2"; else NULL */
};

struct device_nodes {
	struct device_function *functions; /* those asked come first */
	size_t function_count;
	struct device_node *nodes; /* in the order of kind and number */
	size_t node_count;
};

#define DEVICE_NODES_INIT ((struct device_nodes){ 0 })

/*
 * Reads the nodes of the functions (addresses in full), and of all others that are on the same
 * drivers. The caller clears *ret_nodes. Returns 0 or a negative errno.
 */
int device_nodes_read(const struct root *root, const struct strings *functions,
		      struct device_nodes *ret_nodes);

/* The functions alone. Returns as device_nodes_read(). */
int device_nodes_read_functions(const struct root *root, const struct strings *functions,
				struct device_nodes *ret_nodes);

/*
 * The first node with that number, or NULL; others for it (an NVIDIA control node is every GPU's)
 * follow it.
 */
const struct device_node *device_nodes_find(const struct device_nodes *nodes, bool block,
					    dev_t number);

/* Whether the node is one of the number too, for going on from device_nodes_find(). */
bool device_nodes_same(const struct device_nodes *nodes, const struct device_node *node, bool block,
		       dev_t number);

/* Where a link of sysfs leads, below sys/. The caller frees it. Returns 0 or a negative errno. */
int device_path_read(const struct root *root, const char *link, char **ret_path);

/* What stands in a path below sys/ behind the function's own, or NULL when it is not below it. */
const char *device_path_below(const struct device_function *function, const char *path);

void device_nodes_clear(struct device_nodes *nodes);

#define _cleanup_device_nodes_ __attribute__((cleanup(device_nodes_clear)))

#endif
