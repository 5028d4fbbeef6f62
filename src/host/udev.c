/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/udev.h"

#include <errno.h>
#include <libudev.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

/* There while udevd runs. */
#define UDEVD_SOCKET "/run/udev/control"

/* Room for the events of a machine that rebinds many functions at once. */
#define RECEIVE_BUFFER_BYTES (1024 * 1024)

struct udev_watch {
	struct udev *udev;
	struct udev_monitor *monitor;
	unsigned long long after; /* earlier events are of earlier binds */
	struct strings bound;     /* functions whose event has come */
};

void udev_hwdb_names(const char *modalias, char **ret_vendor, char **ret_model)
{
	struct udev *udev = udev_new();
	struct udev_hwdb *hwdb = udev ? udev_hwdb_new(udev) : NULL;
	const char *vendor = NULL, *model = NULL;
	struct udev_list_entry *entry;

	if (hwdb)
		udev_list_entry_foreach(entry,
					udev_hwdb_get_properties_list_entry(hwdb, modalias, 0))
		{
			const char *key = udev_list_entry_get_name(entry);

			if (strcmp(key, UDEV_VENDOR_PROPERTY) == 0)
				vendor = udev_list_entry_get_value(entry);
			else if (strcmp(key, UDEV_MODEL_PROPERTY) == 0)
				model = udev_list_entry_get_value(entry);
		}
	*ret_vendor = vendor ? strdup(vendor) : NULL;
	*ret_model = model ? strdup(model) : NULL;
	udev_hwdb_unref(hwdb);
	udev_unref(udev);
}

bool udev_knows_node(dev_t number)
{
	struct udev *udev = udev_new();
	struct udev_device *device = udev ? udev_device_new_from_devnum(udev, 'c', number) : NULL;
	bool known = access(UDEVD_SOCKET, F_OK) < 0 ||
		     (device && udev_device_get_is_initialized(device) > 0);

	udev_device_unref(device);
	udev_unref(udev);
	return known;
}

struct udev_watch *udev_watch_new(unsigned long long after)
{
	struct udev_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->after = after;
	watch->udev = udev_new();
	watch->monitor = watch->udev ? udev_monitor_new_from_netlink(watch->udev, "udev") : NULL;
	if (!watch->monitor ||
	    udev_monitor_filter_add_match_subsystem_devtype(watch->monitor, "pci", NULL) < 0 ||
	    udev_monitor_enable_receiving(watch->monitor) < 0) {
		udev_watch_free(watch);
		return NULL;
	}
	/* without the room, events may be lost and the wait ends at its deadline */
	udev_monitor_set_receive_buffer_size(watch->monitor, RECEIVE_BUFFER_BYTES);
	return watch;
}

static int receive(struct udev_watch *watch)
{
	struct udev_device *device = udev_monitor_receive_device(watch->monitor);
	const char *action = device ? udev_device_get_action(device) : NULL;
	int r = 0;

	if (action && strcmp(action, "bind") == 0 &&
	    udev_device_get_seqnum(device) > watch->after) {
		const char *name = udev_device_get_sysname(device);

		/* every device has one, but for want of memory */
		r = name ? strings_add(&watch->bound, name) : -ENOMEM;
	}
	udev_device_unref(device);
	return r;
}

int udev_watch_wait_bound(struct udev_watch *watch, const char *name, int64_t deadline_ms)
{
	struct pollfd ready = { .events = POLLIN };

	if (!watch)
		return 0;
	ready.fd = udev_monitor_get_fd(watch->monitor);
	while (!strings_contain(&watch->bound, name)) {
		int64_t left = clock_left_ms(deadline_ms);
		int count = poll(&ready, 1, (int)left);

		if (count < 0 && errno != EINTR)
			return -errno;
		if (count > 0 && receive(watch) < 0)
			return -ENOMEM;
		if (count == 0)
			return -ETIMEDOUT;
	}
	return 0;
}

int udev_watch_fd(struct udev_watch *watch)
{
	return udev_monitor_get_fd(watch->monitor);
}

void udev_watch_wait(struct udev_watch *watch, int timeout_ms)
{
	struct pollfd ready = { .fd = watch ? udev_watch_fd(watch) : -1, .events = POLLIN };

	(void)poll(&ready, 1, timeout_ms);
}

void udev_watch_drain(struct udev_watch *watch)
{
	struct pollfd ready = { .fd = udev_watch_fd(watch), .events = POLLIN };

	while (poll(&ready, 1, 0) > 0)
		udev_device_unref(udev_monitor_receive_device(watch->monitor));
}

void udev_watch_free(struct udev_watch *watch)
{
	if (!watch)
		return;
	udev_monitor_unref(watch->monitor);
	udev_unref(watch->udev);
	strings_clear(&watch->bound);
	free(watch);
}
