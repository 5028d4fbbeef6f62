/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What udev knows: names from its hardware database, and that it has seen a device come back. The
 * only file that includes libudev is udev.c. It asks for no device in sysfs, since that would read
 * uevent, which blocks on a stuck device.
 */
#ifndef GH_HOST_UDEV_H
#define GH_HOST_UDEV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * "NVIDIA Corporation GP106 [GeForce GTX 1060]" for a modalias of PCI, from hwdb.bin of this
 * machine; the caller frees it. NULL when it is not known.
 */
char *udev_pci_name(const char *modalias);

/*
 * Whether udevd has dealt with the character device, or there is no udevd. Only for nodes of
 * devices that are bound: it reads the node's own uevent.
 */
bool udev_knows_node(dev_t number);

struct udev_watch;

/*
 * Starts to listen to what udevd has processed of events after the one with the number `after`
 * (/sys/kernel/uevent_seqnum). NULL where there is no udevd, or no memory.
 */
struct udev_watch *udev_watch_new(unsigned long long after);

/*
 * Waits until udevd has processed a "bind" event of the PCI function `name`. Returns 0 (also
 * without a watch), -ETIMEDOUT, or a negative errno.
 */
int udev_watch_wait_bound(struct udev_watch *watch, const char *name, int64_t deadline_ms);

void udev_watch_free(struct udev_watch *watch);

#endif
