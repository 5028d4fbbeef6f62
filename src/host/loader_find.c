/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "host/grub_file.h"
#include "host/loader.h"

#define LOADER_INFO "sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define LOADER_INFO_MAX_BYTES 1024

char *loader_find_program(const struct root *root, const char *name)
{
	static const char *const directories[] = { "usr/sbin", "usr/bin", "sbin", "bin" };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (root_exists(root, "%s/%s", directories[i], name))
			return text_format("/%s/%s", directories[i], name);
	return NULL;
}

static bool has_program(const struct root *root, const char *name)
{
	_cleanup_free_ char *path = loader_find_program(root, name);

	return path;
}

/*
 * What the loader of this boot calls itself; the caller frees it. NULL: it did not tell. The
 * variable is four bytes of attributes and text in UTF-16, of which the letters are taken.
 */
static char *read_info(const struct root *root)
{
	_cleanup_close_ int fd = root_open(root, O_RDONLY | O_NOCTTY, LOADER_INFO);
	_cleanup_free_ char *info = NULL;
	size_t length;
	size_t used = 0;

	if (fd < 0 || file_read(fd, LOADER_INFO_MAX_BYTES, &info, &length) < 0)
		return NULL;
	for (size_t i = 0; i < length; i++)
		if (info[i] >= ' ' && info[i] <= '~')
			info[used++] = info[i];
	info[used] = '\0';
	return take_ptr(info);
}

static bool has_loader_conf(const struct root *root)
{
	return root_exists(root, "boot/loader/loader.conf") ||
	       root_exists(root, "efi/loader/loader.conf") ||
	       root_exists(root, "boot/efi/loader/loader.conf");
}

static bool has_grub(const struct root *root)
{
	return root_exists(root, GRUB_FILE) &&
	       (has_program(root, "update-grub") || has_program(root, "grub2-mkconfig") ||
		has_program(root, "grub-mkconfig"));
}

/* Where no program has the say over the loader: by the loader itself. */
static enum loader_kind find_by_loader(const struct root *root, const char *info)
{
	bool systemd = info && (strstr(info, "systemd-boot") || strstr(info, "systemd-stub"));

	if (info && !systemd && !strstr(info, "GRUB"))
		return LOADER_UNKNOWN;
	if (!systemd && has_grub(root))
		return LOADER_GRUB;
	if (info && !systemd)
		return LOADER_UNKNOWN;
	if (root_exists(root, LOADER_CMDLINE_FILE))
		return LOADER_CMDLINE;
	return systemd || has_loader_conf(root) ? LOADER_ENTRIES : LOADER_UNKNOWN;
}

enum loader_kind loader_find(const struct root *root)
{
	_cleanup_free_ char *info = read_info(root);

	if (root_exists(root, "run/ostree-booted"))
		return has_program(root, "rpm-ostree") ? LOADER_OSTREE : LOADER_UNKNOWN;
	if (root_exists(root, "etc/NIXOS"))
		return LOADER_NIXOS;
	if (has_program(root, "kernelstub") && root_exists(root, "etc/kernelstub/configuration") &&
	    !(info && strstr(info, "GRUB")))
		return LOADER_KERNELSTUB;
	if (has_program(root, "grubby"))
		return LOADER_GRUBBY;
	/* openSUSE's, for systemd-boot and for GRUB with its entries */
	if (has_program(root, "sdbootutil") && root_exists(root, LOADER_CMDLINE_FILE))
		return LOADER_CMDLINE;
	return find_by_loader(root, info);
}

const char *loader_name(enum loader_kind kind)
{
	switch (kind) {
	case LOADER_UNKNOWN:
		break;
	case LOADER_OSTREE:
		return "rpm-ostree";
	case LOADER_NIXOS:
		return "NixOS";
	case LOADER_KERNELSTUB:
		return "kernelstub";
	case LOADER_GRUBBY:
		return "grubby";
	case LOADER_GRUB:
		return "GRUB";
	case LOADER_CMDLINE:
	case LOADER_ENTRIES:
		return "systemd-boot";
	}
	return NULL;
}
