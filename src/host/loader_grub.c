/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GRUB whose grub.cfg is made from /etc/default/grub. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/grub_file.h"
#include "host/kernel_line.h"
#include "host/loader_part.h"

/* For all entries: those for recovery need an IOMMU as much as the others. */
#define VARIABLE "GRUB_CMDLINE_LINUX"
#define VARIABLE_DEFAULT "GRUB_CMDLINE_LINUX_DEFAULT"
#define DROP_INS "etc/default/grub.d"
#define RESULT_MAX_BYTES (16 * 1024 * 1024)

/* One of the two lines. */
struct line {
	const char *variable;
	enum grub_line found;
	char *before, *after;
	char quote;
};

/*
 * The file in /etc/default/grub.d that sets the variable, and so has the last word; the caller
 * frees it. NULL: none does.
 */
static char *find_drop_in(const struct root *root, const char *variable)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;

	if (root_list(root, &names, DROP_INS) < 0)
		return NULL;
	for (size_t i = 0; i < names.count; i++) {
		const char *suffix = strrchr(names.items[i], '.');
		_cleanup_free_ char *text = NULL;

		if (suffix && strcmp(suffix, ".cfg") == 0 &&
		    root_read(root, LOADER_FILE_MAX_BYTES, &text, DROP_INS "/%s", names.items[i]) ==
			    0 &&
		    grub_file_sets(text, variable))
			return text_format("/" DROP_INS "/%s", names.items[i]);
	}
	return NULL;
}

/* ---- the program -------------------------------------------------------------------------- */

static const char *find_result(const struct root *root, const char *const *candidates)
{
	for (size_t i = 0; candidates[i]; i++)
		if (root_exists(root, "%s", candidates[i]))
			return candidates[i];
	return NULL;
}

/*
 * What makes grub.cfg anew. Without a command in the end: where grub.cfg is, is not known.
 * update-grub knows it by itself.
 */
static int add_program(const struct root *root, struct loader_change *change)
{
	static const char *const of_grub[] = { "boot/grub/grub.cfg", "boot/grub2/grub.cfg", NULL };
	static const char *const of_grub2[] = { "boot/grub2/grub.cfg", "boot/grub/grub.cfg", NULL };
	_cleanup_free_ char *program = loader_find_program(root, "update-grub");
	_cleanup_free_ char *output = NULL;
	const char *const *candidates = of_grub2;

	if (program) {
		change->result = find_result(root, of_grub);
		return loader_add_command(change, (const char *const[]){ program, NULL });
	}
	program = loader_find_program(root, "grub2-mkconfig");
	if (!program) {
		program = loader_find_program(root, "grub-mkconfig");
		candidates = of_grub;
	}
	change->result = find_result(root, candidates);
	if (!program || !change->result)
		return 0;
	output = text_format("/%s", change->result);
	return output ? loader_add_command(change,
					   (const char *const[]){ program, "-o", output, NULL })
		      : -ENOMEM;
}

bool loader_result_has(const struct root *root, const char *result,
		       const struct loader_words *words)
{
	_cleanup_free_ char *text = NULL;
	bool found = false;
	char *rest = NULL;

	if (!result || root_read(root, RESULT_MAX_BYTES, &text, "%s", result) < 0)
		return true;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		line += strspn(line, " \t");
		if (strncmp(line, "linux", strlen("linux")) != 0)
			continue;
		if (loader_line_is_ready(line, words))
			return true;
		found = true;
	}
	return !found;
}

/* ---- the file ----------------------------------------------------------------------------- */

/* For a file that is not to be edited. */
static int leave(struct loader_change *change, const struct loader_words *words, char *why)
{
	_cleanup_free_ char *command =
		change->command_count ? loader_command_text(&change->commands[0]) : NULL;
	_cleanup_free_ char *add = loader_join(&words->add);
	_cleanup_free_ char *remove = loader_join(&words->remove);

	if (!add || !remove) {
		free(why);
		return -ENOMEM;
	}
	return loader_leave(change, why,
			    text_format("See to it that " VARIABLE " in /" GRUB_FILE " has:\n  %s\n"
					"and that neither this nor " VARIABLE_DEFAULT
					" has one of:\n  %s\n"
					"Then make grub.cfg anew%s%s, and reboot.",
					add, remove, command ? ": " : "", command ? command : ""));
}

