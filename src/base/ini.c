/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/ini.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* inih has a type of the same name as ours. */
#define ini_handler inih_handler
#include <ini.h>
#undef ini_handler

#include "base/cleanup.h"
#include "base/text.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* A name that was seen, and where. */
struct seen {
	char *name;
	unsigned int line;
};

struct seen_list {
	struct seen *items;
	size_t count;
};

/*
 * What inih is fed from. Every rule that inih has a build option for (comments, indentation, what
 * separates key and value) is applied before inih sees the line, so that it finds nothing left to
 * decide and all distributions read a file alike.
 */
struct reading {
	const char *file;
	const char *rest;
	size_t left;
	unsigned int line;
	char section[INI_HEADER_MAX_BYTES + 1]; /* "": before the first */
	struct seen_list sections;
	struct seen_list keys; /* of this section */
	bool unique_keys;
	ini_handler *handler;
	void *data;
	struct error *error;
	int result;
};

static void seen_clear(struct seen_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].name);
	free(list->items);
	*list = (struct seen_list){ 0 };
}

/* The line in which the name was seen, 0 when it was not. */
static unsigned int seen_line(const struct seen_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return list->items[i].line;
	return 0;
}

static int seen_add(struct reading *reading, struct seen_list *list, const char *name)
{
	char *copy = strdup(name);

	if (!copy || array_grow(&list->items, list->count, sizeof(*list->items)) < 0) {
		free(copy);
		return error_set_errno(reading->error, ENOMEM, "%s", reading->file);
	}
	list->items[list->count++] = (struct seen){ .name = copy, .line = reading->line };
	return 0;
}

static struct ini_event event_here(const struct reading *reading)
{
	return (struct ini_event){
		.file = reading->file,
		.line = reading->line,
		.section = reading->section,
	};
}

int ini_error(const struct ini_event *event, struct error *error, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	error_set(error, EINVAL, "%s:%u: %s", event->file, event->line, text ? text : "malformed");
	if (event->value && (event->value[0] == '#' || strstr(event->value, " #")))
		error_hint(error, "a comment behind a value starts with \" ;\", not with \"#\"");
	return -EINVAL;
}

/* ini_error() for this line: what is wrong, and the text in question. */
static int refuse(struct reading *reading, const char *what, const char *text)
{
	_cleanup_free_ char *quoted = text_quote(text);
	struct ini_event event = event_here(reading);

	return ini_error(&event, reading->error, "%s: \"%s\"", what, quoted ? quoted : "?");
}

static int refuse_repeated(struct reading *reading, const char *what, const char *name,
			   unsigned int first)
{
	refuse(reading, what, name);
	error_hint(reading->error, "the first one stands in line %u", first);
	return -EINVAL;
}

/* inih's own idea of a blank, or it would still find some to strip. */
static bool is_blank(char c)
{
	return isspace((unsigned char)c);
}

