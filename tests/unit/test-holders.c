/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holders on machines made of files. A descriptor of a process is a link to /dev/null, which is the
 * character device 1:3 everywhere, and which these machines have for a node of their devices.
 */
#include "host/holders.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "host/holders_search.h"
#include "scratch.h"
#include "tap.h"

#define GPU "0000:01:00.0"
#define SOUND "0000:01:00.1"
#define PATH "devices/pci0000:00/0000:00:02.0/"

/* A function of the machine, below a root port. */
static void add_function(const struct scratch *place, const char *name, const char *driver)
{
	char path[256], target[256];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", name);
	snprintf(target, sizeof(target), "../../../" PATH "%s", name);
	scratch_link(place, path, target);
	snprintf(path, sizeof(path), "sys/" PATH "%s", name);
	scratch_directory(place, path);
	if (!driver)
		return;
	snprintf(path, sizeof(path), "sys/" PATH "%s/driver", name);
	snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s", driver);
	scratch_link(place, path, target);
	snprintf(path, sizeof(path), "sys/bus/pci/drivers/%s/%s", driver, name);
	scratch_link(place, path, "../../../../" PATH);
}

/* A node, by what /sys/dev/char or /sys/dev/block says of it. */
static void add_node(const struct scratch *place, const char *kind, const char *number,
		     const char *target)
{
	char path[256], link[256];

	snprintf(path, sizeof(path), "sys/dev/%s/%s", kind, number);
	snprintf(link, sizeof(link), "../../%s", target);
	scratch_link(place, path, link);
}

static void add_process(const struct scratch *place, int pid, const char *command, int uid)
{
	char path[256], text[256];

	snprintf(path, sizeof(path), "proc/%d/comm", pid);
	snprintf(text, sizeof(text), "%s\n", command);
	scratch_file(place, path, text);
	snprintf(path, sizeof(path), "proc/%d/status", pid);
	snprintf(text, sizeof(text), "Name:\tx\nUid:\t%d\t0\t0\t0\n", uid);
	scratch_file(place, path, text);
	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(text, sizeof(text), "%d (a) b) S 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 %d00 0 0\n",
		 pid, pid);
	scratch_file(place, path, text);
	snprintf(path, sizeof(path), "proc/%d/exe", pid);
	scratch_link(place, path, "/usr/bin/program");
	snprintf(path, sizeof(path), "proc/%d/fd", pid);
	scratch_directory(place, path);
	snprintf(path, sizeof(path), "proc/%d/maps", pid);
	scratch_file(place, path, "");
}

static void add_fd(const struct scratch *place, int pid, int fd, const char *target)
{
	char path[256];

	snprintf(path, sizeof(path), "proc/%d/fd/%d", pid, fd);
	scratch_link(place, path, target);
}

/* "FUNCTION TEXT" for each holder, a line each. */
static char *scan(const struct scratch *place, const char *functions, struct holders *ret_holders)
{
	_cleanup_strings_ struct strings wanted = STRINGS_INIT;
	char *text = strdup("");

	strings_split(&wanted, functions);
	if (holders_scan(&place->root, &wanted, ret_holders, NULL) < 0) {
		text_append(&text, "cannot look");
		return text;
	}
	for (size_t i = 0; i < ret_holders->count; i++)
		text_append(&text, "%s%s %s", i ? "\n" : "", ret_holders->items[i].function,
			    ret_holders->items[i].text);
	return text;
}

static void check(const struct scratch *place, const char *functions, const char *wanted,
		  const char *what)
{
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;
	_cleanup_free_ char *text = scan(place, functions, &holders);

	CHECK_TEXT(text, wanted, "%s", what);
}

static void kind_is(const struct scratch *place, const char *functions, enum holder_kind kind,
		    const char *what)
{
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;
	_cleanup_free_ char *text = scan(place, functions, &holders);

	CHECK(text && holders.count == 1 && holders.items[0].kind == kind, "%s", what);
}

/* ---- processes ---------------------------------------------------------------------------- */

