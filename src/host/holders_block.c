/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File systems, swap space and volumes on the disks behind a function. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "host/holders_search.h"
#include "host/mountinfo.h"

#define TABLE_MAX_BYTES (16 * 1024 * 1024)
#define ATTRIBUTE_MAX_BYTES 4096
/* Volumes upon volumes; more than anybody builds, less than a loop. */
#define DISKS_MAX 4096
#define CLAIM_AGAIN_MS 50

struct disk {
	char *name; /* "nvme0n1p2", "dm-0" */
	dev_t number;
	size_t function;
	bool usb;
	char *on; /* of a volume: what it is on; else NULL */
};

struct disks {
	struct disk *items;
	size_t count;
};

static void disks_clear(struct disks *disks)
{
	for (size_t i = 0; i < disks->count; i++) {
		free(disks->items[i].name);
		free(disks->items[i].on);
	}
	free(disks->items);
}

#define _cleanup_disks_ __attribute__((cleanup(disks_clear)))

static int add_disk(struct disks *disks, const char *name, dev_t number,
		    const struct device_node *node, const char *on)
{
	struct disk *disk;

	for (size_t i = 0; i < disks->count; i++)
		if (disks->items[i].number == number && disks->items[i].function == node->function)
			return 0;
	if (disks->count == DISKS_MAX)
		return -E2BIG;
	if (array_grow(&disks->items, disks->count, sizeof(*disk)) < 0)
		return -ENOMEM;
	disk = &disks->items[disks->count++];
	disk->number = number;
	disk->function = node->function;
	disk->usb = node->usb;
	disk->name = strdup(name);
	disk->on = on ? strdup(on) : NULL;
	return !disk->name || (on && !disk->on) ? -ENOMEM : 0;
}

/*
 * Whether the path is one of a node: below /dev, and not by way of "..", nor where users may put
 * what they like.
 */
static bool is_node_path(const char *path)
{
	if (strncmp(path, "/dev/", strlen("/dev/")) != 0 ||
	    strncmp(path, "/dev/shm/", strlen("/dev/shm/")) == 0)
		return false;
	for (const char *part = path; (part = strstr(part, "/..")); part++)
		if (part[3] == '/' || part[3] == '\0')
			return false;
	return true;
}

/*
 * The device number of a path such as /dev/mapper/vg-home, 0 when it is no block device's. Returns
 * 0 or a negative errno.
 */
static int number_of(const struct root *root, const char *path, dev_t *ret_number)
{
	struct statx status;

	*ret_number = 0;
	if (!is_node_path(path))
		return 0;
	if (statx(root->fd, path + 1, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &status) <
	    0) {
		int r = negative_errno();

		return root_says_missing(r) ? 0 : r;
	}
	if (S_ISBLK(status.stx_mode))
		*ret_number = makedev(status.stx_rdev_major, status.stx_rdev_minor);
	return 0;
}

/* Whether the disk is the one with the number, or of the path when that has none. */
static bool is_disk(const struct disk *disk, dev_t number, const char *path)
{
	if (number)
		return disk->number == number;
	return strncmp(path, "/dev/", strlen("/dev/")) == 0 &&
	       strcmp(path + strlen("/dev/"), disk->name) == 0;
}

/* ---- volumes ------------------------------------------------------------------------------ */

static int add_volume(struct holders_search *search, size_t on, const char *name,
		      struct disks *disks)
{
	const struct disk below = disks->items[on];
	const struct device_node like = { .function = below.function };
	_cleanup_free_ char *number = NULL;
	_cleanup_free_ char *label = NULL;
	_cleanup_free_ char *shown = NULL;
	_cleanup_free_ char *text = NULL;
	unsigned int major_number, minor_number;
	int r = root_read(search->root, ATTRIBUTE_MAX_BYTES, &number, "sys/class/block/%s/dev",
			  name);

	if (r < 0)
		return root_says_missing(r) ? 0 : r;
	if (sscanf(number, "%u:%u", &major_number, &minor_number) != 2)
		return -EINVAL;
	if (root_read(search->root, ATTRIBUTE_MAX_BYTES, &label, "sys/class/block/%s/dm/name",
		      name) == 0)
		shown = text_quote(label);
	text = text_format("the volume /dev/%s%s%s%s is on /dev/%s", name, shown ? " (" : "",
			   shown ? shown : "", shown ? ")" : "", below.name);
	if (!text)
		return -ENOMEM;
	r = holders_search_add(search, below.function, HOLDER_VOLUME, false, text, NULL);
	return r < 0 ? r
		     : add_disk(disks, name, makedev(major_number, minor_number), &like,
				below.name);
}

/* Adds the loop device, if it is on the disk. */
static int look_at_loop(struct holders_search *search, size_t on, const char *name,
			struct disks *disks)
{
	_cleanup_free_ char *path = NULL;
	dev_t number = 0;
	int r = root_read(search->root, ATTRIBUTE_MAX_BYTES, &path,
			  "sys/class/block/%s/loop/backing_file", name);

