/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define QUOTE_MAX 80
#define WORD_MAX 40

char *text_format(const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	return text;
}

int text_append(char **text, const char *format, ...)
{
	_cleanup_free_ char *added = NULL;
	va_list arguments;
	size_t have = *text ? strlen(*text) : 0;
	char *grown;
	int length;

	va_start(arguments, format);
	length = vasprintf(&added, format, arguments);
	va_end(arguments);
	if (length < 0) {
		added = NULL;
		return -ENOMEM;
	}
	grown = realloc(*text, have + (size_t)length + 1);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + have, added, (size_t)length + 1);
	*text = grown;
	return 0;
}

bool text_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool text_cut_suffix(char *text, const char *suffix)
{
	size_t length = strlen(text);
	size_t end = strlen(suffix);

	if (length <= end || strcmp(text + length - end, suffix) != 0)
		return false;
	text[length - end] = '\0';
	return true;
}

/* The length of the UTF-8 sequence at `text` and what it stands for; 0 when there is none. */
static size_t utf8_length(const unsigned char *text, uint32_t *ret_point)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = { { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };

	*ret_point = text[0];
	if (text[0] < 0x80)
		return 1;
	for (size_t form = 0; form < ARRAY_SIZE(forms); form++) {
		uint32_t point = text[0] & (unsigned char)~forms[form].mask;

		if ((text[0] & forms[form].mask) != forms[form].lead)
			continue;
		for (size_t i = 1; i <= form + 1; i++) {
			if ((text[i] & 0xc0) != 0x80)
				return 0;
			point = point << 6 | (text[i] & 0x3f);
		}
		/* overlong forms and surrogates */
		if (point < forms[form].least || point > 0x10ffff ||
		    (point >= 0xd800 && point < 0xe000))
			return 0;
		*ret_point = point;
		return form + 2;
	}
	return 0;
}

/* The same, 0 also for control characters: the C1 ones too, which terminals obey. */
static size_t printable_length(const unsigned char *text)
{
	uint32_t point;
	size_t length = utf8_length(text, &point);

	return point < 0x20 || (point >= 0x7f && point < 0xa0) ? 0 : length;
}

/* How many bytes at its start may stay as they are; 0: the first byte may not. */
typedef size_t kept_length(const unsigned char *text);

/* The text with \xHH for what may not stay; cut, with an ellipsis, when it has `max` bytes. */
static char *escape(const char *text, size_t max, kept_length *kept)
{
	const unsigned char *in = (const unsigned char *)text;
	char *escaped = malloc(strlen(text) * 4 + sizeof("…"));
	char *out = escaped;

	if (!escaped)
		return NULL;
	while (*in && (size_t)(out - escaped) < max) {
		size_t length = kept(in);

		if (length) {
			memcpy(out, in, length);
			out += length;
			in += length;
		} else {
			out += snprintf(out, 5, "\\x%02x", *in++);
		}
	}
	if (*in)
		memcpy(out, "…", sizeof("…"));
	else
		*out = '\0';
	return escaped;
}

char *text_quote(const char *text)
{
	return escape(text, QUOTE_MAX, printable_length);
}

/* What a terminal might obey, as $'...', which POSIX and all common shells know. */
static char *shell_word_escaped(const char *text)
{
	_cleanup_free_ char *word = strdup("$'");
	const unsigned char *in = (const unsigned char *)text;

	while (word && *in) {
		size_t length = printable_length(in);
		int r;

		if (length)
			r = text_append(&word, "%s%.*s", *in == '\'' || *in == '\\' ? "\\" : "",
					(int)length, (const char *)in);
		else
			r = text_append(&word, "\\x%02x", *in);
		if (r < 0)
			return NULL;
		in += length ? length : 1;
	}
	if (!word || text_append(&word, "'") < 0)
		return NULL;
	return take_ptr(word);
}

static bool has_control_characters(const char *text)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t length = 1;

	for (; *in && length; in += length)
		length = printable_length(in);
	return !length;
}

