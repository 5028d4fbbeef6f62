/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/table.h"

#include <ctype.h>
#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Of the form of JSON that is printed, see gpu-handoff-json(5). */
#define JSON_VERSION 1

struct table {
	struct libscols_table *table;
	const struct table_column *columns;
	struct libscols_column **made; /* in the order of `columns` */
};

static int add_column(struct libscols_table *table, const struct table_column *column,
		      struct libscols_column **ret_column)
{
	static const int types[] = {
		[TABLE_STRING] = SCOLS_JSON_STRING,
		[TABLE_NUMBER] = SCOLS_JSON_NUMBER,
		[TABLE_BOOLEAN] = SCOLS_JSON_BOOLEAN,
		[TABLE_LIST] = SCOLS_JSON_ARRAY_STRING,
	};
	int flags = (column->flags & TABLE_TREE ? SCOLS_FL_TREE : 0) |
		    (column->flags & TABLE_WRAP || column->type == TABLE_LIST ? SCOLS_FL_WRAP : 0) |
		    (column->flags & TABLE_CUT ? SCOLS_FL_TRUNC : 0) |
		    (column->flags & TABLE_RIGHT ? SCOLS_FL_RIGHT : 0) |
		    (column->flags & TABLE_EXTRA ? SCOLS_FL_HIDDEN : 0);
	/* libsmartcols cuts those first that have a share of the width as their own */
	double width = column->flags & TABLE_FIRST ? 0.05 : 0;
	struct libscols_column *made = scols_table_new_column(table, column->name, width, flags);

	if (!made || scols_column_set_json_type(made, types[column->type]) < 0)
		return -ENOMEM;
	*ret_column = made;
	if (column->type != TABLE_LIST)
		return 0;
	scols_column_set_wrapfunc(made, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
	return scols_column_set_safechars(made, "\n");
}

bool table_has_colors(void)
{
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

struct table *table_new(const char *name, const struct table_column *columns)
{
	struct table *table = calloc(1, sizeof(*table));
	size_t count = 0;
	bool made;

	if (!table)
		return NULL;
	table->columns = columns;
	table->table = scols_new_table();
	while (columns[count].name)
		count++;
	table->made = calloc(count + 1, sizeof(struct libscols_column *));
	made = table->table && table->made && scols_table_set_name(table->table, name) == 0;
	for (size_t i = 0; made && columns[i].name; i++)
		made = add_column(table->table, &columns[i], &table->made[i]) == 0;
	if (!made) {
		table_free(table);
		return NULL;
	}
	if (table_has_colors())
		scols_table_enable_colors(table->table, 1);
	return table;
}

struct table_row *table_add(struct table *table, struct table_row *parent, const char *const *cells)
{
	struct libscols_line *line =
		scols_table_new_line(table->table, (struct libscols_line *)parent);

	for (size_t i = 0; line && table->columns[i].name; i++)
		if (cells[i] && scols_line_set_data(line, i, cells[i]) < 0)
			return NULL;
	return (struct table_row *)line;
}

void table_color(struct table_row *row, size_t column, const char *color)
{
	struct libscols_cell *cell = scols_line_get_cell((struct libscols_line *)row, column);

	/* a table without a colour is as good */
	(void)scols_cell_set_color(cell, color);
}

char *table_list_item(const char *text)
{
	_cleanup_free_ char *encoded = text_encode(text);
	_cleanup_free_ char *item = strdup("");
	char *save = encoded;

	/* an item ends at a line feed */
	for (const char *line; encoded && item && (line = strsep(&save, "\n"));)
		if (text_append(&item, "%s%s", line, save ? "\\x0a" : "") < 0)
			return NULL;
	return encoded ? take_ptr(item) : NULL;
}

bool table_is_empty(const struct table *table)
{
	return scols_table_is_empty(table->table);
}

int table_print(struct table *table)
{
	return scols_print_table(table->table) < 0 ? -ENOMEM : 0;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	scols_unref_table(table->table);
	free(table->made);
	free(table);
}

/* ---- which columns ------------------------------------------------------------------------ */

static struct libscols_column *find_column(const struct table *table, const char *name)
{
	for (size_t i = 0; table->columns[i].name; i++)
		if (strcasecmp(table->columns[i].name, name) == 0)
			return table->made[i];
	return NULL;
}

/* As the keys of JSON are written: what is typed may be in any case. */
static void lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

static int report_column(const struct verb *verb, struct table *const *tables, size_t count,
			 const char *name)
{
	_cleanup_strings_ struct strings known = STRINGS_INIT;
	_cleanup_free_ char *word = strdup(name);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; tables[i]->columns[j].name; j++)
			if (strings_add(&known, tables[i]->columns[j].name) < 0)
				return command_no_memory();
	if (!word || array_grow(&known.items, known.count, sizeof(*known.items)) < 0)
		return command_no_memory();
	for (size_t i = 0; i < known.count; i++)
		lower(known.items[i]);
	lower(word);
	return command_usage_word(verb, "column", word, (const char *const *)known.items);
}

static void hide_all(struct table *table)
{
	for (size_t i = 0; table->columns[i].name; i++) {
		struct libscols_column *column = table->made[i];

		scols_column_set_flags(column, scols_column_get_flags(column) | SCOLS_FL_HIDDEN);
	}
}

/* Shows the column of that name, behind those before. Returns whether there is one. */
static bool show_column(struct table *const *tables, size_t count, const char *name, bool in_order,
			struct libscols_column **last)
{
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		struct libscols_column *column = find_column(tables[i], name);

