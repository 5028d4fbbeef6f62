/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/grub_file.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define NAME_CHARACTERS LETTERS "0123456789"
/* A value without quotes that a shell takes as it is. */
#define BARE_CHARACTERS NAME_CHARACTERS "./:,=+-@%"
/* In quotes; in single ones too, since GRUB's own scripts read the value once more. */
#define SPECIAL_CHARACTERS "\\$`"
#define BLANKS " \t"

/* The one line that sets a variable: between `begin` and `end` is what stands behind the "=". */
struct place {
	const char *begin, *end;
	const char *value;
	size_t length;
	char quote; /* 0: none */
};

static char quote_of(const struct place *place)
{
	return place->quote == '\'' ? '\'' : '"';
}

/* Where a line of the file begins for the shell. */
enum context { TOP, IN_SINGLE, IN_DOUBLE, CONTINUED };

/* The context of the next line, after this one of `length` characters. */
static enum context scan_line(const char *line, size_t length, enum context context)
{
	for (size_t i = 0; i < length; i++) {
		char c = line[i];

		if (context == CONTINUED)
			context = TOP;
		if (context == TOP && c == '#' && (i == 0 || strchr(BLANKS ";", line[i - 1])))
			return TOP;
		if (c == '\\' && context != IN_SINGLE) {
			if (++i == length)
				return context == TOP ? CONTINUED : context;
		} else if (c == '\'' && context != IN_DOUBLE) {
			context = context == TOP ? IN_SINGLE : TOP;
		} else if (c == '"' && context != IN_SINGLE) {
			context = context == TOP ? IN_DOUBLE : TOP;
		}
	}
	return context == CONTINUED ? TOP : context;
}

/* Whether the line, which begins at the top, is empty, a comment or an assignment. */
static bool is_assignment(const char *line, size_t length)
{
	size_t at = strspn(line, BLANKS);
	size_t name;
	bool export;

	if (at >= length || line[at] == '#')
		return true;
	export = strncmp(line + at, "export ", strlen("export ")) == 0;
	if (export)
		at += strlen("export ");
	name = strspn(line + at, NAME_CHARACTERS);
	at += name;
	if (!name || memmem(line, length, "<<", 2))
		return false;
	return line[at] == '=' || strncmp(line + at, "+=", 2) == 0 || (export && at == length);
}

/* Whether the line sets the variable somewhere, in whatever way. */
static bool mentions(const char *line, size_t length, const char *variable)
{
	size_t name = strlen(variable);
	const char *at = line;

	while ((at = memmem(at, length - (size_t)(at - line), variable, name))) {
		const char *behind = at + name;

		if ((at == line || !strchr(NAME_CHARACTERS, at[-1])) &&
		    (*behind == '=' || strncmp(behind, "+=", 2) == 0))
			return true;
		at = behind;
	}
	return false;
}

/* Takes apart what stands behind the "=". */
static bool read_value(const char *value, size_t length, struct place *ret_place)
{
	struct place place = { .begin = value, .value = value };
	const char *end = value + length;
	const char *behind;

	if (length && strchr("\"'", *value)) {
		place.quote = *value;
		place.value++;
		behind = memchr(place.value, place.quote, length - 1);
		if (!behind)
			return false;
		place.length = (size_t)(behind - place.value);
		place.end = behind + 1;
	} else {
		while (place.length < length && strchr(BARE_CHARACTERS, value[place.length]))
			place.length++;
		place.end = value + place.length;
	}
	for (size_t i = 0; i < place.length; i++)
		if (strchr(SPECIAL_CHARACTERS, place.value[i]))
			return false;
	behind = place.end;
	while (behind < end && strchr(BLANKS, *behind))
		behind++;
	if (behind < end && (*behind != '#' || behind == place.end))
		return false;
	*ret_place = place;
	return true;
}

static enum grub_line find(const char *text, const char *variable, struct place *ret_place)
{
	size_t name = strlen(variable);
	enum grub_line found = GRUB_NONE;
	enum context context = TOP;

	while (*text) {
		size_t length = strcspn(text, "\n");

		if (context == TOP && !is_assignment(text, length))
			return GRUB_OTHER;
		if (text[strspn(text, BLANKS)] != '#' && mentions(text, length, variable)) {
			if (found != GRUB_NONE || context != TOP ||
			    strncmp(text, variable, name) != 0 || text[name] != '=' ||
			    !read_value(text + name + 1, length - name - 1, ret_place))
				return GRUB_OTHER;
			found = GRUB_PLAIN;
		}
		context = scan_line(text, length, context);
		text += length + (text[length] == '\n');
	}
	return context == TOP ? found : GRUB_OTHER;
}

enum grub_line grub_file_get(const char *text, const char *variable, char **ret_value,
			     char *ret_quote)
{
	struct place place = { 0 };
	enum grub_line found = find(text, variable, &place);
	char *value;

	if (found != GRUB_PLAIN)
		return found;
	value = strndup(place.value, place.length);
	if (!value)
		return GRUB_OTHER;
	*ret_value = value;
	*ret_quote = quote_of(&place);
	return GRUB_PLAIN;
}

char *grub_file_set(const char *text, const char *variable, const char *value)
{
	struct place place = { 0 };
	size_t length = strlen(text);
	char quote;

	switch (find(text, variable, &place)) {
	case GRUB_NONE:
		return text_format("%s%s%s=\"%s\"\n", text,
				   length && text[length - 1] != '\n' ? "\n" : "", variable, value);
	case GRUB_PLAIN:
		quote = quote_of(&place);
		return text_format("%.*s%c%s%c%s", (int)(place.begin - text), text, quote, value,
				   quote, place.end);
	case GRUB_OTHER:
		break;
	}
	return NULL;
}

bool grub_file_sets(const char *text, const char *variable)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (text[strspn(text, BLANKS)] != '#' && mentions(text, length, variable))
			return true;
		text += length + (text[length] == '\n');
	}
	return false;
}
