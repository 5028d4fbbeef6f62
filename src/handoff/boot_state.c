/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/boot_state.h"

#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "handoff/config.h"
#include "host/mountinfo.h"

#define COMMAND_LINE_MAX_BYTES 65536

bool boot_switched_off(const struct root *root)
{
	_cleanup_strings_ struct strings words = STRINGS_INIT;
	_cleanup_free_ char *line = NULL;

	/* for the kernel, too, "-" and "_" are the same in a name */
	return root_read(root, COMMAND_LINE_MAX_BYTES, &line, "proc/cmdline") == 0 &&
	       strings_split(&words, line) == 0 &&
	       (strings_contain(&words, "gpu_handoff=off") ||
		strings_contain(&words, "gpu-handoff=off"));
}

bool boot_in_initramfs(const struct root *root)
{
	_cleanup_mount_ struct mount mount = MOUNT_INIT;

	/* an initramfs says so, or nothing has been mounted over the kernel's first / */
	return root_exists(root, "etc/initrd-release") ||
	       (mountinfo_find(root, "/", &mount) == 0 && strcmp(mount.type, "rootfs") == 0);
}

static const char *const note_names[] = {
	[BOOT_INITRAMFS] = "boot-initramfs",
	[BOOT_HOST] = "boot-host",
	[BOOT_INITRAMFS_STORAGE] = "boot-initramfs-storage",
};

int boot_note_write(const struct store *store, enum boot_stage stage, const char *text)
{
	return file_replace(store->fd, note_names[stage], text, strlen(text));
}

int boot_note_read(const struct store *store, enum boot_stage stage, char **ret_text)
{
	const struct root directory = { .fd = store->fd };
	_cleanup_close_ int fd = root_open(
		&directory, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, "%s", note_names[stage]);
	size_t length;

	if (fd < 0)
		return fd;
	return file_read(fd, CONFIG_FILE_MAX_BYTES, ret_text, &length);
}