	/* a path that is too long is a file's */
	if (r < 0)
		return root_says_missing(r) || r == -ENAMETOOLONG ? 0 : r;
	r = number_of(search->root, path, &number);
	if (r < 0 || !is_disk(&disks->items[on], number, path))
		return r;
	return add_volume(search, on, name, disks);
}

/* Loop devices know what they are on by its path alone, and claim nothing. */
static int add_loops(struct holders_search *search, size_t on, struct disks *disks)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	int r = root_list(search->root, &names, "sys/class/block");

	for (size_t i = 0; r == 0 && i < names.count; i++)
		if (strncmp(names.items[i], "loop", strlen("loop")) == 0)
			r = look_at_loop(search, on, names.items[i], disks);
	return root_says_missing(r) ? 0 : r;
}

/* What is built upon the disk. */
static int add_holders(struct holders_search *search, size_t on, struct disks *disks)
{
	_cleanup_strings_ struct strings holders = STRINGS_INIT;
	int r = root_list(search->root, &holders, "sys/class/block/%s/holders",
			  disks->items[on].name);

	for (size_t i = 0; r == 0 && i < holders.count; i++)
		r = add_volume(search, on, holders.items[i], disks);
	return root_says_missing(r) ? 0 : r;
}

/* The disks of the functions, and what is built upon them. */
static int find_disks(struct holders_search *search, struct disks *disks)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < search->nodes.node_count; i++) {
		const struct device_node *node = &search->nodes.nodes[i];

		if (node->block)
			r = add_disk(disks, node->name, node->number, node, NULL);
	}
	/* grows while it is gone through */
	for (size_t i = 0; r == 0 && i < disks->count; i++) {
		r = add_loops(search, i, disks);
		if (r == 0)
			r = add_holders(search, i, disks);
	}
	return r;
}

/* ---- what is on them ---------------------------------------------------------------------- */

static int add_use(struct holders_search *search, const struct disk *disk, enum holder_kind kind,
		   const char *format_before, const char *object)
{
	_cleanup_free_ char *shown = object ? text_quote(object) : strdup("");
	_cleanup_free_ char *text = NULL;

	if (!shown)
		return -ENOMEM;
	text = text_format("%s%s/dev/%s%s%s%s", shown, format_before, disk->name,
			   disk->on ? ", which is on /dev/" : "", disk->on ? disk->on : "",
			   kind == HOLDER_SWAP ? " is swap space" : "");
	if (!text)
		return -ENOMEM;
	/* a mounted stick does not go along with its controller, so it is no mere USB device */
	return holders_search_add(search, disk->function, kind, false, text, NULL);
}

/* Uses of all disks that are the one with the number, or of the path (is_disk()). */
static int add_uses(struct holders_search *search, const struct disks *disks, dev_t number,
		    const char *path, enum holder_kind kind, const char *format_before,
		    const char *object)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < disks->count; i++)
		if (is_disk(&disks->items[i], number, path))
			r = add_use(search, &disks->items[i], kind, format_before, object);
	return r;
}

static int read_mount(struct holders_search *search, char *line, const struct disks *disks)
{
	struct mount mount;
	int r = 0;

	if (mountinfo_parse(line, &mount) < 0)
		return 0;
	/* btrfs and others have a number of their own: their source tells the disk */
	if (major(mount.number) == 0 && mountinfo_source_is_disk(&mount))
		r = number_of(search->root, mount.source, &mount.number);
	else if (major(mount.number) == 0)
		return 0;
	return r < 0 ? r
		     : add_uses(search, disks, mount.number, mount.source, HOLDER_MOUNT,
				" is mounted from ", mount.point);
}

static int read_mounts(struct holders_search *search, const char *table, const struct disks *disks)
{
	_cleanup_free_ char *text = NULL;
	char *rest = NULL;
	int r = root_read(search->root, TABLE_MAX_BYTES, &text, "%s", table);

	/* a namespace that has ended meanwhile has no table any more (fs/proc_namespace.c) */
	if (r < 0)
		return root_says_missing(r) || r == -EINVAL ? 0 : r;
	for (char *line = strtok_r(text, "\n", &rest); r == 0 && line;
	     line = strtok_r(NULL, "\n", &rest))
		r = read_mount(search, line, disks);
	return r;
}

/*
 * That of every mount namespace, this process's first. A process's that may not be read, or that
 * somebody has filled beyond measure, is not seen.
 */
static int read_all_mounts(struct holders_search *search, const struct disks *disks)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < search->mount_tables.count; i++) {
		r = read_mounts(search, search->mount_tables.items[i], disks);
		if (i == 0 || (r != -EACCES && r != -EPERM && r != -EFBIG))
			continue;
		search->holders.unseen++;
		r = 0;
	}
	return r;
}

