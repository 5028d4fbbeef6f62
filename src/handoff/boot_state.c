/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/boot_state.h"

#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "handoff/config.h"

#define COMMAND_LINE_MAX_BYTES 65536
#define MOUNTS_MAX_BYTES (4 * 1024 * 1024)

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

/* Whether / is the kernel's first, which no file system has been mounted over. */
static bool is_first_root(const char *table)
{
	bool first = false;

	for (const char *line = table; *line; line += strcspn(line, "\n")) {
		_cleanup_strings_ struct strings words = STRINGS_INIT;
		_cleanup_free_ char *copy = NULL;
		size_t type = 6;

		line += *line == '\n';
		copy = strndup(line, strcspn(line, "\n"));
		if (!copy || strings_split(&words, copy) < 0)
			return false;
		if (words.count < 9 || strcmp(words.items[4], "/") != 0)
			continue;
		while (type + 1 < words.count && strcmp(words.items[type], "-") != 0)
			type++;
		first = type + 1 < words.count && strcmp(words.items[type + 1], "rootfs") == 0;
	}
	return first;
}

bool boot_in_initramfs(const struct root *root)
{
	_cleanup_free_ char *table = NULL;

	if (root_exists(root, "etc/initrd-release"))
		return true;
	return root_read(root, MOUNTS_MAX_BYTES, &table, "proc/self/mountinfo") == 0 &&
	       is_first_root(table);
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
	_cleanup_close_ int fd =
		root_open(&directory, O_RDONLY | O_NOFOLLOW, "%s", note_names[stage]);
	size_t length;

	if (fd < 0)
		return fd;
	return file_read(fd, CONFIG_FILE_MAX_BYTES, ret_text, &length);
}
