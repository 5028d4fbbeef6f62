/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GH304 to GH308: boot.ini, this host and its initramfs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/boot.h"
#include "cli/boot_history.h"
#include "cli/check.h"
#include "cli/claimed.h"

#define ABOUT "/" CONFIG_BOOT_FILE

static char *advise_maker(const struct boot_history *history)
{
	return history->maker ? text_format("  %s\nThen reboot.", history->maker)
			      : strdup("Make the initramfs anew, and reboot.");
}

/* Joined to one paragraph: where its lines end is for a terminal without an indent. */
static char *join_lines(const char *text)
{
	char *joined = strdup(text);

	for (char *c = joined; c && *c; c++)
		if (*c == '\n')
			*c = ' ';
	return joined;
}

static void check_initramfs(const struct boot_command *command, const struct boot_history *history,
			    struct findings *findings)
{
	enum boot_initramfs initramfs =
		boot_history_initramfs(history, command->view.config.device_count);
	_cleanup_error_ struct error error = ERROR_INIT;

	if (initramfs != INITRAMFS_AGREES)
		finding_add(findings, FINDING_BOOT_INITRAMFS, ABOUT,
			    join_lines(boot_history_text(initramfs)), advise_maker(history));
	if (history->known)
		return;
	error_set_errno(&error, EACCES, "cannot see what the initramfs of this boot knew");
	finding_add_unseen(findings, FINDING_CONFIG_UNSEEN, ABOUT, &error);
}

static void check_errors(const struct errors *errors, struct findings *findings)
{
	for (size_t i = 0; i < errors->count; i++)
		finding_add_error(findings, FINDING_BOOT_REFUSED,
				  errors->items[i].device ? NULL : ABOUT, &errors->items[i], NULL);
}

/* Whether the function is as boot.ini says, or for a good reason not. */
static bool is_kept(const struct selected_function *selected, const struct claimed *claimed)
{
	return text_same(selected->function->driver, selected->device->driver) ||
	       claimed_find(claimed, selected->function->name);
}

static void check_device(const struct boot_command *command, const struct config_device *device,
			 const struct claimed *claimed, struct findings *findings)
{
	const struct selection *selection = &command->view.selection;
	const char *first = NULL;
	_cleanup_free_ char *list = NULL;

	for (size_t i = 0; i < selection->count; i++) {
		const struct pci_function *function = selection->items[i].function;
		const char *driver = function->driver;

		if (selection->items[i].device != device || is_kept(&selection->items[i], claimed))
			continue;
		if (!first)
			first = function->name;
		if (text_append(&list, "\n  %s  %s", function->name,
				driver ? driver : "(no driver)") < 0)
			findings->no_memory = true;
	}
	if (first)
		finding_add(findings, FINDING_BOOT_DISAGREES, first,
			    text_format("[device %s] of " ABOUT " is to keep for %s what is on "
					"another driver:%s",
					device->label, device->driver, list ? list : ""),
			    strdup("Why it is so:\n  gpu-handoff boot\n"
				   "Moved now, if nobody uses it:\n"
				   "  gpu-handoff boot --apply"));
}

static void check_functions(const struct boot_command *command, struct findings *findings)
{
	_cleanup_claimed_ struct claimed claimed = CLAIMED_INIT;

	if (claimed_read(command->root, &claimed) < 0)
		findings->no_memory = true;
	for (size_t i = 0; i < command->view.config.device_count; i++)
		check_device(command, &command->view.config.devices[i], &claimed, findings);
}

static void check_view(const struct boot_command *command, struct findings *findings)
{
	struct boot_history history;

	boot_history_read(command->root, command->view.text, &command->storage, &history);
	check_errors(&command->view.errors, findings);
	if (history.switched_off && command->view.config.device_count) {
		finding_add(findings, FINDING_BOOT_OFF, ABOUT,
			    strdup("gpu_handoff=off is on the kernel's command line: no device was "
				   "kept from the host's drivers."),
			    strdup("Take it off again, when what it was for is mended, and "
				   "reboot."));
		return;
	}
	check_initramfs(command, &history, findings);
	check_functions(command, findings);
}

static void check_without(const struct root *root, struct findings *findings)
{
	struct boot_history history;

	boot_history_read(root, "", &BOOT_STORAGE_INIT, &history);
	if (history.initramfs)
		finding_add(findings, FINDING_BOOT_INITRAMFS, ABOUT,
			    strdup("There is none, but the initramfs of this boot still has one, "
				   "and keeps what it lists."),
			    advise_maker(&history));
}

void check_boot(const struct command *command, struct findings *findings)
{
	struct boot_command boot = { .root = &command->root };
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = boot_look(&boot, false, &error);

	if (r == 0)
		check_view(&boot, findings);
	else if (r == -ENOENT && !error.code)
		check_without(&command->root, findings);
	else if (r == -EACCES || boot.view.text)
		finding_add_unseen(findings, FINDING_CONFIG_UNSEEN, ABOUT, &error);
	else
		finding_add_error(findings, FINDING_BOOT_BROKEN, ABOUT, &error, NULL);
	boot_command_clear(&boot);
}