static int read_swaps(struct holders_search *search, const struct disks *disks)
{
	_cleanup_free_ char *text = NULL;
	char *rest = NULL;
	int r = root_read(search->root, TABLE_MAX_BYTES, &text, "proc/swaps");

	if (r < 0) /* a kernel without swap space */
		return root_says_missing(r) ? 0 : r;
	for (char *line = strtok_r(text, "\n", &rest); r == 0 && line;
	     line = strtok_r(NULL, "\n", &rest)) {
		dev_t number;

		line[strcspn(line, " \t")] = '\0';
		mountinfo_unescape(line);
		r = number_of(search->root, line, &number);
		if (r == 0)
			r = add_uses(search, disks, number, line, HOLDER_SWAP, "", NULL);
	}
	return r;
}

/* The disks of one btrfs. */
static int look_at_btrfs(struct holders_search *search, const char *system,
			 const struct disks *disks)
{
	_cleanup_free_ char *what = text_format("the btrfs %s", system);
	int r = what ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < disks->count; i++) {
		r = root_look(search->root, "sys/fs/btrfs/%s/devices/%s", system,
			      disks->items[i].name);
		if (r > 0)
			r = add_use(search, &disks->items[i], HOLDER_MOUNT, " is mounted and has ",
				    what);
	}
	return r;
}

/* A btrfs of several disks names one of them as its source. */
static int read_btrfs(struct holders_search *search, const struct disks *disks)
{
	_cleanup_strings_ struct strings systems = STRINGS_INIT;
	int r = root_list(search->root, &systems, "sys/fs/btrfs");

	if (r < 0)
		return root_says_missing(r) ? 0 : r;
	for (size_t i = 0; r == 0 && i < systems.count; i++)
		r = look_at_btrfs(search, systems.items[i], disks);
	return r;
}

/* ---- other claims ------------------------------------------------------------------------- */

static bool has_use(const struct holders_search *search, const char *function)
{
	for (size_t i = 0; i < search->holders.count; i++) {
		const struct holder *holder = &search->holders.items[i];

		if ((holder->kind == HOLDER_MOUNT || holder->kind == HOLDER_SWAP ||
		     holder->kind == HOLDER_VOLUME) &&
		    strcmp(holder->function, function) == 0)
			return true;
	}
	return false;
}

/*
 * Whether somebody has claimed the disk for himself: an exclusive open fails then (block/bdev.c,
 * bd_prepare_to_claim()). One that succeeds keeps others from claiming it for that moment, as from
 * mounting it, which is right for a disk that is about to go. Returns 1, 0 or a negative errno.
 */
static int is_claimed(const struct root *root, const struct disk *disk)
{
	_cleanup_free_ char *name = strdup(disk->name);
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	dev_t number = 0;
	int r;

	/* "cciss!c0d0" is /dev/cciss/c0d0 */
	for (char *c = name; c && *c; c++)
		if (*c == '!')
			*c = '/';
	path = name ? text_format("/dev/%s", name) : NULL;
	if (!path)
		return -ENOMEM;
	r = number_of(root, path, &number);
	if (r < 0 || number != disk->number)
		return r;
	fd = root_open(root, O_RDONLY | O_EXCL | O_NONBLOCK, "%s", path + 1);
	if (fd == -EBUSY) {
		/* it may be somebody who looks as we do */
		clock_sleep_ms(CLAIM_AGAIN_MS, INT64_MAX);
		fd = root_open(root, O_RDONLY | O_EXCL | O_NONBLOCK, "%s", path + 1);
	}
	if (fd == -EBUSY)
		return 1;
	/* a drive without a medium has nothing to claim */
	return fd >= 0 || fd == -ENOMEDIUM || root_says_missing(fd) ? 0 : fd;
}

/*
 * What the kernel has no list of: ZFS, bcachefs, a file system's journal on another disk, storage
 * targets. The last disk first: a partition's claim is one on its disk too, and says more.
 */
static int find_claims(struct holders_search *search, const struct disks *disks)
{
	for (size_t i = disks->count; i > 0; i--) {
		const struct disk *disk = &disks->items[i - 1];
		const struct device_function *function = &search->nodes.functions[disk->function];
		_cleanup_free_ char *text = NULL;
		int r;

		if (!function->asked || has_use(search, function->name))
			continue;
		r = is_claimed(search->root, disk);
		/* a user may not open disks; who may, and is kept from it, has not seen this one */
		if (r == -EACCES || r == -EPERM) {
			search->holders.unseen += geteuid() == 0;
			continue;
		}
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		text = text_format(
			"/dev/%s is claimed by something in the kernel, or by a program: "
			"a file system or its journal, ZFS, a storage target",
			disk->name);
		if (!text || holders_search_add(search, disk->function, HOLDER_VOLUME, false, text,
						NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

int holders_search_disks(struct holders_search *search)
{
	_cleanup_disks_ struct disks disks = { 0 };
	int r = find_disks(search, &disks);

	if (r < 0 || disks.count == 0)
		return r;
	r = read_all_mounts(search, &disks);
	if (r == 0)
		r = read_swaps(search, &disks);
	if (r == 0)
		r = read_btrfs(search, &disks);
	return r == 0 ? find_claims(search, &disks) : r;
}
