/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holders: what uses a PCI function on the host, each as a line for a person and with what a policy
 * needs to know of it; and lists of them as text, for the way from one process to another. Pure:
 * looks at no machine.
 */
#ifndef GH_HOST_HOLDER_H
#define GH_HOST_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "host/pci_id.h"

enum holder_kind {
	HOLDER_PROCESS,   /* has a device node open or mapped */
	HOLDER_BROKER,    /* as that, for another process, and lets go when that one ends: logind */
	HOLDER_GUEST,     /* a VM's, or one with the function's VFIO node open */
	HOLDER_MOUNT,     /* a mounted file system */
	HOLDER_SWAP,      /* swap space */
	HOLDER_VOLUME,    /* device mapper, software RAID, loop, another claim on a block device */
	HOLDER_NETWORK,   /* a network interface that is in use */
	HOLDER_USB,       /* USB storage, keyboard or mouse behind the function */
	HOLDER_MEDIATED,  /* a mediated device */
	HOLDER_VIRTUAL,   /* virtual functions (SR-IOV) that are on */
	HOLDER_REFERENCE, /* a reference on the driver's module, and nobody is seen who has it */
};

struct holder {
	char function[PCI_ADDRESS_SIZE]; /* what it uses */
	enum holder_kind kind;
	bool usb;                   /* uses it by way of a USB device behind the function */
	pid_t pid;                  /* of the first three kinds, else 0 */
	unsigned long long started; /* when that process started, in clock ticks since boot */
	char *text;                 /* "Xorg (pid 1234, user gdm) has /dev/dri/card0 open" */
};

struct holders {
	struct holder *items; /* those of one function together, in the order of functions asked */
	size_t count;
	size_t unseen; /* processes, and claims on disks, that may not be looked into */
};

#define HOLDERS_INIT ((struct holders){ 0 })

/*
 * Appends one, without a process; `text` is copied. Returns the new holder, which belongs to the
 * list until the next call, or NULL without memory.
 */
struct holder *holders_add(struct holders *holders, const char *function, enum holder_kind kind,
			   const char *text);

/* "process", "mount", … */
const char *holder_kind_name(enum holder_kind kind);

/* How many of the function's there are. */
size_t holders_count(const struct holders *holders, const char *function);

/* Takes those of the kind out. */
void holders_drop(struct holders *holders, enum holder_kind kind);

/* The list as text, a line a holder; the caller frees it. NULL without memory. */
char *holders_format(const struct holders *holders);

/*
 * The reverse. Returns 0, or a negative errno with `error` filled, -EINVAL for a text that
 * holders_format() has not made. The caller clears *ret_holders, which is untouched on failure.
 */
int holders_parse(const char *text, struct holders *ret_holders, struct error *error);

void holders_clear(struct holders *holders);

#define _cleanup_holders_ __attribute__((cleanup(holders_clear)))

#endif
