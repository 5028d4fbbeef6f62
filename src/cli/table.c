/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/table.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>

struct table {
	struct libscols_table *table;
	size_t column_count;
};

struct table *table_new(const char *const *columns, size_t count)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->table = scols_new_table();
	table->column_count = count;
	for (size_t i = 0; table->table && i < count; i++)
		if (!scols_table_new_column(table->table, columns[i], 0,
					    i + 1 == count ? SCOLS_FL_WRAP : 0)) {
			scols_unref_table(table->table);
			table->table = NULL;
		}
	if (!table->table) {
		free(table);
		return NULL;
	}
	return table;
}

int table_add(struct table *table, const char *const *cells)
{
	struct libscols_line *line = scols_table_new_line(table->table, NULL);

	for (size_t i = 0; line && i < table->column_count; i++)
		if (cells[i] && scols_line_set_data(line, i, cells[i]) < 0)
			return -ENOMEM;
	return line ? 0 : -ENOMEM;
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
	free(table);
}