static int read_line(const char *text, struct line *line)
{
	line->found = grub_file_get(text, line->variable, &line->before, &line->quote);
	if (line->found == GRUB_NONE) {
		line->before = strdup("");
		line->quote = '"';
	}
	return line->found == GRUB_OTHER || line->before ? 0 : -ENOMEM;
}

/* Puts the line into the text in *text. */
static int put_line(struct loader_change *change, const struct line *line, char **text)
{
	_cleanup_free_ char *shown = NULL;
	char *changed;

	if (strcmp(line->before, line->after) == 0)
		return 0;
	shown = text_format("%s=%c%s%c", line->variable, line->quote, line->after, line->quote);
	changed = grub_file_set(*text, line->variable, line->after);
	free(*text);
	*text = changed;
	return shown && changed ? strings_add(&change->lines, shown) : -ENOMEM;
}

/* The words that the second line does not give to all entries but those for recovery. */
static int list_missing(const struct loader_words *words, const struct line *other, bool counts,
			struct strings *missing)
{
	for (size_t i = 0; i < words->add.count; i++)
		if (!(counts && kernel_line_has(other->before, words->add.items[i])) &&
		    strings_add(missing, words->add.items[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int change_lines(const struct root *root, const struct loader_words *words,
			struct line *line, struct line *other, struct loader_change *change)
{
	static const struct strings nothing = STRINGS_INIT;
	_cleanup_strings_ struct strings missing = STRINGS_INIT;
	_cleanup_free_ char *drop_in = find_drop_in(root, VARIABLE_DEFAULT);
	_cleanup_free_ char *text = strdup(change->before);

	if (!text || list_missing(words, other, !drop_in, &missing) < 0)
		return -ENOMEM;
	line->after = kernel_line_change(line->before, &words->remove, &missing);
	other->after = kernel_line_change(other->before, &words->remove, &nothing);
	if (!line->after || !other->after || put_line(change, line, &text) < 0 ||
	    put_line(change, other, &text) < 0)
		return -ENOMEM;
	if (change->lines.count) {
		change->file = GRUB_FILE;
		change->after = take_ptr(text);
	} else if (loader_result_has(root, change->result, words)) {
		change->state = LOADER_READY;
	}
	return 0;
}

static int plan_lines(const struct root *root, const struct loader_words *words, struct line *line,
		      struct line *other, struct loader_change *change)
{
	_cleanup_free_ char *drop_in = find_drop_in(root, VARIABLE);

	if (read_line(change->before, line) < 0 || read_line(change->before, other) < 0)
		return -ENOMEM;
	if (drop_in)
		return leave(change, words, text_format("%s sets " VARIABLE " too", drop_in));
	if (line->found == GRUB_OTHER || other->found == GRUB_OTHER)
		return leave(change, words,
			     text_format("only a shell can tell what /" GRUB_FILE " sets\n%s to",
					 (line->found == GRUB_OTHER ? line : other)->variable));
	return change_lines(root, words, line, other, change);
}

int loader_plan_grub(const struct root *root, const struct loader_words *words,
		     struct loader_change *change)
{
	struct line line = { .variable = VARIABLE };
	struct line other = { .variable = VARIABLE_DEFAULT };
	int r = add_program(root, change);

	if (r < 0)
		return r;
	r = loader_read_text(root, GRUB_FILE, &change->before);
	if (r < 0)
		return leave(change, words,
			     text_format("/" GRUB_FILE " cannot be read: %s", strerror(-r)));
	r = plan_lines(root, words, &line, &other, change);
	if (r == 0 && change->state == LOADER_TO_DO && !change->command_count)
		r = leave(change, words, strdup("where this host's grub.cfg is, is not known"));
	free(line.before);
	free(line.after);
	free(other.before);
	free(other.after);
	return r;
}
