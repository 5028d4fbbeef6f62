/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/boot_storage.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#define STORAGE_MAX_BYTES 65536

int boot_storage_read(const struct root *root, struct boot_storage *ret_storage)
{
	_cleanup_boot_storage_ struct boot_storage storage = BOOT_STORAGE_INIT;
	_cleanup_free_ char *text = NULL;
	char *save = NULL;
	int r = root_read(root, STORAGE_MAX_BYTES, &text, BOOT_STORAGE_FILE);

	if (r == -ENOMEM)
		return r;
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		if (strings_add(&storage.functions, line) < 0)
			return -ENOMEM;
	storage.known = storage.functions.count > 0;
	boot_storage_clear(ret_storage);
	*ret_storage = storage;
	storage = BOOT_STORAGE_INIT;
	return 0;
}

void boot_storage_clear(struct boot_storage *storage)
{
	strings_clear(&storage->functions);
	*storage = BOOT_STORAGE_INIT;
}

static bool device_has_display(const struct pci_functions *host,
			       const struct pci_function *function)
{
	for (size_t i = 0; i < host->count; i++)
		if (pci_is_display(&host->items[i]) &&
		    pci_address_same_device(&host->items[i].address, &function->address))
			return true;
	return false;
}

/*
 * What a root file system can be reached through: mass storage, the network, SD and MMC hosts,
 * FireWire, USB, Fibre Channel, InfiniBand. The USB controller of a graphics card is let pass.
 */
static bool may_reach_root(const struct pci_functions *host, const struct pci_function *function)
{
	uint32_t subclass = function->class >> 8;

	switch (subclass) {
	case 0x0805:
	case 0x0c00:
	case 0x0c04:
	case 0x0c06:
		return true;
	case 0x0c03:
		return !device_has_display(host, function);
	default:
		return subclass >> 8 == 0x01 || subclass >> 8 == 0x02;
	}
}

/* The controller of a line of BOOT_STORAGE_FILE, when it still is where it was. */
static const struct pci_function *find_recorded(const char *line, const struct pci_functions *host)
{
	_cleanup_strings_ struct strings words = STRINGS_INIT;
	const struct pci_function *function;
	struct pci_address address;
	struct pci_id id;

	if (strings_split(&words, line) < 0 || words.count != 2 ||
	    pci_address_parse(words.items[0], &address) < 0 ||
	    pci_id_parse(words.items[1], &id) < 0)
		return NULL;
	function = pci_find(host, &address);
	return function && pci_id_matches(&id, &function->id) ? function : NULL;
}

/* Such a domain is there when the driver of its controller, which is recorded too, is. */
static bool is_behind_vmd(const char *line)
{
	return strcspn(line, ":") > strlen("0000");
}

int boot_storage_holds(const struct boot_storage *storage, const struct pci_functions *host,
		       const struct pci_function *function)
{
	bool known = storage->known;

	for (size_t i = 0; i < storage->functions.count; i++) {
		const struct pci_function *recorded =
			find_recorded(storage->functions.items[i], host);

		if (recorded && recorded == function)
			return 1;
		known = known && (recorded || is_behind_vmd(storage->functions.items[i]));
	}
	return !known && may_reach_root(host, function) ? -1 : 0;
}
