/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory of PCI functions: their base address registers. Reads only; nothing here can block. */
#ifndef GH_HOST_PCI_BAR_H
#define GH_HOST_PCI_BAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/root.h"

/* Six base address registers and the expansion ROM. */
#define PCI_BARS 7
#define PCI_BAR_ROM 6

struct pci_bar {
	uint64_t start; /* on the host's bus; 0 when it has none */
	uint64_t size;  /* in bytes; 0: the register is not used */
	bool io;        /* I/O ports, no memory */
	bool is_64_bit;
	bool prefetchable;
};

/*
 * Reads them from the function's `resource` (Linux 6.1, drivers/pci/pci-sysfs.c, resource_show;
 * flags in include/linux/ioport.h). Returns 0 or a negative errno.
 */
int pci_bar_read(const struct root *root, const char *name, struct pci_bar ret_bars[PCI_BARS]);

#endif
