/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/kernel_line.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#define BLANKS " \t\n"

struct word {
	const char *start;
	size_t length;
};

/* The first word of `text`, and false when there is none for the kernel. */
static bool find_word(const char *text, struct word *ret_word)
{
	const char *start = text + strspn(text, BLANKS);
	const char *end = start;
	bool quoted = false;

	for (; *end && (quoted || !strchr(BLANKS, *end)); end++)
		quoted ^= *end == '"';
	*ret_word = (struct word){ start, (size_t)(end - start) };
	return end > start && !(end - start == 2 && strncmp(start, "--", 2) == 0);
}

static bool same_name(const char *a, const char *b, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (a[i] != b[i] && !(strchr("-_", a[i]) && strchr("-_", b[i])))
			return false;
	return true;
}

/* The value of the word when it has the name of `parameter`; empty for a name alone. */
static bool take_value(const struct word *word, const char *parameter, struct word *ret_value)
{
	size_t name = strcspn(parameter, "=");

	if (word->length < name || !same_name(word->start, parameter, name) ||
	    (word->length > name) != (parameter[name] == '=') ||
	    (word->length > name && word->start[name] != '='))
		return false;
	name += word->length > name;
	*ret_value = (struct word){ word->start + name, word->length - name };
	return true;
}

static bool is_word(const struct word *word, const char *wanted)
{
	const char *equals = strchr(wanted, '=');
	struct word value;

	return take_value(word, wanted, &value) &&
	       (!equals || !equals[1] ||
		(strlen(equals + 1) == value.length &&
		 strncmp(equals + 1, value.start, value.length) == 0));
}

static bool has_value(const struct word *word, const char *parameter)
{
	const char *wanted = strchr(parameter, '=');
	const char *end = word->start + word->length;
	struct word value;
	size_t length;

	if (!take_value(word, parameter, &value))
		return false;
	length = wanted ? strlen(++wanted) : 0;
	for (const char *item = value.start; wanted && item <= end; item++) {
		const char *comma = memchr(item, ',', (size_t)(end - item));
		size_t size = (size_t)((comma ? comma : end) - item);

		if (size == length && strncmp(item, wanted, size) == 0)
			return true;
		item += size;
	}
	return !wanted;
}

bool kernel_line_has(const char *line, const char *parameter)
{
	struct word word;

	for (; find_word(line, &word); line = word.start + word.length)
		if (has_value(&word, parameter))
			return true;
	return false;
}

bool kernel_line_has_word(const char *line, const char *wanted)
{
	struct word word;

	for (; find_word(line, &word); line = word.start + word.length)
		if (is_word(&word, wanted))
			return true;
	return false;
}

int kernel_line_select(const char *line, const char *const *names, struct strings *words)
{
	struct word word;

	for (; find_word(line, &word); line = word.start + word.length) {
		_cleanup_free_ char *text = strndup(word.start, word.length);
		bool wanted = false;

		if (!text)
			return -ENOMEM;
		for (size_t i = 0; names[i] && !wanted; i++)
			wanted = word.length >= strlen(names[i]) &&
				 same_name(word.start, names[i], strlen(names[i]));
		if (wanted && strings_add(words, text) < 0)
			return -ENOMEM;
	}
	return 0;
}

static bool is_one_of(const struct word *word, const struct strings *words)
{
	for (size_t i = 0; i < words->count; i++)
		if (is_word(word, words->items[i]))
			return true;
	return false;
}

static bool needs_change(const char *line, const struct strings *remove, const struct strings *add)
{
	for (size_t i = 0; i < remove->count; i++)
		if (kernel_line_has_word(line, remove->items[i]))
			return true;
	for (size_t i = 0; i < add->count; i++)
		if (!kernel_line_has(line, add->items[i]))
			return true;
	return false;
}

static bool has_open_quote(const struct word *word)
{
	bool open = false;

	for (size_t i = 0; i < word->length; i++)
		open ^= word->start[i] == '"';
	return open;
}

/*
 * Cuts off the last word if its quotes are never closed: whatever came behind it would be in them.
 * The caller frees it. "" for none; NULL without memory.
 */
static char *cut_open_word(char *text)
{
	struct word word;

	for (const char *rest = text; find_word(rest, &word); rest = word.start + word.length)
		if (has_open_quote(&word)) {
			char *open = strdup(word.start);

			text[word.start - text] = '\0';
			return open;
		}
	return strdup("");
}

/* Appends the words that neither *text nor `open` has, and `open` behind them. */
static int add_words(char **text, const char *open, const struct strings *add)
{
	bool added = false;

	for (size_t i = 0; i < add->count; i++) {
		size_t length = strlen(*text);
		bool apart = !length || strchr(BLANKS, (*text)[length - 1]);

		if (kernel_line_has(*text, add->items[i]) || kernel_line_has(open, add->items[i]))
			continue;
		if (text_append(text, "%s%s", apart ? "" : " ", add->items[i]) < 0)
			return -ENOMEM;
		added = true;
	}
	return text_append(text, "%s%s", added && *open ? " " : "", open);
}

char *kernel_line_change(const char *line, const struct strings *remove, const struct strings *add)
{
	_cleanup_free_ char *text = strdup("");
	_cleanup_free_ char *open = NULL;
	const char *rest = line;
	struct word word;

	if (!text)
		return NULL;
	if (!needs_change(line, remove, add))
		return strdup(line);
	/* a word that stays keeps the blanks before it, unless it comes to stand first */
	for (; text && find_word(rest, &word); rest = word.start + word.length)
		if (!is_one_of(&word, remove) &&
		    text_append(&text, "%.*s%.*s",
				*text || rest == line ? (int)(word.start - rest) : 0, rest,
				(int)word.length, word.start) < 0)
			return NULL;
	open = text ? cut_open_word(text) : NULL;
	if (!open || add_words(&text, open, add) < 0)
		return NULL;
	/* what is for init stays apart, and behind */
	if (word.start[0] && *text && rest == word.start && text_append(&text, " ") < 0)
		return NULL;
	if (text_append(&text, "%s", *text ? rest : rest + strspn(rest, BLANKS)) < 0)
		return NULL;
	return take_ptr(text);
}