static void test_processes(void)
{
	SCRATCH(place);
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;
	_cleanup_free_ char *text = NULL;

	scratch_file(&place, "etc/passwd", "root:x:0:0::/:/bin/sh\ngdm:x:120:1::/:/bin/false\n");
	add_function(&place, GPU, "bochs-drm");
	add_function(&place, SOUND, "snd_hda_intel");
	add_node(&place, "char", "1:3", PATH GPU "/drm/card0");
	add_process(&place, 1234, "Xorg", 120);
	add_fd(&place, 1234, 3, "/dev/null");
	add_fd(&place, 1234, 4, "/dev/null");
	add_fd(&place, 1234, 5, "/dev/zero");
	add_fd(&place, 1234, 6, "socket:[1]");
	add_process(&place, 99, "bad\033[2J", 77);
	add_fd(&place, 99, 0, "/dev/null");
	add_process(&place, 500, "systemd-logind", 0);
	add_fd(&place, 500, 9, "/dev/null");
	add_process(&place, 600, "bystander", 0);
	text = scan(&place, SOUND " " GPU, &holders);
	CHECK_TEXT(text,
		   GPU " Xorg (pid 1234, user gdm) has /dev/null open\n" GPU
		       " systemd-logind (pid 500, user root) has /dev/null open\n" GPU
		       " bad\\x1b[2J (pid 99, user 77) has /dev/null open",
		   "every process with a node of it open, once for each node");
	CHECK(holders.items[0].pid == 1234 && holders.items[0].started == 123400 &&
		      holders.items[0].kind == HOLDER_PROCESS && !holders.items[0].usb,
	      "which it is, and since when");
	CHECK(holders.items[1].kind == HOLDER_BROKER, "logind holds it for another one");
	CHECK(holders.unseen == 0, "all could be looked into");
	check(&place, SOUND, "", "another function of the device has no holders");
	check(&place, "0000:09:00.0", "", "nor has one that is not there");
}

static void test_prefixes(void)
{
	SCRATCH(place);

	scratch_directory(&place, "proc");
	add_function(&place, "0000:01:00.0", NULL);
	add_function(&place, "0000:01:00.01", NULL);
	add_node(&place, "char", "1:3", PATH "0000:01:00.01/drm/card0");
	add_process(&place, 10, "x", 0);
	add_fd(&place, 10, 0, "/dev/null");
	check(&place, "0000:01:00.0", "", "an address that begins another one is not that one");
}

static void test_usb_nodes(void)
{
	SCRATCH(place);
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;
	_cleanup_free_ char *text = NULL;

	add_function(&place, GPU, "xhci_hcd");
	add_node(&place, "char", "1:3", PATH GPU "/usb1/1-1/1-1:1.0/0003:1/input/input5/event5");
	add_process(&place, 10, "Xorg", 0);
	add_fd(&place, 10, 0, "/dev/null");
	scratch_link(&place, "sys/bus/usb/devices/1-1:1.0",
		     "../../../" PATH GPU "/usb1/1-1/1-1:1.0");
	scratch_file(&place, "sys/" PATH GPU "/usb1/1-1/1-1:1.0/bInterfaceClass", "03\n");
	scratch_file(&place, "sys/" PATH GPU "/usb1/1-1/1-1:1.0/bInterfaceProtocol", "01\n");
	scratch_link(&place, "sys/bus/usb/devices/1-1", "../../../" PATH GPU "/usb1/1-1");
	scratch_file(&place, "sys/" PATH GPU "/usb1/1-1/idVendor", "046d\n");
	scratch_file(&place, "sys/" PATH GPU "/usb1/1-1/idProduct", "c31c\n");
	scratch_link(&place, "sys/bus/usb/devices/2-1:1.0", "../../../devices/other/2-1:1.0");
	text = scan(&place, GPU, &holders);
	CHECK_TEXT(text,
		   GPU " Xorg (pid 10, user 0) has /dev/null open\n" GPU
		       " a USB keyboard (046d:c31c) is attached to it at 1-1",
		   "a keyboard behind the function, and who reads it");
	CHECK(holders.count == 2 && holders.items[0].usb && holders.items[1].usb &&
		      holders.items[1].kind == HOLDER_USB,
	      "both are there by way of USB");
}

static void test_groups(void)
{
	SCRATCH(place);

	add_function(&place, GPU, "vfio-pci");
	scratch_link(&place, "sys/" PATH GPU "/iommu_group", "../../../../kernel/iommu_groups/9");
	add_node(&place, "char", "1:3", "devices/virtual/vfio/9");
	add_process(&place, 10, "qemu", 0);
	add_fd(&place, 10, 0, "/dev/null");
	check(&place, GPU, GPU " qemu (pid 10, user 0) has /dev/null open",
	      "who has the VFIO group of the function open");
	kind_is(&place, GPU, HOLDER_GUEST, "is a guest, whom nobody ends");
}

