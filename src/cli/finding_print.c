/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/finding_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/table.h"

#define WIDTH 80
#define HEAD 15  /* of what stands behind "GH101 warning  " */
#define INDENT 9 /* of what stands behind "  Why:   " */

static const char *const colors[] = {
	[SEVERITY_ERROR] = "red",
	[SEVERITY_WARNING] = "yellow",
	[SEVERITY_NOTE] = "cyan",
};

/* ---- for a person ------------------------------------------------------------------------- */

/* Its width on a terminal: of UTF-8, bytes that go on with a character take none. */
static size_t width_of(const char *text, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

/* How many bytes the next word has; a blank between backquotes does not end it. */
static size_t word_length(const char *text, size_t length)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < length && (quoted || text[i] != ' '); i++)
		quoted ^= text[i] == '`';
	/* one that stands alone */
	return quoted ? strcspn(text, " ") : i;
}

/* A line of prose of `length` bytes, which begins at `column`; broken at its blanks. */
static void print_prose(const char *line, size_t length, size_t column, size_t indent)
{
	bool first = true;

	for (size_t i = 0; i < length;) {
		size_t word = word_length(line + i, length - i);
		size_t width = width_of(line + i, word);

		if (!first && column + 1 + width > WIDTH) {
			printf("\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)word, line + i);
		column += width;
		i += word + (i + word < length);
		first = false;
	}
	putchar('\n');
}

/* Lines that begin with two blanks are commands, or lists, and never broken. */
static void print_part(const char *label, const char *foreign)
{
	_cleanup_free_ char *printable = text_printable(foreign);
	const char *text = printable ? printable : "";
	bool first = true;

	while (*text) {
		size_t length = strcspn(text, "\n");
		bool whole = strncmp(text, "  ", 2) == 0;

		printf("  %-*s", INDENT - 2, first ? label : "");
		if (whole)
			/* alone it stands where prose would */
			printf("%.*s\n", (int)length - (first ? 2 : 0), text + (first ? 2 : 0));
		else
			print_prose(text, length, INDENT, INDENT);
		text += length + (text[length] == '\n');
		first = false;
	}
}

static void print_one(const struct finding *finding, bool color)
{
	static const char *const escapes[] = {
		[SEVERITY_ERROR] = "\033[1;31m",
		[SEVERITY_WARNING] = "\033[1;33m",
		[SEVERITY_NOTE] = "\033[36m",
	};
	enum severity severity = finding_severity(finding->kind);
	_cleanup_free_ char *about = text_quote(finding->about);
	_cleanup_free_ char *title =
		text_format("%s: %s", about ? about : "?", finding_title(finding->kind));

	printf("%s %s%-8s%s ", finding_id(finding->kind), color ? escapes[severity] : "",
	       severity_name(severity), color ? "\033[0m" : "");
	if (title)
		print_prose(title, strlen(title), HEAD, HEAD);
	print_part("Why:", finding->cause);
	print_part("To do:", finding->fix);
	putchar('\n');
}

void finding_print_text(const struct findings *findings)
{
	bool color = table_has_colors();
	bool before = false;

	for (size_t i = 0; i < findings->count; i++)
		print_one(&findings->items[i], color);
	for (enum severity severity = SEVERITY_ERROR; severity < SEVERITY_COUNT; severity++) {
		size_t count = findings_count(findings, severity);

		if (count == 0)
			continue;
		printf("%s%zu %s%s", before ? ", " : "", count, severity_name(severity),
		       count == 1 ? "" : "s");
		before = true;
	}
	printf("%s\n", before ? "; gpu-handoff-findings(7) tells more." : "");
}

/* ---- as a table --------------------------------------------------------------------------- */

int finding_print_table(const struct verb *verb, const struct command *command,
			const struct findings *findings)
{
	static const struct table_column columns[] = {
		{ "ID", TABLE_STRING, 0 },
		{ "SEVERITY", TABLE_STRING, 0 },
		{ "ABOUT", TABLE_STRING, 0 },
		{ "TITLE", TABLE_STRING, TABLE_WRAP },
		{ "CAUSE", TABLE_STRING, TABLE_EXTRA | TABLE_WRAP },
		{ "FIX", TABLE_STRING, TABLE_EXTRA | TABLE_WRAP },
		{ 0 },
	};
	_cleanup_table_ struct table *table = table_new("findings", columns);

	for (size_t i = 0; table && i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		enum severity severity = finding_severity(finding->kind);
		const char *cells[] = {
			finding_id(finding->kind),    severity_name(severity), finding->about,
			finding_title(finding->kind), finding->cause,          finding->fix,
		};
		struct table_row *row = table_add(table, NULL, cells);

		if (!row)
			return command_no_memory();
		table_color(row, 1, colors[severity]);
	}
	return table ? table_print_all(verb, command, &table, 1) : command_no_memory();
}

int finding_print_kinds(const struct verb *verb, const struct command *command)
{
	static const struct table_column columns[] = {
		{ "ID", TABLE_STRING, 0 },
		{ "SEVERITY", TABLE_STRING, 0 },
		{ "TITLE", TABLE_STRING, TABLE_WRAP },
		{ 0 },
	};
	_cleanup_table_ struct table *table = table_new("findings", columns);

	for (enum finding_kind kind = 0; table && kind < FINDING_KINDS; kind++) {
		const char *cells[] = { finding_id(kind), severity_name(finding_severity(kind)),
					finding_title(kind) };
		struct table_row *row = table_add(table, NULL, cells);

		if (!row)
			return command_no_memory();
		table_color(row, 1, colors[finding_severity(kind)]);
	}
	return table ? table_print_all(verb, command, &table, 1) : command_no_memory();
}
