/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI addresses and ids as text and as numbers, and what may be a driver's name. Pure: looks at no
 * machine.
 */
#ifndef GH_HOST_PCI_ID_H
#define GH_HOST_PCI_ID_H

#include <stdbool.h>
#include <stdint.h>

/* "ffffffff:ff:1f.7" */
#define PCI_ADDRESS_SIZE 17

#define PCI_FUNCTION_MAX 7

struct pci_address {
	uint32_t domain; /* above 0xffff behind Intel's VMD */
	uint8_t bus;
	uint8_t slot;     /* 0 to 31 */
	uint8_t function; /* 0 to 7 */
};

/*
 * "0000:02:00.0" or "02:00.0", hexadecimal in either case. Returns 0, or -EINVAL.
 */
int pci_address_parse(const char *text, struct pci_address *ret_address);

/*
 * As pci_address_parse(), also without a function ("02:00"): *ret_whole is true then and the
 * function 0. Returns 0, or -EINVAL.
 */
int pci_address_parse_device(const char *text, struct pci_address *ret_address, bool *ret_whole);

/* "0000:02:00.0", as the kernel writes it. */
void pci_address_format(const struct pci_address *address, char ret_text[PCI_ADDRESS_SIZE]);

/* "0000:02:00": the device. */
void pci_address_format_device(const struct pci_address *address, char ret_text[PCI_ADDRESS_SIZE]);

/* Below, at or above 0 as `a` comes before, is, or comes after `b`. */
int pci_address_compare(const struct pci_address *a, const struct pci_address *b);

/* Whether both are functions of one device. */
bool pci_address_same_device(const struct pci_address *a, const struct pci_address *b);

struct pci_id {
	uint16_t vendor;
	uint16_t device;
	bool has_subsystem;
	uint16_t subvendor;
	uint16_t subdevice;
};

/*
 * "10de:11fa" or "10de:11fa/1462:3301", four hexadecimal digits each. Returns 0, or -EINVAL.
 */
int pci_id_parse(const char *text, struct pci_id *ret_id);

/* "ffff:ffff/ffff:ffff" */
#define PCI_ID_SIZE 20

/* As pci_id_parse() takes it. */
void pci_id_format(const struct pci_id *id, char ret_text[PCI_ID_SIZE]);

/* Whether a function with all of `id` is meant by `wanted`, which may lack the subsystem. */
bool pci_id_matches(const struct pci_id *wanted, const struct pci_id *id);

/*
 * Whether `name` can be a driver's: 1 to 63 letters, digits, "_", "." and "-". A "." or "-" at the
 * start is refused, so that it is neither a path nor an option of modprobe's.
 */
bool pci_driver_name_valid(const char *name);

#endif