/* Strips blanks at both ends, in place. */
static char *trim(char *text)
{
	size_t length;

	while (is_blank(*text))
		text++;
	length = strlen(text);
	while (length && is_blank(text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

/* Cuts a comment off a line without leading blanks. */
static void strip_comment(char *line)
{
	if (*line == ';' || *line == '#') {
		*line = '\0';
		return;
	}
	for (char *c = line; *c; c++) {
		if (*c == ';' && c > line && is_blank(c[-1])) {
			*c = '\0';
			return;
		}
	}
}

/* Takes the next line of the text without its end into `line`. */
static int take_line(struct reading *reading, char line[INI_LINE_MAX_BYTES + 1])
{
	struct ini_event event;
	const char *start = reading->rest;
	const char *end = memchr(start, '\n', reading->left);
	size_t length = end ? (size_t)(end - start) : reading->left;
	size_t used = end ? length + 1 : length;

	reading->rest += used;
	reading->left -= used;
	reading->line++;
	event = event_here(reading);
	if (length && start[length - 1] == '\r')
		length--;
	if (memchr(start, '\0', length)) {
		ini_error(&event, reading->error, "zero byte: this is not a text file");
		error_hint(reading->error, "save the file as UTF-8 text");
		return -EINVAL;
	}
	if (length > INI_LINE_MAX_BYTES) {
		ini_error(&event, reading->error, "line of %zu bytes: at most %d are accepted",
			  length, INI_LINE_MAX_BYTES);
		error_hint(reading->error, "a long comment can be spread over several lines");
		return -EINVAL;
	}
	memcpy(line, start, length);
	line[length] = '\0';
	return 0;
}

/* Checks a header line, changing it, and tells the handler. */
static int take_header(struct reading *reading, char *line)
{
	struct ini_event event;
	char *end = strchr(line, ']');
	char *name;
	unsigned int first;
	int r;

	if (!end)
		return refuse(reading, "section header without \"]\"", line);
	if (end[1])
		return refuse(reading, "text behind a section header", trim(end + 1));
	*end = '\0';
	name = trim(line + 1);
	if (!*name)
		return refuse(reading, "empty section header", "[]");
	if (strlen(name) > INI_HEADER_MAX_BYTES) {
		event = event_here(reading);
		return ini_error(&event, reading->error,
				 "section header of %zu bytes: at most %d are accepted",
				 strlen(name), INI_HEADER_MAX_BYTES);
	}
	first = seen_line(&reading->sections, name);
	if (first)
		return refuse_repeated(reading, "duplicate section", name, first);
	r = seen_add(reading, &reading->sections, name);
	if (r < 0)
		return r;
	seen_clear(&reading->keys);
	snprintf(reading->section, sizeof(reading->section), "%s", name);
	event = event_here(reading);
	return reading->handler(&event, reading->data, reading->error);
}

/* inih takes "key: value" too, and some builds of it a key without a value. */
static int check_key(struct reading *reading, const char *line)
{
	const char *separator = strpbrk(line, "=:");
	int r;

	if (!separator || *separator != '=') {
		r = refuse(reading, "line without \"=\"", line);
		error_hint(reading->error, "a line is KEY = VALUE, [SECTION], or ; COMMENT");
		return r;
	}
	if (!reading->section[0]) {
		r = refuse(reading, "key before the first [section]", line);
		error_hint(reading->error, "put it below the [section] that it belongs to");
		return r;
	}
	return 0;
}

/* Writes the line for inih, without a blank or comment that it would have to judge. */
static int hand_over(struct reading *reading, char *ret_line, int size, char *line)
{
	bool header = *line == '[';
	int length;
	int r;

	r = header ? take_header(reading, line) : check_key(reading, line);
	if (r < 0)
		return r;
	if (header)
		length = snprintf(ret_line, (size_t)size, "[%s]\n", reading->section);
	else
		length = snprintf(ret_line, (size_t)size, "%s\n", line);
	if (length >= size)
		return refuse(reading, "line too long for this build of inih", line);
	return 0;
}

/* inih's reader, as fgets(): hands over the next line that is a header or a key. */
static char *next_line(char *ret_line, int size, void *data)
{
	struct reading *reading = data;
	char buffer[INI_LINE_MAX_BYTES + 1] = "";

	/* inih itself would go on after an error */
	while (reading->result == 0 && reading->left) {
		char *line;

		reading->result = take_line(reading, buffer);
		if (reading->result < 0)
			break;
		line = trim(buffer);
		strip_comment(line);
		line = trim(line);
		if (!*line)
			continue;
		reading->result = hand_over(reading, ret_line, size, line);
		return reading->result == 0 ? ret_line : NULL;
	}
	return NULL;
}

static int take_key(struct reading *reading, const char *key, const char *value)
{
	struct ini_event event = event_here(reading);
	unsigned int first;
	int r;

	if (!*key)
		return refuse(reading, "value without a key", value);
	if (!*value) {
		r = refuse(reading, "key without a value", key);
		error_hint(reading->error, "give it a value, or leave the line out");
		return r;
	}
	if (reading->unique_keys) {
		first = seen_line(&reading->keys, key);
		if (first)
			return refuse_repeated(reading, "duplicate key", key, first);
		r = seen_add(reading, &reading->keys, key);
		if (r < 0)
			return r;
	}
	event.key = key;
	event.value = value;
	return reading->handler(&event, reading->data, reading->error);
}

/* inih's handler; non-zero is success. */
static int on_key(void *data, const char *section, const char *key, const char *value)
{
	struct reading *reading = data;

	(void)section; /* the reader has it whole */
	if (!key)      /* some builds of inih announce sections so */
		return 1;
	if (reading->result == 0)
		reading->result = take_key(reading, key, value ? value : "");
	return reading->result == 0;
}

int ini_parse_text(const char *file, const char *text, size_t length, bool unique_keys,
		   ini_handler *handler, void *data, struct error *error)
{
	struct reading reading = {
		.file = file,
		.rest = text,
		.left = length,
		.unique_keys = unique_keys,
		.handler = handler,
		.data = data,
		.error = error,
	};
	size_t mark = strlen(BYTE_ORDER_MARK);
	int r;

	if (length >= mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0) {
		reading.rest += mark;
		reading.left -= mark;
	}
	r = ini_parse_stream(next_line, &reading, on_key, &reading);
	seen_clear(&reading.sections);
	seen_clear(&reading.keys);
	if (reading.result < 0)
		return reading.result;
	if (r == -2)
		return error_set_errno(error, ENOMEM, "%s", file);
	if (r != 0)
		return error_set(error, EINVAL, "%s: refused by inih", file);
	return 0;
}
