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

#include "base/root.h"

#define UDEV_VENDOR_PROPERTY "ID_VENDOR_FROM_DATABASE"
#define UDEV_MODEL_PROPERTY "ID_MODEL_FROM_DATABASE"

/*
 * "NVIDIA Corporation GP106 [GeForce GTX 1060]" for a PCI function; the caller frees it. NULL when
 * it is not known, or without memory.
 *
 * It stands in the record that udevd keeps of the function below `root`:
 * /run/udev/data/+pci:ADDRESS with lines "E:KEY=VALUE" (systemd: sd-device.c,
 * sd_device_get_device_id(); device-private.c, device_update_db()), for which its rules ask the
 * hardware database (50-udev-default.rules). So a record without a name is an answer too. Only
 * where there is no record, this machine's database is asked, by `modalias`.
 */
char *udev_pci_name(const struct root *root, const char *address, const char *modalias);

/*
 * What hwdb.bin of this machine has for a modalias; the caller frees both. NULL for what it does
 * not have.
 */
void udev_hwdb_names(const char *modalias, char **ret_vendor, char **ret_model);

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

/*
 * To follow all changes of PCI devices: the descriptor that can be read when there is one; waiting
 * for it; and taking in what has come, so that the next one can be seen. A NULL watch only waits
 * the time.
 */
int udev_watch_fd(struct udev_watch *watch);
void udev_watch_wait(struct udev_watch *watch, int timeout_ms);
void udev_watch_drain(struct udev_watch *watch);

void udev_watch_free(struct udev_watch *watch);

#endif