static void test_vfio_device(void)
{
	SCRATCH(place);

	add_function(&place, GPU, "vfio-pci");
	add_node(&place, "char", "1:3", PATH GPU "/vfio-dev/vfio0");
	add_process(&place, 10, "qemu", 0);
	add_fd(&place, 10, 0, "/dev/null");
	check(&place, GPU, GPU " qemu (pid 10, user 0) has /dev/null open",
	      "who has the VFIO device of the function open");
	kind_is(&place, GPU, HOLDER_GUEST, "is a guest too");
}

/* By whatever of the device it has open. */
static void test_domains(void)
{
	SCRATCH(place);

	add_function(&place, GPU, "nvme");
	add_node(&place, "char", "1:3", PATH GPU "/ng0n1");
	add_process(&place, 10, "qemu", 0);
	add_fd(&place, 10, 0, "/dev/null");
	kind_is(&place, GPU, HOLDER_PROCESS, "a QEMU that libvirt does not know is a process");
	scratch_file(&place, "run/libvirt/qemu/other.pid", "100\n");
	scratch_file(&place, "run/libvirt/qemu/db.xml", "10\n");
	kind_is(&place, GPU, HOLDER_PROCESS, "as long as it is none of libvirt's VMs");
	scratch_file(&place, "run/libvirt/qemu/db.pid", "10\n");
	kind_is(&place, GPU, HOLDER_GUEST, "a VM of libvirt's is a guest");
	unlinkat(place.root.fd, "run/libvirt/qemu/db.pid", 0);
	add_fd(&place, 10, 20, "anon_inode:kvm-vm");
	kind_is(&place, GPU, HOLDER_GUEST, "so is whoever has a VM of KVM's");
}

static void test_first_process(void)
{
	SCRATCH(place);

	add_function(&place, SOUND, "snd_hda_intel");
	add_node(&place, "char", "1:3", PATH SOUND "/sound/card1/controlC1");
	add_process(&place, 1, "systemd", 0);
	add_fd(&place, 1, 0, "/dev/null");
	kind_is(&place, SOUND, HOLDER_BROKER, "process 1 keeps what is logind's");
}

static void test_message_bus(void)
{
	SCRATCH(place);

	add_function(&place, SOUND, "snd_hda_intel");
	add_node(&place, "char", "1:3", PATH SOUND "/sound/card1/controlC1");
	add_process(&place, 10, "dbus-broker", 0);
	add_fd(&place, 10, 0, "/dev/null");
	kind_is(&place, SOUND, HOLDER_BROKER, "a message bus has what is on its way in a message");
}

static void test_jacks(void)
{
	SCRATCH(place);

	add_function(&place, SOUND, "snd_hda_intel");
	add_node(&place, "char", "1:3", PATH SOUND "/sound/card1/input12/event9");
	add_process(&place, 10, "acpid", 0);
	add_fd(&place, 10, 0, "/dev/null");
	check(&place, SOUND, "", "who listens for plugs of a sound card does not hold it");
}

static void test_framebuffer(void)
{
	SCRATCH(place);

	add_function(&place, GPU, NULL);
	scratch_file(&place, "proc/iomem",
		     "e0000000-efffffff : 0000:01:00.0\n  e0000000-e02fffff : BOOTFB\n");
	scratch_link(&place, "sys/bus/platform/drivers/simple-framebuffer/simple-framebuffer.0",
		     "../../../../devices/platform/simple-framebuffer.0");
	scratch_link(&place, "sys/bus/platform/devices/simple-framebuffer.0",
		     "../../../devices/platform/simple-framebuffer.0");
	add_node(&place, "char", "1:3", "devices/platform/simple-framebuffer.0/drm/card0");
	add_process(&place, 10, "plymouthd", 0);
	add_fd(&place, 10, 0, "/dev/null");
	check(&place, GPU, GPU " plymouthd (pid 10, user 0) has /dev/null open",
	      "who has the firmware framebuffer in the function's memory open");
	check(&place, SOUND, "", "which is no other function's");
}

static void test_bar(void)
{
	SCRATCH(place);

	add_function(&place, GPU, NULL);
	add_process(&place, 10, "flash", 0);
	scratch_file(&place, "proc/10/maps",
		     "7f00-7f01 r-xp 00000000 00:05 1   /usr/bin/flash\n"
		     "7f02-7f03 rw-s 00000000 00:15 2   /sys/" PATH GPU "/resource0\n"
		     "7f04-7f05 rw-s 00000000 00:15 3   /sys/" PATH GPU "/rom");
	check(&place, GPU, GPU " flash (pid 10, user 0) has /sys/" PATH GPU "/resource0 mapped",
	      "who has a BAR of the function mapped");
	check(&place, SOUND, "", "which is no other function's");
}

