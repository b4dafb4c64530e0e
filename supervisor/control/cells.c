/* SPDX-License-Identifier: MIT */
/* See cells.h. */
#include "control/cells.h"

#include <string.h>

#include "base/container.h"
#include "control/render.h"
#include "control/table.h"

enum { TEXT_SIZE = 32 };

const char *cells_text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

long long cells_number_of(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

bool cells_has(const json_t *object, const char *member)
{
	return json_is_integer(json_object_get(object, member));
}

static enum table_color color_of(const char *state)
{
	static const struct {
		const char *state;
		enum table_color color;
	} rows[] = {
		{ "serving", TABLE_GOOD },
		{ "ready", TABLE_GOOD },
		{ "took-over", TABLE_GOOD },
		{ "hammered", TABLE_BAD },
		{ "killed", TABLE_BAD },
		{ "given-up", TABLE_BAD },
		{ "rolled-back", TABLE_BAD },
		{ "upgrade-refused", TABLE_BAD },
		{ "start-failed", TABLE_BAD },
		{ "ended", TABLE_BAD },
		{ "held", TABLE_BAD },
		{ "silent", TABLE_BAD },
	};

	for (size_t i = 0; i < array_length(rows); i++)
		if (strcmp(rows[i].state, state) == 0)
			return rows[i].color;
	return TABLE_BUSY;
}

void cells_text(struct table *table, size_t column, const json_t *object, const char *member)
{
	table_set(table, column, TABLE_PLAIN, "%s", cells_text_of(object, member));
}

void cells_state(struct table *table, size_t column, const char *state)
{
	table_set(table, column, color_of(state), "%s", state);
}

void cells_number(struct table *table, size_t column, const json_t *object, const char *member)
{
	if (cells_has(object, member))
		table_set(table, column, TABLE_PLAIN, "%lld", cells_number_of(object, member));
	else
		table_set(table, column, TABLE_PLAIN, "-");
}

void cells_duration(struct table *table, size_t column, const json_t *object, const char *member)
{
	char text[TEXT_SIZE];

	if (cells_has(object, member))
		table_set(table, column, TABLE_PLAIN, "%s",
			render_duration(cells_number_of(object, member), text, sizeof(text)));
}

void cells_bytes(struct table *table, size_t column, const json_t *object, const char *member)
{
	char text[TEXT_SIZE];

	if (cells_has(object, member))
		table_set(table, column, TABLE_PLAIN, "%s",
			render_bytes(cells_number_of(object, member), text, sizeof(text)));
}

void cells_heading(struct table *table, const char *const *words, size_t count)
{
	table_add_row(table);
	for (size_t i = 0; i < count; i++)
		table_set(table, i, TABLE_BOLD, "%s", words[i]);
}
