/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/pci_nodes.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/text.h"

#define DEVICE "sys/bus/pci/devices/%s%s%s"

/* Reads "226:0" in the directory `place` of the function. */
static bool read_number(const struct root *root, const char *name, const char *below,
			const char *place, dev_t *ret_number)
{
	_cleanup_free_ char *text = NULL;
	unsigned int major_number, minor_number;

	if (root_read(root, 64, &text, DEVICE "/%s/dev", name, *below ? "/" : "", below, place) <
		    0 ||
	    sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
		return false;
	*ret_number = makedev(major_number, minor_number);
	return true;
}

/* Looks in one directory of the function, its own ("") or that of a device below it. */
static bool find_below(const struct root *root, const char *name, const char *below,
		       enum pci_node kind, dev_t *ret_number)
{
	const char *subsystem = kind == PCI_NODE_DRM ? "drm" : "sound";
	_cleanup_strings_ struct strings entries = STRINGS_INIT;

	if (root_list(root, &entries, DEVICE "/%s", name, *below ? "/" : "", below, subsystem) < 0)
		return false;
	for (size_t i = 0; i < entries.count; i++) {
		_cleanup_free_ char *place = NULL;
		unsigned int number;
		int end = 0;

		if (sscanf(entries.items[i], "card%u%n", &number, &end) != 1 ||
		    entries.items[i][end])
			continue;
		place = kind == PCI_NODE_DRM
				? text_format("drm/card%u", number)
				: text_format("sound/card%u/controlC%u", number, number);
		if (place && read_number(root, name, below, place, ret_number))
			return true;
	}
	return false;
}

bool pci_node_find(const struct root *root, const char *name, enum pci_node kind, dev_t *ret_number)
{
	_cleanup_strings_ struct strings entries = STRINGS_INIT;

	if (find_below(root, name, "", kind, ret_number))
		return true;
	if (root_list(root, &entries, DEVICE, name, "", "") < 0)
		return false;
	for (size_t i = 0; i < entries.count; i++)
		if (strncmp(entries.items[i], "virtio", strlen("virtio")) == 0 &&
		    find_below(root, name, entries.items[i], kind, ret_number))
			return true;
	return false;
}
