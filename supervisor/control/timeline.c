/* SPDX-License-Identifier: MIT */
/* See timeline.h. */
#include "control/timeline.h"

#include <stdbool.h>
#include <string.h>

#include "control/render.h"
#include "control/table.h"

enum { BAR_MAX = 100, BAR_DEFAULT = 60, LABEL = 8 /* a generation of six digits and a gap */ };

static long long age_of(const json_t *generation, const char *member)
{
	long long age = json_integer_value(json_object_get(generation, member));

	return age > 0 ? age : 0;
}

static long long find_oldest(const json_t *generations)
{
	long long oldest = 1;
	json_t *generation;
	size_t i;

	json_array_foreach(generations, i, generation) if (age_of(generation, "age_ms") > oldest)
		oldest = age_of(generation, "age_ms");
	return oldest;
}

static int bar_width(const struct table_style *style)
{
	int width = style->width > 0 ? style->width - LABEL : BAR_DEFAULT;

	return width < 1 ? 1 : width > BAR_MAX ? BAR_MAX : width;
}

/* How many of the columns a time fills: what there is fills one at least. */
static int columns_of(long long age, long long oldest, int width)
{
	int columns = (int)((double)age / (double)oldest * width + 0.5);

	return columns < 1 ? 1 : columns > width ? width : columns;
}

static void draw(const json_t *generation, long long oldest, int width, char bar[BAR_MAX + 1])
{
	bool drains = json_is_integer(json_object_get(generation, "draining_ms"));
	int age = columns_of(age_of(generation, "age_ms"), oldest, width);
	int draining = drains ? columns_of(age_of(generation, "draining_ms"), oldest, width) : 0;

	memset(bar, ' ', (size_t)width);
	memset(bar + width - age, '=', (size_t)age);
	memset(bar + width - draining, '-', (size_t)draining);
	bar[width] = '\0';
}

void timeline_render(const json_t *status, const struct table_style *style, struct strbuf *out)
{
	const json_t *generations = json_object_get(status, "generations");
	long long oldest = find_oldest(generations);
	int width = bar_width(style);
	char bar[BAR_MAX + 1], text[32];
	struct table table = { 0 };
	json_t *generation;
	size_t i;

	table_add_row(&table);
	table_set(&table, 0, TABLE_BOLD, "GEN");
	table_set(
		&table, 1, TABLE_PLAIN, "the last %s", render_duration(oldest, text, sizeof(text)));
	json_array_foreach(generations, i, generation)
	{
		const json_t *draining = json_object_get(generation, "draining_ms");

		draw(generation, oldest, width, bar);
		table_add_row(&table);
		table_set(&table, 0, TABLE_PLAIN, "%lld",
			json_integer_value(json_object_get(generation, "generation")));
		table_set(&table, 1, draining ? TABLE_BUSY : TABLE_GOOD, "%s", bar);
	}
	table_render(&table, style, out);
}
