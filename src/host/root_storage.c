/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/root_storage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "host/mountinfo.h"
#include "host/pci.h"
#include "host/pci_id.h"

#define ATTRIBUTE_MAX_BYTES 4096
/* Volumes upon volumes: deeper than anybody builds. */
#define DEPTH_MAX 16

struct search {
	const struct root *root;
	struct strings functions;
	bool on_pci; /* the disk that is looked at, or something of what it is on */
	struct error *error;
};

static int cannot_look(struct search *search, int r)
{
	return error_set_errno(search->error, -r, "cannot look for the root file system");
}

static int no_memory(struct search *search)
{
	return cannot_look(search, -ENOMEM);
}

/* ---- one disk ----------------------------------------------------------------------------- */

static int add_function(struct search *search, const char *name)
{
	_cleanup_free_ char *vendor = NULL;
	_cleanup_free_ char *device = NULL;
	_cleanup_free_ char *line = NULL;

	if (root_read(search->root, ATTRIBUTE_MAX_BYTES, &vendor, "sys/bus/pci/devices/%s/vendor",
		      name) < 0 ||
	    root_read(search->root, ATTRIBUTE_MAX_BYTES, &device, "sys/bus/pci/devices/%s/device",
		      name) < 0 ||
	    strncmp(vendor, "0x", 2) != 0 || strncmp(device, "0x", 2) != 0)
		return error_set(search->error, EIO, "cannot read the id of %s", name);
	search->on_pci = true;
	line = text_format("%s %s:%s", name, vendor + 2, device + 2);
	if (!line || (!strings_contain(&search->functions, line) &&
		      strings_add(&search->functions, line) < 0))
		return no_memory(search);
	return 0;
}

