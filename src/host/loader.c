/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "host/kernel_line.h"
#include "host/loader_part.h"

/* ---- for the parts ------------------------------------------------------------------------ */

int loader_add_command(struct loader_change *change, const char *const *words)
{
	struct strings *command;

	if (array_grow(&change->commands, change->command_count, sizeof(*change->commands)) < 0)
		return -ENOMEM;
	command = &change->commands[change->command_count++];
	for (; *words; words++)
		if (strings_add(command, *words) < 0)
			return -ENOMEM;
	return 0;
}

int loader_read_text(const struct root *root, const char *path, char **ret_text)
{
	_cleanup_close_ int fd = root_open(root, O_RDONLY | O_NOCTTY, "%s", path);
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r;

	if (fd < 0)
		return fd;
	r = file_read(fd, LOADER_FILE_MAX_BYTES, &text, &length);
	if (r < 0)
		return r;
	if (strlen(text) != length)
		return -EILSEQ;
	*ret_text = take_ptr(text);
	return 0;
}

int loader_leave(struct loader_change *change, char *why, char *by_hand)
{
	free(change->why);
	free(change->by_hand);
	change->state = LOADER_BY_HAND;
	change->why = why;
	change->by_hand = by_hand;
	return by_hand ? 0 : -ENOMEM;
}

bool loader_line_is_ready(const char *line, const struct loader_words *words)
{
	for (size_t i = 0; i < words->add.count; i++)
		if (!kernel_line_has(line, words->add.items[i]))
			return false;
	for (size_t i = 0; i < words->remove.count; i++)
		if (kernel_line_has_word(line, words->remove.items[i]))
			return false;
	return true;
}

/* ---- loaders that are not changed here ---------------------------------------------------- */

static int leave_nixos(const struct loader_words *words, struct loader_change *change)
{
	_cleanup_free_ char *add = strings_join(&words->add, "\" \"");

	return loader_leave(change, strdup("NixOS makes it from the system's configuration"),
			    add ? text_format("Put into it, and take out what contradicts it:\n"
					      "  boot.kernelParams = [ \"%s\" ];\n"
					      "Then run nixos-rebuild boot, and reboot.",
					      add)
				: NULL);
}

static int leave_unknown(const struct loader_words *words, struct loader_change *change)
{
	_cleanup_free_ char *add = loader_join(&words->add);
	_cleanup_free_ char *remove = loader_join(&words->remove);

	return loader_leave(change, strdup("this host's boot loader is not known"),
			    add && remove
				    ? text_format("Add to the kernel's command line, where your "
						  "boot loader has it:\n  %s\nTake out of it, "
						  "where it is there:\n  %s\nThen reboot.",
						  add, remove)
				    : NULL);
}

/* ---- all of them -------------------------------------------------------------------------- */

static int plan(const struct root *root, const struct loader_words *words,
		struct loader_change *change)
{
	switch (change->kind) {
	case LOADER_GRUB:
		return loader_plan_grub(root, words, change);
	case LOADER_CMDLINE:
		return loader_plan_cmdline(root, words, change);
	case LOADER_OSTREE:
	case LOADER_KERNELSTUB:
	case LOADER_GRUBBY:
	case LOADER_ENTRIES:
		return loader_plan_program(root, words, change);
	case LOADER_NIXOS:
		return leave_nixos(words, change);
	case LOADER_UNKNOWN:
		break;
	}
	return leave_unknown(words, change);
}

int loader_plan(const struct root *root, const struct loader_words *words,
		struct loader_change *ret_change)
{
	_cleanup_loader_change_ struct loader_change change = {
		.state = LOADER_TO_DO,
		.kind = loader_find(root),
	};
	_cleanup_free_ char *line = NULL;

	if (root_read(root, LOADER_FILE_MAX_BYTES, &line, "proc/cmdline") == 0)
		change.running = loader_line_is_ready(line, words);
	if (plan(root, words, &change) < 0)
		return -ENOMEM;
	/* where it cannot be seen, somebody has seen to it */
	if (change.running && (change.state == LOADER_BY_HAND || change.kind == LOADER_OSTREE))
		change.state = LOADER_READY;
	*ret_change = change;
	change = LOADER_CHANGE_INIT;
	return 0;
}

/* One word; what is behind "=" is quoted alone, as people write it. */
static int add_word(char **text, const char *word)
{
	const char *value = strchr(word, '=');
	int length = strncmp(word, "--", 2) == 0 && value ? (int)(value + 1 - word) : 0;

	return strpbrk(word, " \t") ? text_append(text, "%.*s\"%s\"", length, word, word + length)
				    : text_append(text, "%s", word);
}

char *loader_command_text(const struct strings *command)
{
	_cleanup_free_ char *text = NULL;
	const char *slash = strrchr(command->items[0], '/');

	if (text_append(&text, "%s", slash ? slash + 1 : command->items[0]) < 0)
		return NULL;
	for (size_t i = 1; i < command->count; i++)
		if (text_append(&text, " ") < 0 || add_word(&text, command->items[i]) < 0)
			return NULL;
	return take_ptr(text);
}

void loader_change_clear(struct loader_change *change)
{
	free(change->before);
	free(change->after);
	strings_clear(&change->lines);
	for (size_t i = 0; i < change->command_count; i++)
		strings_clear(&change->commands[i]);
	free(change->commands);
	free(change->undo);
	free(change->why);
	free(change->by_hand);
	*change = LOADER_CHANGE_INIT;
}
