/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/mountinfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

#define TABLE_MAX_BYTES (16 * 1024 * 1024)

void mountinfo_unescape(char *text)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		unsigned int byte;

		if (*in == '\\' && sscanf(in + 1, "%3o", &byte) == 1 && byte > 0 && byte < 256 &&
		    strspn(in + 1, "01234567") >= 3) {
			*out++ = (char)byte;
			in += 3;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
}

/* "36 35 98:0 /root /mnt rw,noatime master:1 - ext4 /dev/sda1 rw" */
int mountinfo_parse(char *line, struct mount *ret_mount)
{
	struct mount mount = MOUNT_INIT;
	char *fields[5] = { NULL }, *rest = NULL;
	char *tail = strstr(line, " - ");
	unsigned int major_number, minor_number;

	if (!tail)
		return -EINVAL;
	*tail = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strtok_r(i ? NULL : line, " ", &rest);
		if (!fields[i])
			return -EINVAL;
	}
	mount.point = fields[4];
	mount.type = strtok_r(tail + strlen(" - "), " ", &rest);
	mount.source = strtok_r(NULL, " ", &rest);
	if (!mount.source || sscanf(fields[2], "%u:%u", &major_number, &minor_number) != 2)
		return -EINVAL;
	mount.number = makedev(major_number, minor_number);
	mountinfo_unescape(mount.point);
	mountinfo_unescape(mount.type);
	mountinfo_unescape(mount.source);
	*ret_mount = mount;
	return 0;
}

bool mountinfo_source_is_disk(const struct mount *mount)
{
	static const char *const types[] = { "btrfs", "bcachefs", "zfs" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(mount->type, types[i]) == 0)
			return true;
	return false;
}

int mountinfo_find(const struct root *root, const char *point, struct mount *ret_mount)
{
	_cleanup_free_ char *text = NULL;
	struct mount found = MOUNT_INIT;
	char *rest = NULL;
	int r = root_read(root, TABLE_MAX_BYTES, &text, "proc/self/mountinfo");

	if (r < 0)
		return r;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct mount mount;

		if (mountinfo_parse(line, &mount) == 0 && strcmp(mount.point, point) == 0)
			found = mount;
	}
	if (!found.point)
		return -ENOENT;
	found.text = take_ptr(text);
	*ret_mount = found;
	return 0;
}

void mount_clear(struct mount *mount)
{
	free(mount->text);
	*mount = MOUNT_INIT;
}
