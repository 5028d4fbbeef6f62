/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What of a libvirt domain's XML matters for whether its guest gets along with the host's PCI
 * functions: the machine, firmware, memory, processor and display. For those who advise; a start
 * does not need it.
 */
#ifndef GH_HANDOFF_DOMAIN_VIEW_H
#define GH_HANDOFF_DOMAIN_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct domain_view {
	bool q35;    /* PCI Express, by the machine's name */
	bool i440fx; /* "pc"; neither: another machine, of which nothing is known here */
	bool uefi;
	bool display; /* it has an emulated one */
	bool has_hole64;
	uint64_t hole64;           /* bytes: <pcihole64> of the root; for has_hole64 */
	uint64_t memory;           /* bytes, without what can be plugged in */
	uint64_t memory_pluggable; /* bytes: <maxMemory> above that */
	unsigned int slots;        /* for pluggable memory */
	bool host_width;           /* <maxphysaddr mode='passthrough'/> */
	unsigned int width;        /* bits: <maxphysaddr bits=…/>, or limit=; 0: none */
	bool host_processor;      /* <cpu mode='host-passthrough'/> or another that is the host's */
	uint64_t firmware_window; /* bytes: OVMF's opt/ovmf/X-PciMmio64Mb; 0: not given */
};

/*
 * Reads the XML, which domain_parse() has accepted. What is malformed counts as not there: libvirt
 * has checked it. Returns 0 or a negative errno with `error` filled.
 *
 * Sources: libvirt's docs/formatdomain.rst: "Operating system booting", "Memory Allocation",
 * "CPU model and topology", "Controllers", "Video devices", "SMBIOS System Information".
 */
int domain_view_parse(const char *xml, size_t length, struct domain_view *ret_view,
		      struct error *error);

#endif
