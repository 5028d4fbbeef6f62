/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the memory of PCI functions finds room in a guest's 64-bit window: how much they need,
 * how large the window is, and how to enlarge it. Pure.
 *
 * Sources: QEMU: include/hw/pci-host/q35.h and i440fx.h, *_HOLE64_SIZE_DEFAULT (32 GiB, 2 GiB);
 * hw/i386/pc.c, pc_pci_hole64_start(), pc_max_used_gpa(): it does not start when the window ends
 * above the processor's addresses; target/i386/cpu.h, TCG_PHYS_ADDR_BITS (40, also for KVM unless
 * told otherwise). OVMF: PlatformInitLib/MemDetect.c, PlatformAddressWidthFromCpuid() (which widths
 * it believes) and PlatformDynamicMmioWindow() (an eighth of the address space, since 2022).
 */
#ifndef GH_HANDOFF_MEMORY_WINDOW_H
#define GH_HANDOFF_MEMORY_WINDOW_H

#include "handoff/domain_view.h"
#include "host/pci_bar.h"
#include "host/processor.h"

/* What one function needs of the 64-bit window behind a bridge of its own. */
struct memory_need {
	uint64_t size;  /* bytes */
	uint64_t align; /* of its largest BAR; 0: it needs none */
};

/*
 * Of the BARs that a guest sees (0 to 5), those that may be in a bridge's 64-bit window:
 * prefetchable ones of 64 bits.
 */
struct memory_need memory_need_of(const struct pci_bar bars[PCI_BARS]);

/*
 * How many bytes all of them need, each aligned to its largest BAR, the largest first. Changes the
 * order of `needs`.
 */
uint64_t memory_need_total(struct memory_need *needs, size_t count);

struct memory_verdict {
	uint64_t window;      /* bytes: how large it is */
	unsigned int width;   /* bits of the guest's physical addresses, as far as is known */
	bool fits;            /* what is needed is in the window */
	bool width_fits;      /* the window of now ends within the guest's addresses */
	uint64_t hole64;      /* bytes: the <pcihole64> that is right for it */
	bool resize;          /* it is another one than now */
	bool widen;           /* that one needs <maxphysaddr mode='passthrough'/> as well */
	bool host_too_narrow; /* and the host's processor has not enough bits for that */
};

/* For a machine of which nothing is known, everything fits. */
void memory_window_judge(const struct domain_view *guest, const struct processor *host,
			 uint64_t needed, struct memory_verdict *ret_verdict);

#endif
