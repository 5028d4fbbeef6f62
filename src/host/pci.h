/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's PCI functions: what they are. Reads only; nothing here can block.
 */
#ifndef GH_HOST_PCI_H
#define GH_HOST_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/root.h"
#include "host/pci_id.h"

/* What a function is. */
struct pci_function {
	struct pci_address address;
	char name[PCI_ADDRESS_SIZE]; /* the address as text */
	struct pci_id id;            /* with the subsystem */
	uint32_t class;              /* 0x030000 */
	bool bridge;                 /* has other devices behind it: never handed over */
	bool virtual_function;       /* SR-IOV: a device of its own, whatever its slot */
	bool boot_display;           /* a VGA card that the firmware's screen was on */
	int group;                   /* IOMMU group, -1: none */
	char *driver;                /* NULL: none; the link goes before an unbind is done */
	char *modalias;
};

struct pci_functions {
	struct pci_function *items;
	size_t count;
};

#define PCI_FUNCTIONS_INIT ((struct pci_functions){ 0 })

/*
 * Every PCI function of the host in the order of addresses. The caller clears *ret_functions.
 * Returns 0 or a negative errno with `error` filled.
 */
int pci_scan(const struct root *root, struct pci_functions *ret_functions, struct error *error);

/*
 * The functions of one device alone, in their order: `address` is any of them. Returns as
 * pci_scan().
 */
int pci_scan_device(const struct root *root, const struct pci_address *address,
		    struct pci_functions *ret_functions, struct error *error);

/* Whether a screen can be on it: VGA, or another display controller, but no mere 3D controller. */
bool pci_is_display(const struct pci_function *function);

/* Whether both are functions of one device; a virtual function is a device of its own. */
bool pci_same_device(const struct pci_function *a, const struct pci_function *b);

/*
 * Whether a function with the address and the id, subsystem included, is on the host: 1 or 0, or a
 * negative errno when that cannot be told.
 */
int pci_is_there(const struct root *root, const char *name, const struct pci_id *id);

/*
 * Whether the kernel has the function still, whatever its id. Returns 0, or -ENODEV with `error`
 * filled.
 */
int pci_check_exists(const struct root *root, const char *name, struct error *error);

/*
 * What a failure to read of the function means, by its code: returns -ENODEV with `error` filled
 * when the function is gone, and only then, for nothing more is done for one that is; otherwise the
 * code, or -EIO for a kernel that said -ENODEV all the same.
 */
int pci_explain_unread(const struct root *root, const char *name, int code, struct error *error);

/* The function with the address, or NULL; it belongs to the list. */
const struct pci_function *pci_find(const struct pci_functions *functions,
				    const struct pci_address *address);

void pci_functions_clear(struct pci_functions *functions);

#define _cleanup_pci_functions_ __attribute__((cleanup(pci_functions_clear)))

/*
 * The driver's name now, NULL for none; the caller frees it. Returns 0, or -ENODEV when the
 * function is gone, or a negative errno.
 */
int pci_driver_read(const struct root *root, const char *name, char **ret_driver);

/* Whether a PCI driver of the name is registered with the kernel. */
bool pci_driver_registered(const struct root *root, const char *driver);

/* Whether the kernel has the driver built in, registered by now or not. */
bool pci_driver_built_in(const struct root *root, const char *driver);

/*
 * The name of the module that a registered driver is in, the caller's; NULL for a built-in one.
 * Returns 0 or a negative errno.
 */
int pci_driver_module(const struct root *root, const char *driver, char **ret_module);

#endif
