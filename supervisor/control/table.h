/* SPDX-License-Identifier: MIT */
/* Rows of text in columns, for a terminal or a pipe. Pure. */
#ifndef SUPERVISOR_CONTROL_TABLE_H
#define SUPERVISOR_CONTROL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

enum { TABLE_COLUMNS_MAX = 9, TABLE_CELL_SIZE = 200 };

enum table_color {
	TABLE_PLAIN,
	TABLE_BOLD,
	TABLE_GOOD,
	TABLE_BUSY,
	TABLE_BAD,
};

/* Where it is to be shown. */
struct table_style {
	int width; /* columns of the terminal: what does not fit is cut; 0: no limit */
	bool has_color;
};

struct table_row {
	char cells[TABLE_COLUMNS_MAX][TABLE_CELL_SIZE];
	enum table_color colors[TABLE_COLUMNS_MAX];
};

/* { 0 } is empty. */
struct table {
	struct table_row *rows; /* owned */
	size_t count, columns;
	bool is_broken; /* memory ran out: nothing will be shown */
};

/* Begins a row, whose cells are empty. The row is borrowed until the next one; never NULL. */
struct table_row *table_add_row(struct table *table);

/* Fills the cell. What could trouble a terminal comes out as '?'. */
void table_set(struct table *table, size_t column, enum table_color color, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Appends all rows, the cells of a column below each other, and empties the table. */
void table_render(struct table *table, const struct table_style *style, struct strbuf *out);

/* Appends a line of its own in this way. */
void table_line(const char *text, enum table_color color, const struct table_style *style,
	struct strbuf *out);

#endif
