/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/mountinfo.h"

#include <errno.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "tap.h"

static void test_line(void)
{
	char line[] =
		"36 35 98:7 /a /mnt/b\\040c rw,noatime master:1 - fuse.d\\040e host:/f\\134 rw";
	struct mount mount = MOUNT_INIT;

	CHECK(mountinfo_parse(line, &mount) == 0 && mount.number == makedev(98, 7),
	      "a line has a device number");
	CHECK_TEXT(mount.point, "/mnt/b c", "where it is mounted, blanks undone");
	CHECK_TEXT(mount.type, "fuse.d e", "the type, of which FUSE's programs give a part");
	CHECK_TEXT(mount.source, "host:/f\\", "what is mounted");
}

static void test_source(void)
{
	static const struct {
		char line[64];
		bool is_disk;
	} lines[] = {
		{ "32 22 0:44 / /a rw - btrfs /dev/sda rw", true },
		{ "32 22 0:44 / /a rw - bcachefs /dev/sda:/dev/sdb rw", true },
		{ "32 22 0:44 / /a rw - zfs pool/a rw", true },
		{ "32 22 0:44 / /a rw - tmpfs /dev/sda rw", false },
		{ "32 22 0:44 / /a rw - fuse.btrfs /dev/sda rw", false },
		{ "32 22 0:44 / /a rw - overlay /dev/sda rw", false },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		_cleanup_free_ char *line = strdup(lines[i].line);
		struct mount mount = MOUNT_INIT;

		CHECK(mountinfo_parse(line, &mount) == 0 &&
			      mountinfo_source_is_disk(&mount) == lines[i].is_disk,
		      "what it is mounted from is %s: %s",
		      lines[i].is_disk ? "the kernel's word" : "anybody's", lines[i].line);
	}
}

static void test_no_line(void)
{
	char line[] = "36 35 98:7 /a /mnt rw - ext4";
	struct mount mount = { .number = 5 };

	CHECK(mountinfo_parse(line, &mount) == -EINVAL && mount.number == 5 && !mount.point,
	      "a line that is cut is none, and the result untouched");
}

int main(void)
{
	test_line();
	test_source();
	test_no_line();
	return tap_done();
}
