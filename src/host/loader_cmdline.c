/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/kernel/cmdline, and the programs that make entries or unified images from it: all lines but
 * comments count, as words (kernel-install's 90-loaderentry.install).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/kernel_line.h"
#include "host/loader_entry.h"
#include "host/loader_part.h"

/* ---- the file ----------------------------------------------------------------------------- */

/* Changes one line of the text; adds to the first one that counts. */
static int add_line(const char *line, const struct loader_words *words, struct strings *missing,
		    char **text, struct strings *shown)
{
	_cleanup_free_ char *changed = NULL;

	if (line[strspn(line, " \t")] == '#' || !line[strspn(line, " \t")])
		return text_append(text, "%s", line);
	changed = kernel_line_change(line, &words->remove, missing);
	if (!changed || (strcmp(changed, line) != 0 && strings_add(shown, changed) < 0))
		return -ENOMEM;
	strings_clear(missing);
	return text_append(text, "%s", changed);
}

static int change_text(const char *before, const struct loader_words *words,
		       struct strings *missing, char **ret_text, struct strings *shown)
{
	_cleanup_free_ char *text = strdup("");

	while (text && *before) {
		size_t length = strcspn(before, "\n");
		_cleanup_free_ char *line = strndup(before, length);

		if (!line || add_line(line, words, missing, &text, shown) < 0 ||
		    (before[length] && text_append(&text, "\n") < 0))
			return -ENOMEM;
		before += length + (before[length] == '\n');
	}
	/* of an empty file */
	if (text && missing->count) {
		_cleanup_free_ char *line = loader_join(missing);

		/* behind a comment that ends without a line feed */
		if (*text && text[strlen(text) - 1] != '\n' && text_append(&text, "\n") < 0)
			return -ENOMEM;
		if (!line || text_append(&text, "%s\n", line) < 0 || strings_add(shown, line) < 0)
			return -ENOMEM;
	}
	if (!text)
		return -ENOMEM;
	*ret_text = take_ptr(text);
	return 0;
}

/* Those that no line has. */
static int list_missing(const char *text, const struct loader_words *words, struct strings *missing)
{
	for (size_t i = 0; i < words->add.count; i++) {
		bool found = false;

		for (const char *line = text; line && !found; line = strchr(line, '\n')) {
			_cleanup_free_ char *copy = NULL;

			line += strspn(line, "\n");
			copy = strndup(line, strcspn(line, "\n"));
			if (!copy)
				return -ENOMEM;
			found = copy[strspn(copy, " \t")] != '#' &&
				kernel_line_has(copy, words->add.items[i]);
		}
		if (!found && strings_add(missing, words->add.items[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* ---- the programs ------------------------------------------------------------------------- */

/* Whether kernel-install has made an entry, or a unified image, for the kernel. */
static bool is_installed(const struct root *root, const struct loader_entries *entries,
			 const char *release)
{
	static const char *const images[] = { "boot/EFI/Linux", "efi/EFI/Linux",
					      "boot/efi/EFI/Linux" };
	_cleanup_free_ char *entry = text_format("-%s.conf", release);
	_cleanup_free_ char *image = text_format("-%s.efi", release);

	for (size_t i = 0; entry && i < entries->count; i++)
		if (strlen(entries->items[i].path) > strlen(entry) &&
		    strcmp(entries->items[i].path + strlen(entries->items[i].path) - strlen(entry),
			   entry) == 0)
			return true;
	for (size_t i = 0; image && i < ARRAY_SIZE(images); i++) {
		_cleanup_strings_ struct strings names = STRINGS_INIT;

		if (root_list(root, &names, "%s", images[i]) < 0)
			continue;
		for (size_t j = 0; j < names.count; j++)
			if (strlen(names.items[j]) > strlen(image) &&
			    strcmp(names.items[j] + strlen(names.items[j]) - strlen(image),
				   image) == 0)
				return true;
	}
	return false;
}

/* Once for each kernel that it has installed before. */
static int add_kernel_install(const struct root *root, const char *program,
			      struct loader_change *change)
{
	_cleanup_loader_entries_ struct loader_entries entries = LOADER_ENTRIES_INIT;
	_cleanup_strings_ struct strings releases = STRINGS_INIT;

	if (loader_entries_read(root, &entries) < 0)
		return -ENOMEM;
	if (root_list(root, &releases, "lib/modules") < 0)
		return 0;
	for (size_t i = 0; i < releases.count; i++) {
		const char *release = releases.items[i];
		_cleanup_free_ char *image = NULL;

		if (!is_installed(root, &entries, release))
			continue;
		image = root_exists(root, "boot/vmlinuz-%s", release)
				? text_format("/boot/vmlinuz-%s", release)
				: text_format("/lib/modules/%s/vmlinuz", release);
		if (!image ||
		    loader_add_command(change, (const char *const[]){ program, "add", release,
								      image, NULL }) < 0)
			return -ENOMEM;
	}
	return 0;
}

static bool makes_unified_images(const struct root *root)
{
	_cleanup_strings_ struct strings presets = STRINGS_INIT;

	if (root_list(root, &presets, "etc/mkinitcpio.d") < 0)
		return false;
	for (size_t i = 0; i < presets.count; i++) {
		_cleanup_free_ char *text = NULL;

		if (root_read(root, LOADER_FILE_MAX_BYTES, &text, "etc/mkinitcpio.d/%s",
			      presets.items[i]) == 0 &&
		    (strncmp(text, "default_uki=", strlen("default_uki=")) == 0 ||
		     strstr(text, "\ndefault_uki=")))
			return true;
	}
	return false;
}

/* The first one that this host has. */
static int add_program(const struct root *root, struct loader_change *change)
{
	static const struct {
		const char *name;
		const char *argument; /* NULL: none */
		const char *needs;    /* a file; NULL: none */
	} programs[] = {
		{ "proxmox-boot-tool", "refresh", "etc/kernel/proxmox-boot-uuids" },
		{ "sdbootutil", "update-all-entries", NULL },
		{ "reinstall-kernels", NULL, NULL }, /* EndeavourOS */
	};
	_cleanup_free_ char *mkinitcpio = loader_find_program(root, "mkinitcpio");
	_cleanup_free_ char *kernel_install = loader_find_program(root, "kernel-install");

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		_cleanup_free_ char *path = loader_find_program(root, programs[i].name);

		if (path && (!programs[i].needs || root_exists(root, "%s", programs[i].needs)))
			return loader_add_command(
				change, (const char *const[]){ path, programs[i].argument, NULL });
	}
	if (mkinitcpio && makes_unified_images(root))
		return loader_add_command(change, (const char *const[]){ mkinitcpio, "-P", NULL });
	return kernel_install ? add_kernel_install(root, kernel_install, change) : 0;
}

/* ---- both --------------------------------------------------------------------------------- */

static int leave(struct loader_change *change, const struct loader_words *words, char *why)
{
	_cleanup_free_ char *add = loader_join(&words->add);
	_cleanup_free_ char *line = NULL;

	if (change->lines.count)
		line = strings_join(&change->lines, "\n  ");
	return loader_leave(change, why,
			    text_format("Put into /" LOADER_CMDLINE_FILE ":\n  %s\nThen make the "
					"boot loader's entries anew, and reboot.",
					line  ? line
					: add ? add
					      : ""));
}

int loader_plan_cmdline(const struct root *root, const struct loader_words *words,
			struct loader_change *change)
{
	_cleanup_strings_ struct strings missing = STRINGS_INIT;
	int r = loader_read_text(root, LOADER_CMDLINE_FILE, &change->before);

	if (r < 0)
		return leave(
			change, words,
			text_format("/" LOADER_CMDLINE_FILE " cannot be read: %s", strerror(-r)));
	if (list_missing(change->before, words, &missing) < 0 ||
	    change_text(change->before, words, &missing, &change->after, &change->lines) < 0)
		return -ENOMEM;
	if (!change->lines.count) {
		change->state = LOADER_READY;
		return 0;
	}
	change->file = LOADER_CMDLINE_FILE;
	r = add_program(root, change);
	if (r == 0 && !change->command_count)
		r = leave(
			change, words,
			strdup("it is not known which program makes the boot loader's entries from "
			       "it"));
	return r;
}