static size_t count_unseen(const struct scratch *place)
{
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;

	free(scan(place, GPU, &holders));
	return holders.unseen;
}

static void test_maps_not_read(void)
{
	SCRATCH(place);

	add_function(&place, GPU, NULL);
	add_process(&place, 10, "flash", 0);
	unlinkat(place.root.fd, "proc/10/maps", 0);
	CHECK(count_unseen(&place) == 0, "a process without a map has ended");
	/* opens, and cannot be read */
	scratch_directory(&place, "proc/10/maps");
	check(&place, GPU, "cannot look", "one whose map cannot be read may have anything");
}

static void test_nvidia(void)
{
	SCRATCH(place);

	add_function(&place, GPU, "nvidia");
	scratch_file(&place, "proc/devices",
		     "Character devices:\n  1 nvidia-uvm\n\nBlock "
		     "devices:\n  2 nvidia-uvm\n");
	scratch_file(&place, "proc/driver/nvidia/gpus/" GPU "/information",
		     "Model: \t\t x\nDevice Minor: \t 0\n");
	add_process(&place, 10, "cuda", 0);
	/* nvidia-uvm is 1:0 and 1:1 here: /dev/mem is 1:1 on every host */
	add_fd(&place, 10, 0, "/dev/mem");
	check(&place, GPU,
	      access("/dev/mem", F_OK) == 0 ? GPU " cuda (pid 10, user 0) has /dev/mem open" : "",
	      "a node of all NVIDIA GPUs is each one's");
}

static void test_references(void)
{
	SCRATCH(place);

	scratch_directory(&place, "proc");
	add_function(&place, SOUND, "snd_hda_intel");
	add_function(&place, "0000:00:1f.3", "snd_hda_intel");
	scratch_link(&place, "sys/bus/pci/drivers/snd_hda_intel/module",
		     "../../../../module/snd_hda_intel");
	scratch_file(&place, "sys/module/snd_hda_intel/refcnt", "2\n");
	scratch_directory(&place, "sys/module/snd_hda_intel/holders/other");
	check(&place, SOUND,
	      SOUND " a reference on its driver's module snd_hda_intel is held, but no holder is "
		    "visible",
	      "a reference that no module explains");
	/* the other card of the driver is in use: that explains it */
	add_node(&place, "char", "1:3", PATH "0000:00:1f.3/sound/card0/controlC0");
	add_process(&place, 10, "pipewire", 0);
	add_fd(&place, 10, 0, "/dev/null");
	check(&place, SOUND, "", "a user of another function of the driver explains it");
	scratch_file(&place, "sys/module/snd_hda_intel/refcnt", "1\n");
	unlinkat(place.root.fd, "proc/10/fd/0", 0);
	check(&place, SOUND, "", "so do other modules");
}

static void test_console_reference(void)
{
	SCRATCH(place);

	scratch_directory(&place, "proc");
	add_function(&place, GPU, "nouveau");
	scratch_link(&place, "sys/bus/pci/drivers/nouveau/module", "../../../../module/nouveau");
	scratch_directory(&place, "sys/module/nouveau/holders");
	scratch_directory(&place, "sys/" PATH GPU "/graphics/fb0");
	scratch_file(&place, "sys/module/nouveau/refcnt", "1\n");
	check(&place, GPU, "", "the console's reference goes by itself");
	scratch_file(&place, "sys/module/nouveau/refcnt", "2\n");
	check(&place, GPU,
	      GPU " a reference on its driver's module nouveau is held, but no holder is visible",
	      "one more does not");
}

/* ---- disks -------------------------------------------------------------------------------- */

#define MOUNTS                                                                            \
	"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"                                           \
	"30 22 259:2 / /a\\040b\\134c rw,noatime shared:1 master:2 - ext4 /dev/root rw\n" \
	"31 22 253:0 / /srv rw - xfs /dev/mapper/vg-srv rw\n"                             \
	"32 22 0:44 / /pool rw - btrfs /dev/nvme0n1p4 rw\n"                               \
	"33 22 0:45 / /proc rw - proc proc rw\n"                                          \
	"garbage\n33 22 - \n34 x y z - \n35 22 259:2 / /cut"

static void add_disk(const struct scratch *place, const char *number, const char *name,
		     const char *path)
{
	char file[256];

	add_node(place, "block", number, path);
	snprintf(file, sizeof(file), "sys/class/block/%s/dev", name);
	scratch_file(place, file, number);
}

