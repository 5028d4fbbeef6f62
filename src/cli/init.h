/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the verb `init`: what a new INI file has, and its text. */
#ifndef GH_CLI_INIT_H
#define GH_CLI_INIT_H

#include "cli/survey.h"

/* A device that the file lists. */
struct init_device {
	size_t first; /* index into the host's functions, of the one that tells what it is */
	char *label;
	char *addresses;
	bool companion; /* only leaves the host with the others */
};

struct init {
	struct survey survey; /* chosen: all functions that the file lists */
	struct strings asked; /* those of devices that were asked for */
	struct init_device *devices;
	size_t device_count;
	struct strings stop;   /* units */
	struct strings unload; /* modules */
	struct strings users;  /* who uses them, and is no unit */
};

#define INIT_INIT ((struct init){ 0 })

/*
 * Takes a device by its address or id. Returns 0, or a negative errno with `error` filled: -EINVAL
 * for what is neither, -ENODEV, -EEXIST for an id that several devices have.
 */
int init_take(const char *text, struct init *init, struct error *error);

/*
 * Adds what has to leave the host with them: the rest of their devices, and of their IOMMU groups
 * what is on a host driver; then looks who uses all that. Returns 0, or a negative errno with
 * `error` filled: -EBUSY when something comes along that the host cannot do without.
 */
int init_complete(struct init *init, struct error *error);

/* The text of the INI file for the VM; the caller frees it. NULL without memory. */
char *init_format(const struct init *init, const char *vm);

void init_clear(struct init *init);

#define _cleanup_init_ __attribute__((cleanup(init_clear)))

#endif
