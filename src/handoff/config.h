/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The INI files, a VM's (/etc/gpu-handoff/domains.d/NAME.ini) and the one for the host's boot
 * (/etc/gpu-handoff/boot.ini): reads and checks the text, and opens the file. Looks at no device.
 */
#ifndef GH_HANDOFF_CONFIG_H
#define GH_HANDOFF_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/root.h"
#include "base/text.h"
#include "host/pci_id.h"

/* The directory below the root, without a leading slash. */
#define CONFIG_DIRECTORY "etc/gpu-handoff/domains.d"

#define CONFIG_BOOT_FILE "etc/gpu-handoff/boot.ini"

#define CONFIG_FILE_MAX_BYTES (256 * 1024)
#define CONFIG_TIMEOUT_DEFAULT_MS 30000
#define CONFIG_WAIT_DEFAULT_MS 60000

/* `count = any`, or no count to check since the device is named by address */
#define CONFIG_COUNT_ANY 0

struct config_address {
	struct pci_address address;
	bool whole;        /* the whole device, not the function alone */
	unsigned int line; /* where it stands in the file */
};

/* Whether the function is the one that is listed, or one of the device that is. */
bool config_address_covers(const struct config_address *listed, const struct pci_address *function);

/* "0000:02:00.0", or "0000:02:00" for a whole device. */
void config_address_format(const struct config_address *listed, char ret_text[PCI_ADDRESS_SIZE]);

enum config_restore {
	CONFIG_RESTORE_ORIGINAL,
	CONFIG_RESTORE_STAY,
	CONFIG_RESTORE_DRIVER,
};

/* What is done about those who use a function. */
enum config_in_use {
	CONFIG_IN_USE_REFUSE,
	CONFIG_IN_USE_WAIT,
	CONFIG_IN_USE_TERMINATE,
};

struct config_device {
	char *label;
	unsigned int line; /* of the section's header */
	struct config_address *addresses;
	size_t address_count;
	bool has_id;
	struct pci_id id;
	unsigned int id_line; /* where it stands in the file */
	unsigned int count;   /* how many devices have the id, when there is no address */
	char *driver;         /* NULL: auto */
	enum config_restore restore;
	char *restore_driver; /* for CONFIG_RESTORE_DRIVER */
	enum config_in_use in_use;
	bool take_usb; /* USB devices behind it go to the VM with it: they are no holders */
};

struct config {
	char *path; /* as messages name it, with a leading slash */
	struct config_device *devices;
	size_t device_count;
	int64_t timeout_ms;
	int64_t wait_ms;         /* how long CONFIG_IN_USE_WAIT waits */
	struct strings stop;     /* units to be stopped */
	struct strings unload;   /* modules to be unloaded, "_" for "-" */
	bool detach_consoles;    /* of the VT, from framebuffers */
	bool allow_boot_display; /* boot.ini: the host may be left without a display */
};

#define CONFIG_INIT ((struct config){ 0 })

/*
 * Reads the text of a file that messages call `path`. Returns 0, or a negative errno with `error`
 * filled. The caller clears *ret_config, which is untouched on failure.
 */
int config_parse(const char *path, const char *text, size_t length, struct config *ret_config,
		 struct error *error);

/*
 * Opens, checks and reads the file of the VM `name`: after following links it must be a regular
 * file, root's or the caller's own, that nobody else can write. Returns 0; -ENOENT when there is
 * none (no link either); another negative errno with `error` filled. The caller clears *ret_config,
 * which is untouched on failure.
 */
int config_load(const struct root *root, const char *name, struct config *ret_config,
		struct error *error);

/*
 * The same for boot.ini: a device's driver is "vfio-pci" or "pci-stub" there, never NULL; a device
 * with an id and no count may be there any number of times, or not at all; no device is fine.
 */
int config_parse_boot(const char *path, const char *text, size_t length, struct config *ret_config,
		      struct error *error);

/*
 * As config_load(), for boot.ini. *ret_text, the caller's, is the file's text when `ret_text` is
 * not NULL.
 */
int config_load_boot(const struct root *root, struct config *ret_config, char **ret_text,
		     struct error *error);

void config_clear(struct config *config);

#define _cleanup_config_ __attribute__((cleanup(config_clear)))

#endif
