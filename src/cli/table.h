/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables on standard output. The only file that includes libsmartcols is table.c. */
#ifndef GH_CLI_TABLE_H
#define GH_CLI_TABLE_H

#include <stddef.h>

struct table;

/* A table with these columns; the last one wraps on a terminal. NULL without memory. */
struct table *table_new(const char *const *columns, size_t count);

/* Appends a row with as many cells; NULL: an empty one. Returns 0 or -ENOMEM. */
int table_add(struct table *table, const char *const *cells);

/* Prints it. Returns 0 or -ENOMEM. */
int table_print(struct table *table);

void table_free(struct table *table);

static inline void cleanup_table(struct table **table)
{
	table_free(*table);
}

#define _cleanup_table_ __attribute__((cleanup(cleanup_table)))

#endif
