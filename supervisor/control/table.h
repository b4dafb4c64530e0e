/* SPDX-License-Identifier: MIT */
/* Rows of text in columns, for a terminal or a pipe. Pure. */
#ifndef SUPERVISOR_CONTROL_TABLE_H
#define SUPERVISOR_CONTROL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

enum { TABLE_COLUMNS_MAX = 10 };

enum table_color {
	TABLE_PLAIN,
	TABLE_BOLD,
	TABLE_GOOD,
	TABLE_BUSY,
	TABLE_BAD,
};

/* Where it is to be shown. */
struct table_style {
	int width; /* columns of the terminal, in which all has to fit; 0: no limit */
	bool has_color;
};

struct table_row {
	char *cells[TABLE_COLUMNS_MAX]; /* owned; NULL: empty */
	enum table_color colors[TABLE_COLUMNS_MAX];
};

/* { 0 } is empty. */
struct table {
	struct table_row *rows; /* owned */
	size_t count, columns;
	size_t spared
		[TABLE_COLUMNS_MAX]; /* columns that are left out if there is no room, in turn */
	size_t spared_count;
	bool wraps;     /* the last column goes on in the next line, and is not cut */
	bool is_broken; /* memory ran out: nothing will be shown */
};

/* Begins a row, whose cells are empty. */
void table_add_row(struct table *table);

/* Fills the cell, once. What could trouble a terminal comes out as '?'. */
void table_set(struct table *table, size_t column, enum table_color color, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The column can be spared where there is no room for all, after those that were so before. */
void table_spare(struct table *table, size_t column);

/* Appends all rows, the cells of a column below each other, and empties the table. What has no room
 * is cut. */
void table_render(struct table *table, const struct table_style *style, struct strbuf *out);

/* Appends text of its own in this way, which goes on in the next line. */
void table_line(const char *text, enum table_color color, const struct table_style *style,
	struct strbuf *out);

#endif
