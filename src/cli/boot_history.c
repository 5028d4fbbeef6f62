/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/boot_history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "handoff/boot_state.h"
#include "handoff/store.h"

static const char *find_maker(const struct root *root)
{
	static const struct {
		const char *path;
		const char *command;
	} makers[] = {
		{ "usr/sbin/update-initramfs", "update-initramfs -u -k all" },
		{ "usr/bin/dracut", "dracut --force --regenerate-all" },
		{ "usr/bin/mkinitcpio", "mkinitcpio -P" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		if (root_exists(root, "%s", makers[i].path))
			return makers[i].command;
	return NULL;
}

/* Whether the initramfs had the root file system on other functions than it is on now. */
static bool has_moved(const struct store *store, const struct boot_storage *now)
{
	_cleanup_free_ char *note = NULL;
	_cleanup_free_ char *text = strings_join(&now->functions, "\n");

	return now->known && text && boot_note_read(store, BOOT_INITRAMFS_STORAGE, &note) == 0 &&
	       strcmp(note, text) != 0;
}

void boot_history_read(const struct root *root, const char *text,
		       const struct boot_storage *storage, struct boot_history *ret_history)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *note = NULL;
	_cleanup_free_ char *earlier = NULL;
	struct boot_history history = { 0 };
	int r = store_open_existing(root, &store, &error);

	history.switched_off = boot_switched_off(root);
	history.maker = find_maker(root);
	history.known = r == 0 || (r == -ENOENT && !error.code);
	if (r == 0) {
		history.initramfs = boot_note_read(&store, BOOT_INITRAMFS, &note) == 0;
		history.up_to_date = history.initramfs && strcmp(note, text) == 0;
		history.host = boot_note_read(&store, BOOT_HOST, &earlier) == 0;
		history.changed = history.host && strcmp(earlier, text) != 0;
		history.moved = has_moved(&store, storage);
	}
	*ret_history = history;
}

enum boot_initramfs boot_history_initramfs(const struct boot_history *history, size_t device_count)
{
	/* one that knows nothing of a boot.ini without a device is as it should be */
	if (!history->known || !history->maker || (!device_count && !history->initramfs))
		return INITRAMFS_AGREES;
	if (history->up_to_date)
		return history->moved ? INITRAMFS_MOVED : INITRAMFS_AGREES;
	return history->initramfs ? INITRAMFS_OLDER : INITRAMFS_IGNORANT;
}

const char *boot_history_text(enum boot_initramfs initramfs)
{
	static const char *const texts[] = {
		[INITRAMFS_AGREES] = "",
		[INITRAMFS_MOVED] = "The root file system is on other disks than the initramfs of "
				    "this boot knows: it\nmight take them.",
		[INITRAMFS_OLDER] = "The initramfs of this boot is older than boot.ini: it keeps "
				    "what that said then.",
		[INITRAMFS_IGNORANT] = "The initramfs of this boot knows nothing of boot.ini: a "
				       "driver in it would take\nthe devices first.",
	};

	return texts[initramfs];
}