char *text_shell_word(const char *text)
{
	_cleanup_free_ char *word = strdup("'");

	if (has_control_characters(text))
		return shell_word_escaped(text);
	if (*text && !strpbrk(text, " !\"#$&'()*;<>?[\\]^`{|}~"))
		return strdup(text);
	for (; word && *text; text++)
		if (text_append(&word, *text == '\'' ? "'\\%c'" : "%c", *text) < 0)
			return NULL;
	if (!word || text_append(&word, "'") < 0)
		return NULL;
	return take_ptr(word);
}

static size_t printable_or_newline(const unsigned char *text)
{
	return *text == '\n' ? 1 : printable_length(text);
}

char *text_printable(const char *text)
{
	return escape(text, SIZE_MAX, printable_or_newline);
}

static size_t encoded_as_is(const unsigned char *text)
{
	uint32_t point;

	return *text == '\\' ? 0 : utf8_length(text, &point);
}

char *text_encode(const char *text)
{
	return escape(text, SIZE_MAX, encoded_as_is);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * How many letters are to be put in, taken out, changed, or changed with their neighbour (optimal
 * string alignment); both words are shorter than WORD_MAX.
 */
static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1] = { 0 };
	size_t length = strlen(b);
	size_t i;

	for (size_t j = 0; j <= length; j++)
		rows[0][j] = j;
	for (i = 0; a[i]; i++) {
		const size_t *before = rows[(i + 2) % 3];
		const size_t *above = rows[i % 3];
		size_t *row = rows[(i + 1) % 3];

		row[0] = i + 1;
		for (size_t j = 0; j < length; j++) {
			row[j + 1] = smaller(smaller(above[j + 1], row[j]) + 1,
					     above[j] + (a[i] != b[j]));
			if (i && j && a[i] == b[j - 1] && a[i - 1] == b[j])
				row[j + 1] = smaller(row[j + 1], before[j - 1] + 1);
		}
	}
	return rows[i % 3][length];
}

const char *text_nearest(const char *word, const char *const *candidates)
{
	const char *best = NULL;
	size_t best_distance = 3;

	if (strlen(word) >= WORD_MAX)
		return NULL;
	for (; *candidates; candidates++) {
		size_t length = strlen(*candidates);
		size_t distance;

		if (length >= WORD_MAX)
			continue;
		distance = edit_distance(word, *candidates);
		if (distance < best_distance && distance * 2 < length) {
			best_distance = distance;
			best = *candidates;
		}
	}
	return best;
}

int strings_add(struct strings *strings, const char *text)
{
	char *copy = strdup(text);

	if (!copy || array_grow(&strings->items, strings->count, sizeof(*strings->items)) < 0) {
		free(copy);
		return -ENOMEM;
	}
	strings->items[strings->count++] = copy;
	return 0;
}

int strings_merge(struct strings *strings, const struct strings *from)
{
	for (size_t i = 0; i < from->count; i++)
		if (!strings_contain(strings, from->items[i]) &&
		    strings_add(strings, from->items[i]) < 0)
			return -ENOMEM;
	return 0;
}

bool strings_contain(const struct strings *strings, const char *text)
{
	for (size_t i = 0; i < strings->count; i++)
		if (strcmp(strings->items[i], text) == 0)
			return true;
	return false;
}

int strings_split(struct strings *strings, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = NULL;

	if (!copy)
		return -ENOMEM;
	for (char *word = strtok_r(copy, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest))
		if (strings_add(strings, word) < 0)
			return -ENOMEM;
	return 0;
}

char *strings_join(const struct strings *strings, const char *separator)
{
	_cleanup_free_ char *joined = strdup("");

	if (!joined)
		return NULL;
	for (size_t i = 0; i < strings->count; i++)
		if (text_append(&joined, "%s%s", i ? separator : "", strings->items[i]) < 0)
			return NULL;
	return take_ptr(joined);
}

void strings_clear(struct strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->items[i]);
	free(strings->items);
	*strings = STRINGS_INIT;
}

int array_grow(void *array, size_t count, size_t size)
{
	void **items = array;
	void *grown = reallocarray(*items, count + 1, size);

	if (!grown)
		return -ENOMEM;
	memset((char *)grown + count * size, 0, size);
	*items = grown;
	return 0;
}