static void test_disks(void)
{
	SCRATCH(place);

	add_function(&place, GPU, "nvme");
	add_disk(&place, "259:0", "nvme0n1", PATH GPU "/nvme/nvme0/nvme0n1");
	add_disk(&place, "259:2", "nvme0n1p2", PATH GPU "/nvme/nvme0/nvme0n1/nvme0n1p2");
	add_disk(&place, "259:3", "nvme0n1p3", PATH GPU "/nvme/nvme0/nvme0n1/nvme0n1p3");
	add_disk(&place, "259:4", "nvme0n1p4", PATH GPU "/nvme/nvme0/nvme0n1/nvme0n1p4");
	add_disk(&place, "259:5", "nvme0n1p5", PATH GPU "/nvme/nvme0/nvme0n1/nvme0n1p5");
	add_disk(&place, "253:0", "dm-0", "devices/virtual/block/dm-0");
	scratch_file(&place, "sys/class/block/dm-0/dm/name", "vg-srv\n");
	scratch_directory(&place, "sys/class/block/nvme0n1p3/holders/dm-0");
	/* a loop, which no kernel makes, ends all the same */
	scratch_directory(&place, "sys/class/block/dm-0/holders/dm-0");
	scratch_file(&place, "proc/self/mountinfo", MOUNTS);
	scratch_file(&place, "proc/swaps", "Filename\t\t\tType\n/dev/nvme0n1p5 partition 1 0 -2\n");
	check(&place, GPU,
	      GPU " the volume /dev/dm-0 (vg-srv) is on /dev/nvme0n1p3\n" GPU
		  " the volume /dev/dm-0 (vg-srv) is on /dev/dm-0\n" GPU
		  " /a b\\c is mounted from /dev/nvme0n1p2\n" GPU
		  " /srv is mounted from /dev/dm-0, which is on /dev/nvme0n1p3\n" GPU
		  " /pool is mounted from /dev/nvme0n1p4\n" GPU " /dev/nvme0n1p5 is swap space",
	      "mounts, volumes, btrfs and swap space of a disk");
}

/* Any user can mount these, in a namespace of his own, and say what they are made of. */
static void test_sources(void)
{
	SCRATCH(place);

	add_function(&place, GPU, "nvme");
	add_disk(&place, "259:0", "nvme0n1", PATH GPU "/nvme/nvme0/nvme0n1");
	scratch_file(&place, "proc/self/mountinfo",
		     "33 22 0:50 / /a rw - tmpfs /dev/nvme0n1 rw\n"
		     "34 22 0:51 / /b rw - fuse.btrfs /dev/nvme0n1 rw\n"
		     "35 22 0:52 / /c rw - overlay /dev/nvme0n1 rw");
	check(&place, GPU, "", "what a user says that it is mounted from is no disk");
	scratch_file(&place, "proc/self/mountinfo",
		     "36 22 0:53 / /d rw - bcachefs /dev/nvme0n1 rw");
	check(&place, GPU, GPU " /d is mounted from /dev/nvme0n1",
	      "what the kernel has opened for a file system is");
}

/* Paths that lead nowhere, if they are followed. */
static void test_paths(void)
{
	SCRATCH(place);

	scratch_directory(&place, "proc");
	add_function(&place, GPU, "nvme");
	add_disk(&place, "259:0", "nvme0n1", PATH GPU "/nvme/nvme0/nvme0n1");
	add_disk(&place, "7:0", "loop0", "devices/virtual/block/loop0");
	scratch_link(&place, "loop", "loop");
	scratch_link(&place, "dev/loop", "loop");
	scratch_link(&place, "dev/shm/loop", "loop");
	scratch_file(&place, "sys/class/block/loop0/loop/backing_file", "/dev/../loop/x\n");
	check(&place, GPU, "", "a path that leads out of /dev is not followed");
	scratch_file(&place, "sys/class/block/loop0/loop/backing_file", "/dev/shm/loop/x\n");
	check(&place, GPU, "", "nor one of a directory that is everybody's");
	scratch_file(&place, "sys/class/block/loop0/loop/backing_file", "/dev/loop/..x\n");
	check(&place, GPU, "cannot look", "any other one is");
}

static void test_loop(void)
{
	SCRATCH(place);

	scratch_directory(&place, "proc");
	add_function(&place, GPU, "nvme");
	add_disk(&place, "259:2", "nvme0n1p2", PATH GPU "/nvme/nvme0/nvme0n1/nvme0n1p2");
	add_disk(&place, "7:0", "loop0", "devices/virtual/block/loop0");
	add_disk(&place, "7:1", "loop1", "devices/virtual/block/loop1");
	scratch_file(&place, "sys/class/block/loop0/loop/backing_file", "/dev/nvme0n1p2\n");
	scratch_file(&place, "sys/class/block/loop1/loop/backing_file", "/dev/nvme0n1p20\n");
	check(&place, GPU, GPU " the volume /dev/loop0 is on /dev/nvme0n1p2",
	      "a loop device on a partition");
}

