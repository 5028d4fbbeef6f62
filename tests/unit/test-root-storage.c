/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/root_storage.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "scratch.h"
#include "tap.h"

#define PCI "devices/pci0000:00/0000:00:1c.0/"
#define SATA PCI "0000:02:00.0/ata1/host0/target0:0:0/0:0:0:0/block/sda"
#define NVME PCI "0000:03:00.0/nvme/nvme0/nvme0n1"

static void put_function(const struct scratch *place, const char *name, const char *vendor,
			 const char *device)
{
	char path[256];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/vendor", name);
	scratch_file(place, path, vendor);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/device", name);
	scratch_file(place, path, device);
}

/* A bridge, and behind it a SATA controller and an NVMe of two partitions. */
static void put_machine(const struct scratch *place)
{
	put_function(place, "0000:00:1c.0", "0x8086\n", "0x9d10\n");
	put_function(place, "0000:02:00.0", "0x8086\n", "0x2922\n");
	put_function(place, "0000:03:00.0", "0x1b36\n", "0x0010\n");
	scratch_file(place, "sys/" SATA "/sda1/partition", "1\n");
	scratch_file(place, "sys/" NVME "/nvme0n1p2/partition", "2\n");
	scratch_link(place, "sys/dev/block/8:0", "../../" SATA);
	scratch_link(place, "sys/dev/block/8:1", "../../" SATA "/sda1");
	scratch_link(place, "sys/dev/block/259:2", "../../" NVME "/nvme0n1p2");
}

static void check_found(const struct scratch *place, const char *mounts, const char *wanted,
			const char *what)
{
	_cleanup_strings_ struct strings found = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *got = NULL;
	int r;

	scratch_file(place, "proc/self/mountinfo", mounts);
	r = root_storage_find(&place->root, &found, &error);
	got = r < 0 ? error_text(&error) : strings_join(&found, ", ");
	CHECK_TEXT(got, wanted, "%s", what);
}

#define MOUNT(number, where, type, source) \
	"22 1 " number " / " where " rw,relatime shared:1 - " type " " source " rw\n"

static void test_disks(void)
{
	SCRATCH(place);

	put_machine(&place);
	check_found(&place, MOUNT("8:1", "/", "ext4", "/dev/sda1"),
		    "0000:00:1c.0 8086:9d10, 0000:02:00.0 8086:2922", "a partition");
	check_found(&place,
		    MOUNT("8:1", "/", "ext4", "/dev/sda1") MOUNT("259:2", "/usr", "xfs", "/dev/x")
			    MOUNT("8:0", "/srv", "ext4", "/dev/sda"),
		    "0000:00:1c.0 8086:9d10, 0000:02:00.0 8086:2922, 0000:03:00.0 1b36:0010",
		    "/usr belongs to it, other mounts do not");
	check_found(&place,
		    MOUNT("0:2", "/", "rootfs", "rootfs") MOUNT("8:1", "/", "ext4", "/dev/sda1"),
		    "0000:00:1c.0 8086:9d10, 0000:02:00.0 8086:2922",
		    "what is mounted over another one counts");
	check_found(&place, MOUNT("8:9", "/", "ext4", "/dev/sda9"),
		    "cannot find the disk 8:9 in /sys: No such file or directory",
		    "a disk that sysfs does not have");
}

static void test_volumes(void)
{
	SCRATCH(place);

	put_machine(&place);
	scratch_link(&place, "sys/dev/block/254:1", "../../devices/virtual/block/dm-1");
	scratch_link(&place, "sys/dev/block/9:0", "../../devices/virtual/block/md0");
	scratch_file(&place, "sys/devices/virtual/block/dm-1/slaves/md0/dev", "9:0\n");
	scratch_file(&place, "sys/devices/virtual/block/md0/slaves/sda1/dev", "8:1\n");
	scratch_file(&place, "sys/devices/virtual/block/md0/slaves/nvme0n1p2/dev", "259:2\n");
	check_found(&place, MOUNT("254:1", "/", "ext4", "/dev/mapper/vg-root"),
		    "0000:00:1c.0 8086:9d10, 0000:03:00.0 1b36:0010, 0000:02:00.0 8086:2922",
		    "a volume upon an array of two disks");
	scratch_file(&place, "sys/devices/virtual/block/md0/slaves/dm-1/dev", "254:1\n");
	check_found(&place, MOUNT("254:1", "/", "ext4", "/dev/mapper/vg-root"),
		    "the root file system's volumes have no end", "volumes in a circle");
}

