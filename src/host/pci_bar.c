/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/pci_bar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define RESOURCE_MAX_BYTES 4096

/* Above what any device has, and what sums of a few can hold. */
#define SIZE_MOST (1ULL << 48)

#define FLAG_IO 0x100
#define FLAG_PREFETCH 0x2000
#define FLAG_64_BIT 0x100000

int pci_bar_read(const struct root *root, const char *name, struct pci_bar ret_bars[PCI_BARS])
{
	_cleanup_free_ char *text = NULL;
	struct pci_bar bars[PCI_BARS] = { 0 };
	char *line, *save = NULL;
	size_t count = 0;
	int r = root_read(root, RESOURCE_MAX_BYTES, &text, "sys/bus/pci/devices/%s/resource", name);

	if (r < 0)
		return r;
	for (line = strtok_r(text, "\n", &save); line && count < PCI_BARS;
	     line = strtok_r(NULL, "\n", &save), count++) {
		uint64_t start, end, flags;

		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &flags) != 3)
			return -EINVAL;
		if (end <= start)
			continue;
		if (end - start >= SIZE_MOST)
			return -EINVAL;
		bars[count] = (struct pci_bar){
			.start = start,
			.size = end - start + 1,
			.io = flags & FLAG_IO,
			.is_64_bit = flags & FLAG_64_BIT,
			.prefetchable = flags & FLAG_PREFETCH,
		};
	}
	memcpy(ret_bars, bars, sizeof(bars));
	return 0;
}
