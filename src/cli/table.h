/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables and trees on standard output, and the same as JSON. The only file that includes
 * libsmartcols is table.c.
 */
#ifndef GH_CLI_TABLE_H
#define GH_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/verb.h"

/* What a cell is in JSON; one that is NULL is null, false, or an empty list. */
enum table_type {
	TABLE_STRING,
	TABLE_NUMBER,
	TABLE_BOOLEAN, /* the cell is "yes", "no", or NULL */
	TABLE_LIST,    /* of table_list_item()s, with line feeds between */
};

enum table_flag {
	TABLE_TREE = 1 << 0,  /* rows hang below others in this column */
	TABLE_WRAP = 1 << 1,  /* too long for the terminal: goes on below */
	TABLE_CUT = 1 << 2,   /* too long for the terminal: cut */
	TABLE_RIGHT = 1 << 3, /* to the right */
	TABLE_EXTRA = 1 << 4, /* only when asked for by --output, or in JSON */
	TABLE_FIRST = 1 << 5, /* with TABLE_CUT: cut before other columns are */
};

struct table_column {
	const char *name; /* as in the heading; in lower case the key in JSON */
	enum table_type type;
	unsigned int flags; /* of enum table_flag */
};

/* The options of verbs that print tables, for their lists of options. */
#define TABLE_OPTIONS                           \
	{ "output", 'o', OPTION_VALUE },        \
	{                                       \
		"noheadings", 'n', OPTION_ALONE \
	}

#define TABLE_HELP                                                                          \
	"  -o, --output LIST    these columns, with commas between; +LIST: these as well\n" \
	"  -n, --noheadings     no line with the columns' names\n"

struct table;
struct table_row;

/*
 * A table; `name` is its key in JSON. The columns, which end with one without a name, must outlive
 * it. NULL without memory.
 */
struct table *table_new(const char *name, const struct table_column *columns);

/*
 * Appends a row with a cell for each column, which are copied; NULL: an empty one. `parent`: the
 * row that it hangs below, NULL for none. Returns the row, the table's, or NULL without memory.
 */
struct table_row *table_add(struct table *table, struct table_row *parent,
			    const char *const *cells);

/* Whether standard output is a terminal whose user has nothing against colours (no-color.org). */
bool table_has_colors(void);

/* Gives a cell a colour's name, "red", for terminals; see terminal-colors.d(5). */
void table_color(struct table_row *row, size_t column, const char *color);

/*
 * Prints the tables as text, or all in one JSON object, as the command wants it. Empty tables are
 * left out of the text. Returns the exit status: EXIT_DONE, EXIT_USAGE for a column that there is
 * not, or EXIT_FAILED, which it has reported.
 */
int table_print_all(const struct verb *verb, const struct command *command,
		    struct table *const *tables, size_t count);

/*
 * A text as an item of a cell that is a list: as text_encode(), and a line feed as \x0a. The caller
 * frees it. NULL without memory.
 */
char *table_list_item(const char *text);

bool table_is_empty(const struct table *table);

/* Prints one as text. Returns 0 or -ENOMEM. */
int table_print(struct table *table);

void table_free(struct table *table);

static inline void cleanup_table(struct table **table)
{
	table_free(*table);
}

#define _cleanup_table_ __attribute__((cleanup(cleanup_table)))

#endif