		if (!column)
			continue;
		found = true;
		scols_column_set_flags(column, scols_column_get_flags(column) & ~SCOLS_FL_HIDDEN);
		if (in_order && last[i] != column &&
		    scols_table_move_column(tables[i]->table, last[i], column) == 0)
			last[i] = column;
	}
	return found;
}

static int select_columns(const struct verb *verb, const char *list, struct table *const *tables,
			  size_t count)
{
	bool more = *list == '+';
	bool any = false;
	_cleanup_free_ char *names = strdup(list + more);
	_cleanup_free_ struct libscols_column **last =
		calloc(count, sizeof(struct libscols_column *));
	char *save = NULL;

	if (!names || !last)
		return command_no_memory();
	for (size_t i = 0; !more && i < count; i++)
		hide_all(tables[i]);
	for (char *name = strtok_r(names, ", ", &save); name; name = strtok_r(NULL, ", ", &save)) {
		if (!show_column(tables, count, name, !more, last))
			return report_column(verb, tables, count, name);
		any = true;
	}
	return any ? EXIT_DONE : command_usage(verb, "--output takes names of columns");
}

/* ---- JSON --------------------------------------------------------------------------------- */

/* JSON has no way to write bytes that are not UTF-8: see gpu-handoff-json(5). */
static int encode_cells(struct table *table)
{
	struct libscols_iter *rows = scols_new_iter(SCOLS_ITER_FORWARD);
	struct libscols_line *line;
	int r = rows ? 0 : -ENOMEM;

	while (r == 0 && scols_table_next_line(table->table, rows, &line) == 0) {
		for (size_t i = 0; r == 0 && table->columns[i].name; i++) {
			struct libscols_cell *cell =
				scols_line_get_column_cell(line, table->made[i]);
			bool encode = table->columns[i].type == TABLE_STRING;
			const char *data = encode ? scols_cell_get_data(cell) : NULL;
			char *encoded = data ? text_encode(data) : NULL;

			if (data && (!encoded || scols_cell_refer_data(cell, encoded) < 0))
				r = -ENOMEM;
		}
	}
	scols_free_iter(rows);
	return r;
}

/* The length of "[", at most one "null", and "]" with blanks between; 0 when `text` begins
 * otherwise. */
static size_t empty_list_length(const char *text)
{
	const char *end = text;

	/* in a text a line feed is written as "\n" */
	if (strncmp(text, "[\n", 2) != 0)
		return 0;
	end += 1 + strspn(text + 1, " \n");
	if (strncmp(end, "null", strlen("null")) == 0)
		end += strlen("null");
	end += strspn(end, " \n");
	return *end == ']' ? (size_t)(end + 1 - text) : 0;
}

/* libsmartcols writes a list without items over lines, and in a cell as one of a null. */
static void empty_lists(char *json)
{
	char *to = json;

	for (const char *from = json; *from;) {
		size_t length = empty_list_length(from);

		if (length) {
			*to++ = '[';
			*to++ = ']';
			from += length;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

/* The table's key and value, without the object around them. The caller frees it. */
static char *format_json(struct table *table, bool all)
{
	_cleanup_free_ char *json = NULL;
	char *inside, *end;

	for (size_t i = 0; all && table->columns[i].name; i++) {
		struct libscols_column *column = table->made[i];

		scols_column_set_flags(column, scols_column_get_flags(column) & ~SCOLS_FL_HIDDEN);
	}
	if (encode_cells(table) < 0 || scols_table_enable_json(table->table, 1) < 0 ||
	    scols_print_table_to_string(table->table, &json) < 0 || !json)
		return NULL;
	empty_lists(json);
	inside = strchr(json, '{');
	end = strrchr(json, '}');
	if (!inside || !end || end <= inside)
		return NULL;
	*end = '\0';
	while (end > inside && strchr(" \n", end[-1]))
		*--end = '\0';
	return strdup(inside + 1 + strspn(inside + 1, "\n"));
}

static int print_json(struct table *const *tables, size_t count, bool all)
{
	_cleanup_free_ char *text = NULL;

	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *json = format_json(tables[i], all);

		if (!json || text_append(&text, ",\n%s", json) < 0)
			return command_no_memory();
	}
	printf("{\n   \"version\": %d%s\n}\n", JSON_VERSION, text ? text : "");
	return EXIT_DONE;
}

int table_print_all(const struct verb *verb, const struct command *command,
		    struct table *const *tables, size_t count)
{
	const char *columns = command_value(command, "output");
	int status = columns ? select_columns(verb, columns, tables, count) : EXIT_DONE;

	if (status != EXIT_DONE)
		return status;
	if (command->json)
		return print_json(tables, count, !columns);
	for (size_t i = 0; i < count; i++) {
		scols_table_enable_noheadings(tables[i]->table, command_has(command, "noheadings"));
		if (!table_is_empty(tables[i]) && table_print(tables[i]) < 0)
			return command_no_memory();
	}
	return EXIT_DONE;
}