/* Adds each part of a device's path in sysfs that is a PCI function. */
static int add_path(struct search *search, const char *path)
{
	_cleanup_strings_ struct strings parts = STRINGS_INIT;
	_cleanup_free_ char *blanks = strdup(path);

	for (char *c = blanks; c && *c; c++)
		if (*c == '/')
			*c = ' ';
	if (!blanks || strings_split(&parts, blanks) < 0)
		return no_memory(search);
	for (size_t i = 0; i < parts.count; i++) {
		struct pci_address address;
		int r;

		/* a "02:00.0" without a domain is nothing that sysfs has */
		if (strlen(parts.items[i]) < strlen("0000:00:00.0") ||
		    pci_address_parse(parts.items[i], &address) < 0)
			continue;
		r = add_function(search, parts.items[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A multipath NVMe's disk is a child of its subsystem, which has links to its controllers. */
static int add_controllers(struct search *search, const char *disk)
{
	_cleanup_free_ char *subsystem = text_format("%s/device", disk);
	_cleanup_strings_ struct strings names = STRINGS_INIT;

	int r;

	if (!subsystem)
		return no_memory(search);
	r = root_list(search->root, &names, "%s", subsystem);
	if (r < 0)
		return root_says_missing(r) ? 0 : cannot_look(search, r);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *target = NULL;

		if (strncmp(names.items[i], "nvme", strlen("nvme")) != 0)
			continue;
		r = root_link_target(search->root, &target, "%s/%s", subsystem, names.items[i]);
		/* the disks of a controller stand there too, and are no links */
		if (root_says_missing(r) || r == -EINVAL)
			continue;
		if (r < 0)
			return cannot_look(search, r);
		r = add_path(search, target);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_disk(struct search *search, const char *number, unsigned int depth);

/* NOLINTBEGIN(misc-no-recursion): volumes on volumes, to DEPTH_MAX */

/* What a volume is on. `disk` is its directory in sysfs, or that of the whole disk. */
static int add_slaves(struct search *search, const char *disk, unsigned int depth)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	int r = root_list(search->root, &names, "%s/slaves", disk);

	if (r < 0)
		return root_says_missing(r) ? 0 : cannot_look(search, r);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *number = NULL;

		r = root_read(search->root, ATTRIBUTE_MAX_BYTES, &number, "%s/slaves/%s/dev", disk,
			      names.items[i]);
		if (root_says_missing(r))
			continue;
		if (r < 0)
			return cannot_look(search, r);
		r = add_disk(search, number, depth + 1);
		if (r < 0)
			return r;
	}
	return 0;
}

/* `number` is "8:1", a partition's too. */
static int add_disk(struct search *search, const char *number, unsigned int depth)
{
	_cleanup_free_ char *link = NULL;
	_cleanup_free_ char *disk = NULL;
	int r;

	if (depth == DEPTH_MAX)
		return error_set(search->error, ELOOP,
				 "the root file system's volumes have no end");
	r = root_link_target(search->root, &link, "sys/dev/block/%s", number);
	if (r < 0)
		return error_set_errno(search->error, -r, "cannot find the disk %s in /sys",
				       number);
	disk = text_format("sys/dev/block/%s", number);
	r = disk ? root_look(search->root, "%s/partition", disk) : -ENOMEM;
	if (r < 0)
		return cannot_look(search, r);
	if (r > 0) {
		free(disk);
		disk = text_format("sys/dev/block/%s/..", number);
	}
	if (!disk)
		return no_memory(search);
	search->on_pci = false;
	r = add_path(search, link);
	if (r == 0)
		r = add_slaves(search, disk, depth);
	if (r == 0)
		r = add_controllers(search, disk);
	/* a loop device, iSCSI, NVMe over a network: what is below these is not in sysfs */
	if (r == 0 && !search->on_pci)
		r = error_set(search->error, ENOTSUP, "what the disk %s is on cannot be told",
			      number);
	return r;
}

/* NOLINTEND(misc-no-recursion) */

/* ---- the file system ---------------------------------------------------------------------- */

/* A btrfs has a number of its own: its disks are found by the one that was mounted. */
static int add_btrfs(struct search *search, const char *source)
{
	_cleanup_strings_ struct strings systems = STRINGS_INIT;
	const char *name = strrchr(source, '/');
	_cleanup_free_ char *mapped = NULL;
	struct stat status;

	if (strncmp(source, "/dev/", 5) != 0 ||
	    fstatat(search->root->fd, source + 1, &status, 0) < 0 || !S_ISBLK(status.st_mode))
		return error_set(search->error, ENOTSUP, "what %s is on cannot be told", source);
	/* /dev/mapper/x is dm-0 */
	if (root_link_name(search->root, &mapped, "sys/dev/block/%u:%u", major(status.st_rdev),
			   minor(status.st_rdev)) == 0)
		name = mapped;
	if (!name || root_list(search->root, &systems, "sys/fs/btrfs") < 0)
		return error_set(search->error, ENOTSUP, "the disks of %s cannot be told", source);
	for (size_t i = 0; i < systems.count; i++) {
		_cleanup_strings_ struct strings disks = STRINGS_INIT;

		if (root_list(search->root, &disks, "sys/fs/btrfs/%s/devices", systems.items[i]) <
			    0 ||
		    !strings_contain(&disks, name))
			continue;
		for (size_t j = 0; j < disks.count; j++) {
			_cleanup_free_ char *number = NULL;
			int r = root_read(search->root, ATTRIBUTE_MAX_BYTES, &number,
					  "sys/fs/btrfs/%s/devices/%s/dev", systems.items[i],
					  disks.items[j]);

			r = r < 0 ? cannot_look(search, r) : add_disk(search, number, 0);
			if (r < 0)
				return r;
		}
		return 0;
	}
	return error_set(search->error, ENOTSUP, "the disks of %s cannot be told", source);
}

static int add_mount(struct search *search, const struct mount *mount)
{
	_cleanup_free_ char *number =
		text_format("%u:%u", major(mount->number), minor(mount->number));

	if (!number)
		return no_memory(search);
	if (strcmp(mount->type, "btrfs") == 0)
		return add_btrfs(search, mount->source);
	if (major(mount->number) == 0)
		return error_set(search->error, ENOTSUP,
				 "what the root file system (%s) is on cannot be told",
				 mount->type);
	return add_disk(search, number, 0);
}

int root_storage_find(const struct root *root, struct strings *ret_functions, struct error *error)
{
	static const char *const points[] = { "/", "/usr" };
	struct search search = { .root = root, .error = error };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(points) && r == 0; i++) {
		_cleanup_mount_ struct mount mount = MOUNT_INIT;

		r = mountinfo_find(root, points[i], &mount);
		if (r == 0)
			r = add_mount(&search, &mount);
		else if (r == -ENOENT && i > 0)
			r = 0; /* a part of / */
		else
			error_set_errno(error, -r, "cannot find %s in /proc/self/mountinfo",
					points[i]);
	}
	if (r < 0) {
		strings_clear(&search.functions);
		return r;
	}
	strings_clear(ret_functions);
	*ret_functions = search.functions;
	return 0;
}
