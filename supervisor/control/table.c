/* SPDX-License-Identifier: MIT */
/* See table.h. */
#include "control/table.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { GAP = 2 }; /* between columns */

static const char *const colors[] = {
	[TABLE_PLAIN] = "",
	[TABLE_BOLD] = "\033[1m",
	[TABLE_GOOD] = "\033[32m",
	[TABLE_BUSY] = "\033[33m",
	[TABLE_BAD] = "\033[31m",
};

/* Where rows go that there is no memory for. */
static struct table_row nowhere;

struct table_row *table_add_row(struct table *table)
{
	struct table_row *rows = table->is_broken
		? NULL
		: reallocarray(table->rows, table->count + 1, sizeof(*rows));

	if (!rows) {
		table->is_broken = true;
		return &nowhere;
	}
	table->rows = rows;
	rows[table->count] = (struct table_row){ 0 };
	return &rows[table->count++];
}

static void remove_controls(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
}

void table_set(struct table *table, size_t column, enum table_color color, const char *format, ...)
{
	struct table_row *row = table->is_broken ? &nowhere : &table->rows[table->count - 1];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(row->cells[column], TABLE_CELL_SIZE, format, args); /* cut if too long */
	va_end(args);
	remove_controls(row->cells[column]);
	row->colors[column] = color;
	if (table->columns <= column)
		table->columns = column + 1;
}

/* A character of UTF-8 is one column, whatever its bytes. */
static bool is_continued(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static int columns_of(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += !is_continued(*text);
	return count;
}

/* The bytes of so many columns. */
static size_t bytes_of(const char *text, int columns)
{
	size_t length = 0;

	while (text[length] && (columns > 0 || is_continued(text[length])))
		columns -= !is_continued(text[length++]);
	return length;
}

/* Appends what fits of the text. How many columns that were. */
static int append(
	struct strbuf *out, const char *text, enum table_color color, bool has_color, int room)
{
	size_t length = bytes_of(text, room);
	bool is_colored = has_color && color != TABLE_PLAIN && length > 0;
	int columns = columns_of(text);

	if (is_colored)
		strbuf_append(out, colors[color]);
	strbuf_append_bytes(out, text, length);
	if (is_colored)
		strbuf_append(out, "\033[0m");
	return columns < room ? columns : room;
}

static int width_of(const struct table *table, size_t column)
{
	int width = 0;

	for (size_t i = 0; i < table->count; i++) {
		int columns = columns_of(table->rows[i].cells[column]);

		width = columns > width ? columns : width;
	}
	return width;
}

/* Nothing stands behind the last cell of a row, not even spaces. */
static size_t cells_of(const struct table_row *row, size_t columns)
{
	while (columns > 0 && !row->cells[columns - 1][0])
		columns--;
	return columns;
}

static void render_row(const struct table_row *row, size_t cells, const int *widths,
	const struct table_style *style, struct strbuf *out)
{
	int room = style->width > 0 ? style->width : INT_MAX;

	for (size_t i = 0; i < cells && room > 0; i++) {
		int used = append(out, row->cells[i], row->colors[i], style->has_color, room);
		int padding = i + 1 < cells ? widths[i] + GAP - used : 0;

		room -= used;
		padding = padding < room ? padding : room;
		strbuf_appendf(out, "%*s", padding, "");
		room -= padding;
	}
	strbuf_append(out, "\n");
}

void table_render(struct table *table, const struct table_style *style, struct strbuf *out)
{
	int widths[TABLE_COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < table->columns; i++)
		widths[i] = width_of(table, i);
	for (size_t i = 0; !table->is_broken && i < table->count; i++)
		render_row(&table->rows[i], cells_of(&table->rows[i], table->columns), widths,
			style, out);
	free(take_ptr(&table->rows));
	*table = (struct table){ 0 };
}

void table_line(const char *text, enum table_color color, const struct table_style *style,
	struct strbuf *out)
{
	struct table table = { 0 };

	(void)table_add_row(&table);
	table_set(&table, 0, color, "%s", text);
	table_render(&table, style, out);
}
