/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/pci_id.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SLOT_MAX 0x1f
#define DRIVER_NAME_MAX 63

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads `least` to `most` hexadecimal digits, at most 8, and moves *text behind them. */
static bool take_hex(const char **text, size_t least, size_t most, uint32_t *ret_number)
{
	uint32_t number = 0;
	size_t count = 0;

	while (hex_digit((*text)[count]) >= 0) {
		if (count == most)
			return false;
		number = number << 4 | (uint32_t)hex_digit((*text)[count++]);
	}
	if (count < least)
		return false;
	*text += count;
	*ret_number = number;
	return true;
}

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

/* "[DOMAIN:]BUS:SLOT" */
static bool take_device(const char **text, struct pci_address *ret_address)
{
	const char *first = strchr(*text, ':');
	uint32_t domain = 0;
	uint32_t bus;
	uint32_t slot;

	if (first && strchr(first + 1, ':') &&
	    !(take_hex(text, 4, 8, &domain) && take_char(text, ':')))
		return false;
	if (!take_hex(text, 2, 2, &bus) || !take_char(text, ':') || !take_hex(text, 2, 2, &slot) ||
	    slot > SLOT_MAX)
		return false;
	*ret_address = (struct pci_address){
		.domain = domain,
		.bus = (uint8_t)bus,
		.slot = (uint8_t)slot,
	};
	return true;
}

int pci_address_parse_device(const char *text, struct pci_address *ret_address, bool *ret_whole)
{
	struct pci_address address;
	uint32_t function = 0;
	bool whole;

	if (!take_device(&text, &address))
		return -EINVAL;
	whole = !*text;
	if (!whole && (!take_char(&text, '.') || !take_hex(&text, 1, 1, &function) || *text ||
		       function > PCI_FUNCTION_MAX))
		return -EINVAL;
	address.function = (uint8_t)function;
	*ret_address = address;
	*ret_whole = whole;
	return 0;
}

int pci_address_parse(const char *text, struct pci_address *ret_address)
{
	struct pci_address address;
	bool whole;
	int r = pci_address_parse_device(text, &address, &whole);

	if (r < 0)
		return r;
	if (whole)
		return -EINVAL;
	*ret_address = address;
	return 0;
}

void pci_address_format(const struct pci_address *address, char ret_text[PCI_ADDRESS_SIZE])
{
	snprintf(ret_text, PCI_ADDRESS_SIZE, "%04x:%02x:%02x.%x", address->domain, address->bus,
		 address->slot & SLOT_MAX, address->function & PCI_FUNCTION_MAX);
}

void pci_address_format_device(const struct pci_address *address, char ret_text[PCI_ADDRESS_SIZE])
{
	snprintf(ret_text, PCI_ADDRESS_SIZE, "%04x:%02x:%02x", address->domain, address->bus,
		 address->slot & SLOT_MAX);
}

static int compare(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

int pci_address_compare(const struct pci_address *a, const struct pci_address *b)
{
	int order = compare(a->domain, b->domain);

	if (order == 0)
		order = compare(a->bus, b->bus);
	if (order == 0)
		order = compare(a->slot, b->slot);
	if (order == 0)
		order = compare(a->function, b->function);
	return order;
}

bool pci_address_same_device(const struct pci_address *a, const struct pci_address *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->slot == b->slot;
}

/* "VENDOR:DEVICE" */
static bool take_pair(const char **text, uint16_t *ret_vendor, uint16_t *ret_device)
{
	uint32_t vendor;
	uint32_t device;

	if (!take_hex(text, 4, 4, &vendor) || !take_char(text, ':') ||
	    !take_hex(text, 4, 4, &device))
		return false;
	*ret_vendor = (uint16_t)vendor;
	*ret_device = (uint16_t)device;
	return true;
}

int pci_id_parse(const char *text, struct pci_id *ret_id)
{
	struct pci_id id = { 0 };

	if (!take_pair(&text, &id.vendor, &id.device))
		return -EINVAL;
	if (take_char(&text, '/')) {
		if (!take_pair(&text, &id.subvendor, &id.subdevice))
			return -EINVAL;
		id.has_subsystem = true;
	}
	if (*text)
		return -EINVAL;
	*ret_id = id;
	return 0;
}

void pci_id_format(const struct pci_id *id, char ret_text[PCI_ID_SIZE])
{
	int length = snprintf(ret_text, PCI_ID_SIZE, "%04x:%04x", id->vendor, id->device);

	if (id->has_subsystem)
		snprintf(ret_text + length, PCI_ID_SIZE - (size_t)length, "/%04x:%04x",
			 id->subvendor, id->subdevice);
}

bool pci_id_matches(const struct pci_id *wanted, const struct pci_id *id)
{
	if (wanted->vendor != id->vendor || wanted->device != id->device)
		return false;
	if (!wanted->has_subsystem)
		return true;
	return id->has_subsystem && wanted->subvendor == id->subvendor &&
	       wanted->subdevice == id->subdevice;
}

bool pci_driver_name_valid(const char *name)
{
	size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789_.-");

	return length >= 1 && length <= DRIVER_NAME_MAX && !name[length] && name[0] != '.' &&
	       name[0] != '-';
}