static void test_disks_elsewhere(void)
{
	SCRATCH(place);

	add_function(&place, GPU, "nvme");
	scratch_directory(&place, "sys/" PATH GPU "/nvme/nvme0");
	scratch_directory(&place, "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0");
	add_disk(&place, "259:0", "nvme0n1", "devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
	add_disk(&place, "259:7", "nvme7n1", "devices/virtual/nvme-subsystem/nvme-subsys7/nvme7n1");
	scratch_file(&place, "proc/self/mountinfo",
		     "30 22 259:7 / /other rw - ext4 /dev/nvme7n1 rw\n");
	add_process(&place, 10, "container", 0);
	scratch_link(&place, "proc/10/ns/mnt", "mnt:[4026531841]");
	scratch_file(&place, "proc/10/mountinfo",
		     "30 22 259:0 / /data rw - ext4 /dev/nvme0n1 rw\n");
	check(&place, GPU, GPU " /data is mounted from /dev/nvme0n1",
	      "a namespace that several controllers reach, mounted in another mount namespace");
}

/* ---- networks and children ---------------------------------------------------------------- */

static void test_network(void)
{
	SCRATCH(place);
	SCRATCH(bridged);
	SCRATCH(away);

	scratch_directory(&place, "proc");
	add_function(&place, GPU, "e1000");
	scratch_file(&place, "sys/" PATH GPU "/net/enp1s0/flags", "0x1002\n");
	check(&place, GPU, "", "an interface that is down is not in use");
	scratch_file(&place, "sys/" PATH GPU "/net/enp1s0/flags", "0x1003\n");
	scratch_file(&place, "sys/" PATH GPU "/net/enp1s0/carrier", "1\n");
	check(&place, GPU, "", "one that is merely up, with a carrier, is not");
	scratch_file(&place, "proc/self/net/route", "Iface\tDestination\nenp1s0x\t00000000\n");
	scratch_file(&place, "proc/self/net/ipv6_route",
		     "fe80 40 x y 0 0 0 0 enp1s0\nff00 08 x y 0 0 0 0   enp1s0\n");
	check(&place, GPU, "", "routes that every interface has, or another one, do not count");
	scratch_file(&place, "proc/self/net/route", "Iface\tDestination\nenp1s0\t00000000\n");
	check(&place, GPU, GPU " the network interface enp1s0 is up, with a route",
	      "a route of its own does");
	scratch_file(&place, "proc/self/net/route", "Iface\tDestination\n");
	scratch_file(&place, "proc/self/net/pppoe",
		     "Id       Address              Device\n"
		     "00000100 52:54:00:12:34:56    enp1s0\n");
	check(&place, GPU, GPU " the network interface enp1s0 carries PPPoE", "so does PPPoE");
	scratch_directory(&bridged, "proc");
	add_function(&bridged, GPU, "virtio-pci");
	scratch_link(&bridged, "sys/" PATH GPU "/virtio3/net/eth0/master", "../../br0");
	check(&bridged, GPU, GPU " the network interface eth0 belongs to br0",
	      "one in a bridge is in use, below a virtio device too");
	scratch_directory(&away, "proc");
	add_function(&away, GPU, "e1000");
	scratch_directory(&away, "sys/" PATH GPU "/net");
	check(&away, GPU, GPU " its network interface is in another network namespace",
	      "one that has gone to a container is");
}

static void test_usb_network(void)
{
	SCRATCH(place);

	scratch_directory(&place, "proc");
	add_function(&place, GPU, "xhci_hcd");
	scratch_link(&place, "sys/bus/usb/devices/1-2:1.0",
		     "../../../" PATH GPU "/usb1/1-2/1-2:1.0");
	scratch_link(&place, "sys/bus/usb/devices/9-2:1.0",
		     "../../../devices/pci0000:00/0000:00:14.0/usb9/9-2/9-2:1.0");
	scratch_link(&place, "sys/devices/pci0000:00/0000:00:14.0/usb9/9-2/9-2:1.0/net/usb1/master",
		     "../../br0");
	scratch_link(&place, "sys/" PATH GPU "/usb1/1-2/1-2:1.0/net/usb0/master", "../../br0");
	check(&place, GPU, GPU " the network interface usb0 belongs to br0",
	      "an adapter behind a USB controller is found");
}

static void test_children(void)
{
	SCRATCH(place);

	scratch_directory(&place, "proc");
	add_function(&place, GPU, "nvidia");
	scratch_link(&place, "sys/" PATH GPU "/virtfn0", "../0000:01:00.4");
	scratch_link(&place, "sys/" PATH GPU "/virtfn1", "../0000:01:00.5");
	scratch_link(&place, "sys/" PATH GPU "/aa618089-8b16-4d01-a136-25a0f3c73123/mdev_type",
		     "../mdev_supported_types/x");
	check(&place, GPU,
	      GPU " it has 1 mediated device\n" GPU " it has 2 SR-IOV virtual functions",
	      "mediated devices and virtual functions are counted");
}

/* ---- what may hang; ending ---------------------------------------------------------------- */

static void test_may_hang(void)
{
	SCRATCH(place);

	CHECK(holders_driver_may_hang("nvidia") && holders_driver_may_hang("snd_hda_intel") &&
		      holders_driver_may_hang("vfio-pci") &&
		      holders_driver_may_hang("mlx5_vfio_pci"),
	      "drivers that may never return");
	CHECK(!holders_driver_may_hang("xhci_hcd") && !holders_driver_may_hang("nvme"),
	      "and those that do");
	add_function(&place, GPU, "amdgpu");
	add_function(&place, SOUND, NULL);
	CHECK(holders_function_may_hang(&place.root, GPU) &&
		      !holders_function_may_hang(&place.root, SOUND),
	      "a function may hang by the driver that it is on");
}

/* A child of that name, which waits. */
static pid_t start_process(const char *name)
{
	int ready[2];
	pid_t child;
	char byte;

	if (pipe(ready) < 0)
		scratch_fail("pipe");
	child = fork();
	if (child == 0) {
		if (prctl(PR_SET_NAME, name) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (child < 0 || read(ready[0], &byte, 1) != 1)
		scratch_fail("a process");
	close(ready[0]);
	return child;
}

/* Who was ended comes from another process, line by line, and so does what went wrong. */
static void test_terminate(void)
{
	struct root root = { .fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	struct patience patience = { .deadline_ms = clock_now_ms() + 30000 };
	struct worker_context context = { .root = &root, .locks_fd = -1, .patience = &patience };
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;
	_cleanup_strings_ struct strings ended = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	pid_t child = start_process("!1 x");
	struct holder *holder = holders_add(&holders, GPU, HOLDER_PROCESS, "x");
	int status;
	int r;

	holder->pid = child;
	if (holders_process_started(&root, child, &holder->started) < 0)
		scratch_fail("a process's start");
	r = holders_terminate(&context, &holders, 20000, &ended, &error);
	CHECK(r == 0 && waitpid(child, &status, WNOHANG) == child && WIFSIGNALED(status) &&
		      WTERMSIG(status) == SIGTERM,
	      "a process is ended");
	CHECK(ended.count == 1 && strncmp(ended.items[0], "!1 x (pid ", 10) == 0,
	      "and told, by a name that looks like an error too");
	close(root.fd);
}

static void test_broken(void)
{
	SCRATCH(place);

	add_function(&place, GPU, NULL);
	add_node(&place, "char", "1:3", PATH GPU "/drm/card0");
	add_node(&place, "char", "x:y", PATH GPU "/drm/card1");
	scratch_file(&place, "proc/devices", "\n\nx\n");
	scratch_file(&place, "proc/12345678901234567890/comm", "x");
	scratch_link(&place, "proc/5/exe", "/usr/bin/program");
	scratch_file(&place, "proc/5/fd", "a file");
	scratch_link(&place, "proc/6/exe", "/usr/bin/program");
	scratch_link(&place, "proc/7/exe", "/usr/bin/program");
	scratch_directory(&place, "proc/7/fd/8");
	check(&place, GPU, "", "a /proc that makes no sense has no holders");
}

static void test_kernel_threads(void)
{
	SCRATCH(place);

	add_function(&place, GPU, NULL);
	add_node(&place, "char", "226:0", PATH GPU "/drm/card0");
	/* what cannot be looked into is told */
	scratch_link(&place, "proc/5/fd", "fd");
	check(&place, GPU, "", "what runs no program, a kernel thread, is not looked into");
	scratch_link(&place, "proc/5/exe", "/usr/bin/program");
	check(&place, GPU, "cannot look", "a process is");
}

/* ---- what cannot be looked at ------------------------------------------------------------- */

/* Of a machine where each of these is looked at, and nothing is in use. */
static void make_machine(const struct scratch *place)
{
	add_function(place, GPU, "nvidia");
	scratch_link(place, "sys/bus/pci/drivers/nvidia/module", "../../../../module/nvidia");
	scratch_file(place, "sys/module/nvidia/refcnt", "0\n");
	scratch_directory(place, "sys/module/nvidia/holders");
	scratch_link(place, "sys/" PATH GPU "/iommu_group", "../../../../kernel/iommu_groups/9");
	scratch_directory(place, "sys/" PATH GPU "/net/eth0");
	scratch_file(place, "sys/" PATH GPU "/net/eth0/flags", "0x1003\n");
	add_disk(place, "259:0", "nvme0n1", PATH GPU "/nvme/nvme0/nvme0n1");
	scratch_directory(place, "sys/class/block/loop0/loop");
	scratch_directory(place, "sys/fs/btrfs/6b0d/devices");
	scratch_link(place, "sys/bus/usb/devices/1-1:1.0",
		     "../../../" PATH GPU "/usb1/1-1/1-1:1.0");
	scratch_directory(place, "sys/" PATH GPU "/usb1/1-1/1-1:1.0");
	add_process(place, 10, "x", 0);
}

/* A link to itself is there, and cannot be looked at; a directory cannot be read. */
static const struct {
	const char *path;
	bool directory;
} unreadable[] = {
	{ "sys/dev/char", false },
	{ "sys/bus/usb/devices/1-1:1.0/bInterfaceClass", false },
	{ "sys/bus/platform/drivers/simple-framebuffer", false },
	{ "sys/" PATH GPU "/graphics", false },
	{ "sys/" PATH GPU "/net/eth0/master", true },
	{ "sys/" PATH GPU "/usb1/1-1/1-1:1.0/net", false },
	{ "sys/class/block/nvme0n1/holders", false },
	{ "sys/class/block/loop0/loop/backing_file", true },
	{ "sys/fs/btrfs/6b0e", false },
	{ "dev/nvme0n1", false },
	{ "proc/devices", true },
	{ "proc/driver/nvidia/gpus/" GPU "/information", true },
	{ "proc/swaps", true },
	{ "proc/self/mountinfo", true },
	{ "proc/self/net/route", true },
	{ "proc/self/net/ipv6_route", true },
	{ "proc/self/net/pppoe", true },
	{ "proc/11", false },
	{ "proc/10/ns/mnt", true },
};

static void test_unreadable(void)
{
	SCRATCH(well);

	make_machine(&well);
	check(&well, GPU, "", "a machine that can be looked at all over");
	for (size_t i = 0; i < ARRAY_SIZE(unreadable); i++) {
		SCRATCH(place);

		make_machine(&place);
		/* of a framebuffer, where there is any */
		scratch_file(&place, "proc/iomem",
			     "e0000000-efffffff : " GPU "\n  e0000000-e02fffff : BOOTFB\n");
		if (unreadable[i].directory)
			scratch_directory(&place, unreadable[i].path);
		else
			scratch_link(&place, unreadable[i].path,
				     strrchr(unreadable[i].path, '/') + 1);
		check(&place, GPU, "cannot look", unreadable[i].path);
	}
}

/* A VM is never ended, so what may be one is one. */
static void test_unreadable_domain(void)
{
	SCRATCH(place);

	add_function(&place, GPU, "nvme");
	add_node(&place, "char", "1:3", PATH GPU "/ng0n1");
	add_process(&place, 10, "qemu", 0);
	add_fd(&place, 10, 0, "/dev/null");
	scratch_directory(&place, "run/libvirt/qemu/db.pid");
	kind_is(&place, GPU, HOLDER_GUEST, "who may be a VM of libvirt's is a guest");
}

int main(void)
{
	test_processes();
	test_prefixes();
	test_usb_nodes();
	test_groups();
	test_vfio_device();
	test_domains();
	test_first_process();
	test_message_bus();
	test_jacks();
	test_framebuffer();
	test_bar();
	test_maps_not_read();
	test_nvidia();
	test_references();
	test_console_reference();
	test_disks();
	test_sources();
	test_paths();
	test_loop();
	test_disks_elsewhere();
	test_network();
	test_usb_network();
	test_children();
	test_may_hang();
	test_terminate();
	test_broken();
	test_kernel_threads();
	test_unreadable();
	test_unreadable_domain();
	return tap_done();
}
