/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that change the kernel's command line themselves, and entries that nothing changes. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/kernel_line.h"
#include "host/loader_entry.h"
#include "host/loader_part.h"

#define KERNELSTUB_FILE "etc/kernelstub/configuration"

/* Those that are not to be there and are, in an entry or in the running kernel's line. */
static int list_present(const struct root *root, const struct loader_words *words,
			const struct loader_entries *entries, struct strings *present)
{
	_cleanup_free_ char *running = NULL;

	if (root_read(root, LOADER_FILE_MAX_BYTES, &running, "proc/cmdline") == -ENOMEM)
		return -ENOMEM;
	for (size_t i = 0; i < words->remove.count; i++) {
		const char *word = words->remove.items[i];
		bool found = running && kernel_line_has_word(running, word);

		for (size_t j = 0; j < entries->count && !found; j++)
			found = kernel_line_has_word(entries->items[j].options, word);
		if (found && strings_add(present, word) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* ---- grubby ------------------------------------------------------------------------------- */

static int plan_grubby(const char *program, const struct loader_words *words,
		       const struct strings *present, struct loader_change *change)
{
	_cleanup_free_ char *add = loader_join(&words->add);
	_cleanup_free_ char *remove = loader_join(present);
	_cleanup_free_ char *add_option = add ? text_format("--args=%s", add) : NULL;
	_cleanup_free_ char *remove_option =
		remove ? text_format("--remove-args=%s", remove) : NULL;
	_cleanup_free_ char *back =
		present->count && remove ? text_format(" --args=\"%s\"", remove) : strdup("");
	const char *command[] = { program, "--update-kernel=ALL", NULL, NULL, NULL };
	size_t count = 2;

	if (!add_option || !remove_option || !back)
		return -ENOMEM;
	if (present->count)
		command[count++] = remove_option;
	if (words->add.count)
		command[count++] = add_option;
	change->undo = text_format("grubby --update-kernel=ALL --remove-args=\"%s\"%s", add, back);
	return change->undo ? loader_add_command(change, command) : -ENOMEM;
}

/* ---- kernelstub --------------------------------------------------------------------------- */

/* Whether the word stands in its file, which is JSON: as a string of its own. */
static bool kernelstub_has(const char *text, const char *word)
{
	_cleanup_free_ char *quoted = text_format("\"%s\"", word);

	return quoted && strstr(text, quoted);
}

/* Fills the words that it is to be told to add, and to remove. */
static int compare_kernelstub(const struct root *root, const struct loader_words *words,
			      struct loader_words *told)
{
	_cleanup_free_ char *text = NULL;
	const char *user;

	if (root_read(root, LOADER_FILE_MAX_BYTES, &text, KERNELSTUB_FILE) < 0)
		return strings_merge(&told->add, &words->add) < 0 ||
				       strings_merge(&told->remove, &words->remove) < 0
			       ? -ENOMEM
			       : 0;
	/* before it stands what a reset goes back to */
	user = strstr(text, "\"user\"");
	user = user ? user : text;
	for (size_t i = 0; i < words->add.count; i++)
		if (!kernelstub_has(user, words->add.items[i]) &&
		    strings_add(&told->add, words->add.items[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < words->remove.count; i++)
		if (kernelstub_has(user, words->remove.items[i]) &&
		    strings_add(&told->remove, words->remove.items[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int tell_kernelstub(const char *program, const char *option, const struct strings *words,
			   const char *opposite, struct loader_change *change)
{
	_cleanup_free_ char *joined = loader_join(words);

	if (!joined || text_append(&change->undo, "%skernelstub %s \"%s\"",
				   change->undo ? " && " : "", opposite, joined) < 0)
		return -ENOMEM;
	return loader_add_command(change, (const char *const[]){ program, option, joined, NULL });
}

static int plan_kernelstub(const struct root *root, const char *program,
			   const struct loader_words *words, struct loader_change *change)
{
	struct loader_words told = { 0 };
	int r = compare_kernelstub(root, words, &told);

	if (r == 0 && told.remove.count)
		r = tell_kernelstub(program, "--delete-options", &told.remove, "--add-options",
				    change);
	if (r == 0 && told.add.count)
		r = tell_kernelstub(program, "--add-options", &told.add, "--delete-options",
				    change);
	strings_clear(&told.add);
	strings_clear(&told.remove);
	if (r == 0 && !change->command_count)
		change->state = LOADER_READY;
	return r;
}

/* ---- rpm-ostree --------------------------------------------------------------------------- */

/* Appends OPTION=WORD for each of the words. */
static int add_options(const char *option, const struct strings *words, struct strings *command)
{
	for (size_t i = 0; i < words->count; i++) {
		_cleanup_free_ char *word = text_format("%s=%s", option, words->items[i]);

		if (!word || strings_add(command, word) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int plan_ostree(const char *program, const struct loader_words *words,
		       const struct strings *present, struct loader_change *change)
{
	struct strings *command;

	change->undo = strdup("rpm-ostree rollback");
	if (!change->undo ||
	    loader_add_command(change, (const char *const[]){ program, "kargs", NULL }) < 0)
		return -ENOMEM;
	command = &change->commands[change->command_count - 1];
	return add_options("--delete-if-present", present, command) < 0 ||
			       add_options("--append-if-missing", &words->add, command) < 0
		       ? -ENOMEM
		       : 0;
}

/* ---- entries that nothing changes --------------------------------------------------------- */

static int leave_entries(const struct loader_words *words, const struct loader_entries *entries,
			 const struct strings *present, struct loader_change *change)
{
	_cleanup_free_ char *add = loader_join(&words->add);
	_cleanup_free_ char *remove = loader_join(present);
	_cleanup_free_ char *text = NULL;

	if (!add || !remove)
		return -ENOMEM;
	if (!entries->count &&
	    text_append(&text, "In each file in loader/entries of the EFI system partition:\n") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < entries->count; i++)
		if (!loader_line_is_ready(entries->items[i].options, words) &&
		    text_append(&text, "In /%s:\n", entries->items[i].path) < 0)
			return -ENOMEM;
	if (text_append(&text, "add at the end of the line that begins with \"options\":\n  %s\n",
			add) < 0 ||
	    (present->count && text_append(&text, "and take out of it:\n  %s\n", remove) < 0) ||
	    text_append(&text, "Then reboot.") < 0)
		return -ENOMEM;
	return loader_leave(change, strdup("the entries of systemd-boot are written by hand here"),
			    take_ptr(text));
}

/* ---- all of them -------------------------------------------------------------------------- */

static bool are_ready(const struct loader_entries *entries, const struct loader_words *words)
{
	for (size_t i = 0; i < entries->count; i++)
		if (!loader_line_is_ready(entries->items[i].options, words))
			return false;
	return entries->count > 0;
}

int loader_plan_program(const struct root *root, const struct loader_words *words,
			struct loader_change *change)
{
	_cleanup_loader_entries_ struct loader_entries entries = LOADER_ENTRIES_INIT;
	_cleanup_strings_ struct strings present = STRINGS_INIT;
	_cleanup_free_ char *program = NULL;

	if (loader_entries_read(root, &entries) < 0 ||
	    list_present(root, words, &entries, &present) < 0)
		return -ENOMEM;
	if (change->kind == LOADER_KERNELSTUB) {
		program = loader_find_program(root, "kernelstub");
		return program ? plan_kernelstub(root, program, words, change) : -ENOMEM;
	}
	/* what rpm-ostree has prepared for the next boot is in no entry yet */
	if (change->kind == LOADER_OSTREE) {
		program = loader_find_program(root, "rpm-ostree");
		return program ? plan_ostree(program, words, &present, change) : -ENOMEM;
	}
	if (are_ready(&entries, words)) {
		change->state = LOADER_READY;
		return 0;
	}
	if (change->kind == LOADER_ENTRIES)
		return leave_entries(words, &entries, &present, change);
	program = loader_find_program(root, "grubby");
	return program ? plan_grubby(program, words, &present, change) : -ENOMEM;
}
