/* SPDX-License-Identifier: MIT */
/* See table.h. */
#include "control/table.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	GAP = 2,       /* between columns */
	INDENT = 4,    /* of what goes on in the next line */
	WRAP_MIN = 24, /* columns: with less it is not begun beside the others */
};

static const char *const colors[] = {
	[TABLE_PLAIN] = "",
	[TABLE_BOLD] = "\033[1m",
	[TABLE_GOOD] = "\033[32m",
	[TABLE_BUSY] = "\033[33m",
	[TABLE_BAD] = "\033[31m",
};

void table_add_row(struct table *table)
{
	struct table_row *rows = table->is_broken
		? NULL
		: reallocarray(table->rows, table->count + 1, sizeof(*rows));

	if (!rows) {
		table->is_broken = true;
		return;
	}
	table->rows = rows;
	rows[table->count++] = (struct table_row){ 0 };
}

static void remove_controls(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
}

void table_set(struct table *table, size_t column, enum table_color color, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	if (table->is_broken)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) == -1) {
		text = NULL; /* what it left there means nothing */
		table->is_broken = true;
	}
	va_end(args);
	if (!text)
		return;
	struct table_row *row = &table->rows[table->count - 1];

	remove_controls(text);
	free(row->cells[column]);
	row->cells[column] = text;
	row->colors[column] = color;
	if (table->columns <= column)
		table->columns = column + 1;
}

void table_spare(struct table *table, size_t column)
{
	table->spared[table->spared_count++] = column;
}

/* A character of UTF-8 is one column, whatever its bytes. */
static bool is_continued(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static int columns_of(const char *text)
{
	int count = 0;

	for (; text && *text; text++)
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

static void append(
	struct strbuf *out, const char *text, size_t length, enum table_color color, bool has_color)
{
	bool is_colored = has_color && color != TABLE_PLAIN && length > 0;

	if (is_colored)
		strbuf_append(out, colors[color]);
	strbuf_append_bytes(out, text, length);
	if (is_colored)
		strbuf_append(out, "\033[0m");
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

/* What all columns take, the gaps included; a width below 0 is of one that is left out. Those of
 * the last one that wraps are its own business. */
static int total_of(const struct table *table, const int *widths)
{
	size_t count = table->columns - (table->wraps && table->columns > 0);
	int total = 0;

	for (size_t i = 0; i < count; i++)
		if (widths[i] >= 0)
			total += widths[i] + (total > 0 ? GAP : 0);
	return total;
}

/* The widths of the columns, those left out that there is no room for. */
static void measure(const struct table *table, const struct table_style *style, int *ret)
{
	for (size_t i = 0; i < table->columns; i++)
		ret[i] = width_of(table, i);
	for (size_t i = 0; style->width > 0 && i < table->spared_count; i++)
		if (total_of(table, ret) > style->width)
			ret[table->spared[i]] = -1;
}

/* The bytes of as many whole words as fit: of the first as much as does. */
static size_t line_of(const char *text, int room)
{
	size_t length = bytes_of(text, room);
	size_t end = length;

	if (!text[length] || text[length] == ' ')
		return length;
	while (end > 0 && text[end - 1] != ' ')
		end--;
	while (end > 0 && text[end - 1] == ' ')
		end--;
	return end > 0 ? end : length;
}

/* Appends the text at that column, of which so many are filled, and as many lines below as it
 * takes. */
static void wrap(struct strbuf *out, const char *text, enum table_color color, int filled, int at,
	const struct table_style *style)
{
	int room = style->width > 0 ? style->width - at : INT_MAX;

	if (at > 0 && room < WRAP_MIN && room < columns_of(text)) {
		at = style->width > 2 * INDENT ? INDENT : 0;
		room = style->width - at;
		filled = 0;
		strbuf_append(out, "\n");
	}
	strbuf_appendf(out, "%*s", at - filled, "");
	for (;;) {
		size_t length = line_of(text, room);

		append(out, text, length, color, style->has_color);
		text += length;
		text += strspn(text, " ");
		if (!*text)
			return;
		strbuf_appendf(out, "\n%*s", at, "");
	}
}

/* Nothing stands behind the last cell of a row, not even spaces. */
static void render_row(const struct table *table, const struct table_row *row, const int *widths,
	const struct table_style *style, struct strbuf *out)
{
	int filled = 0, at = 0;

	for (size_t i = 0; i < table->columns; i++) {
		const char *text = row->cells[i];
		int room = style->width > 0 ? style->width - at : INT_MAX;

		if (widths[i] < 0)
			continue;
		if (text && *text && table->wraps && i + 1 == table->columns) {
			wrap(out, text, row->colors[i], filled, at, style);
		} else if (text && *text && room > 0) {
			strbuf_appendf(out, "%*s", at - filled, "");
			append(out, text, bytes_of(text, room), row->colors[i], style->has_color);
			filled = at + (columns_of(text) < room ? columns_of(text) : room);
		}
		at += widths[i] + GAP;
	}
	strbuf_append(out, "\n");
}

void table_render(struct table *table, const struct table_style *style, struct strbuf *out)
{
	int widths[TABLE_COLUMNS_MAX] = { 0 };

	measure(table, style, widths);
	for (size_t i = 0; i < table->count; i++) {
		if (!table->is_broken)
			render_row(table, &table->rows[i], widths, style, out);
		for (size_t j = 0; j < TABLE_COLUMNS_MAX; j++)
			free(table->rows[i].cells[j]);
	}
	free(take_ptr(&table->rows));
	*table = (struct table){ 0 };
}

void table_line(const char *text, enum table_color color, const struct table_style *style,
	struct strbuf *out)
{
	struct table table = { .wraps = true };

	table_add_row(&table);
	table_set(&table, 0, color, "%s", text);
	table_render(&table, style, out);
}