static void test_multipath(void)
{
	SCRATCH(place);

	put_machine(&place);
	scratch_directory(&place, "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
	scratch_link(&place, "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/device",
		     "../../nvme-subsys0");
	scratch_link(&place, "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0",
		     "../../../pci0000:00/0000:00:1c.0/0000:03:00.0/nvme/nvme0");
	scratch_link(&place, "sys/dev/block/259:0",
		     "../../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
	check_found(&place, MOUNT("259:0", "/", "ext4", "/dev/nvme0n1"),
		    "0000:00:1c.0 8086:9d10, 0000:03:00.0 1b36:0010",
		    "an NVMe whose disk is its subsystem's child");
}

static void test_buses(void)
{
	SCRATCH(place);

	put_machine(&place);
	put_function(&place, "0000:00:14.0", "0x8086\n", "0x9d2f\n");
	scratch_link(&place, "sys/dev/block/8:48",
		     "../../devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host4/block/sdd");
	scratch_directory(&place,
			  "sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host4/block/sdd");
	check_found(&place, MOUNT("8:48", "/", "ext4", "/dev/sdd"), "0000:00:14.0 8086:9d2f",
		    "a USB disk: the controller");
	put_function(&place, "0000:00:0e.0", "0x8086\n", "0x467f\n");
	put_function(&place, "10000:e1:00.0", "0x1b36\n", "0x0010\n");
	scratch_link(&place, "sys/dev/block/259:5",
		     "../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e1:00.0/nvme/nvme3/"
		     "nvme3n1");
	scratch_directory(&place, "sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e1:00.0/"
				  "nvme/nvme3/nvme3n1");
	check_found(&place, MOUNT("259:5", "/", "ext4", "/dev/nvme3n1"),
		    "0000:00:0e.0 8086:467f, 10000:e1:00.0 1b36:0010", "a disk behind VMD");
}

static void test_others(void)
{
	SCRATCH(place);

	put_machine(&place);
	check_found(&place, MOUNT("0:22", "/", "tmpfs", "tmpfs"),
		    "what the root file system (tmpfs) is on cannot be told", "a system in memory");
	check_found(&place, MOUNT("0:22", "/", "nfs4", "server:/"),
		    "what the root file system (nfs4) is on cannot be told",
		    "a system from the network");
	scratch_link(&place, "sys/dev/block/7:0", "../../devices/virtual/block/loop0");
	scratch_directory(&place, "sys/devices/virtual/block/loop0");
	check_found(&place, MOUNT("7:0", "/", "ext4", "/dev/loop0"),
		    "what the disk 7:0 is on cannot be told", "a loop device");
	scratch_link(&place, "sys/dev/block/8:32",
		     "../../devices/platform/host3/session1/target3:0:0/3:0:0:0/block/sdc");
	scratch_directory(&place,
			  "sys/devices/platform/host3/session1/target3:0:0/3:0:0:0/block/sdc");
	check_found(&place, MOUNT("8:32", "/", "ext4", "/dev/sdc"),
		    "what the disk 8:32 is on cannot be told", "a disk by iSCSI");
	check_found(&place, MOUNT("0:22", "/", "overlay", "overlay"),
		    "what the root file system (overlay) is on cannot be told", "an overlay");
	check_found(&place, MOUNT("0:22", "/", "zfs", "pool/root"),
		    "what the root file system (zfs) is on cannot be told", "ZFS");
	check_found(&place, MOUNT("0:22", "/", "btrfs", "/dev/nowhere"),
		    "what /dev/nowhere is on cannot be told", "a btrfs whose disk is not there");
	check_found(&place, MOUNT("8:1", "/srv", "ext4", "/dev/sda1"),
		    "cannot find / in /proc/self/mountinfo: No such file or directory",
		    "no mount at /");
	check_found(&place, "22 1 8:1 / / rw\n",
		    "cannot find / in /proc/self/mountinfo: No such file or directory",
		    "a line that is cut");
}

#define CANNOT_LOOK "cannot look for the root file system: Too many levels of symbolic links"

/* A disk that is missed is one that a stub may take from the system. */
static void test_unreadable(void)
{
	SCRATCH(array);
	SCRATCH(slaves);
	SCRATCH(paths);

	put_machine(&array);
	scratch_link(&array, "sys/dev/block/9:0", "../../devices/virtual/block/md0");
	scratch_file(&array, "sys/devices/virtual/block/md0/slaves/sda1/dev", "8:1\n");
	scratch_link(&array, "sys/devices/virtual/block/md0/slaves/nvme0n1p2/dev", "dev");
	check_found(&array, MOUNT("9:0", "/", "ext4", "/dev/md0"), CANNOT_LOOK,
		    "one of an array's disks that cannot be looked at");
	put_machine(&slaves);
	scratch_link(&slaves, "sys/" SATA "/slaves", "slaves");
	check_found(&slaves, MOUNT("8:1", "/", "ext4", "/dev/sda1"), CANNOT_LOOK,
		    "what a disk is on that cannot be looked at");
	put_machine(&paths);
	scratch_link(&paths, "sys/" SATA "/device", "device");
	check_found(&paths, MOUNT("8:1", "/", "ext4", "/dev/sda1"), CANNOT_LOOK,
		    "other ways to a disk that cannot be looked at");
}

int main(void)
{
	test_disks();
	test_volumes();
	test_multipath();
	test_buses();
	test_others();
	test_unreadable();
	return tap_done();
}
