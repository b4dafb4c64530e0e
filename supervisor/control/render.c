/* SPDX-License-Identifier: MIT */
/* See render.h. */
#include "control/render.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/container.h"
#include "control/table.h"

enum { TEXT_SIZE = 32 };

const char *render_duration(long long ms, char *text, size_t size)
{
	long long s = ms / 1000;

	if (ms < 1000)
		(void)snprintf(text, size, "%lld ms", ms);
	else if (s < 60)
		(void)snprintf(text, size, "%lld.%lld s", s, ms % 1000 / 100);
	else if (s < 3600)
		(void)snprintf(text, size, "%lldm %llds", s / 60, s % 60);
	else if (s < 86400)
		(void)snprintf(text, size, "%lldh %lldm", s / 3600, s % 3600 / 60);
	else
		(void)snprintf(text, size, "%lldd %lldh", s / 86400, s % 86400 / 3600);
	return text;
}

const char *render_bytes(long long bytes, char *text, size_t size)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes / 1024;
	size_t i = 0;

	if (bytes < 1024) {
		(void)snprintf(text, size, "%lld B", bytes);
		return text;
	}
	while (value >= 1000 && i + 1 < array_length(units)) {
		value /= 1024;
		i++;
	}
	(void)snprintf(text, size, value < 10 ? "%.1f %s" : "%.0f %s", value, units[i]);
	return text;
}

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

static long long number_of(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

static bool has(const json_t *object, const char *member)
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
		{ "given up", TABLE_BAD },
		{ "rolled-back", TABLE_BAD },
		{ "upgrade-refused", TABLE_BAD },
		{ "start-failed", TABLE_BAD },
		{ "ended", TABLE_BAD },
	};

	for (size_t i = 0; i < array_length(rows); i++)
		if (strcmp(rows[i].state, state) == 0)
			return rows[i].color;
	return TABLE_BUSY;
}

static void set_text(struct table *table, size_t column, const json_t *object, const char *member)
{
	table_set(table, column, TABLE_PLAIN, "%s", text_of(object, member));
}

static void set_state(struct table *table, size_t column, const char *state)
{
	table_set(table, column, color_of(state), "%s", state);
}

/* What is not known is a dash. */
static void set_number(struct table *table, size_t column, const json_t *object, const char *member)
{
	if (has(object, member))
		table_set(table, column, TABLE_PLAIN, "%lld", number_of(object, member));
	else
		table_set(table, column, TABLE_PLAIN, "-");
}

static void set_duration(
	struct table *table, size_t column, const json_t *object, const char *member)
{
	char text[TEXT_SIZE];

	if (has(object, member))
		table_set(table, column, TABLE_PLAIN, "%s",
			render_duration(number_of(object, member), text, sizeof(text)));
}

static void set_bytes(struct table *table, size_t column, const json_t *object, const char *member)
{
	char text[TEXT_SIZE];

	if (has(object, member))
		table_set(table, column, TABLE_PLAIN, "%s",
			render_bytes(number_of(object, member), text, sizeof(text)));
}

static void add_heading(struct table *table, const char *const *words, size_t count)
{
	(void)table_add_row(table);
	for (size_t i = 0; i < count; i++)
		table_set(table, i, TABLE_BOLD, "%s", words[i]);
}

/* With what waits to be accepted, if that is the generation's alone. */
static void set_connections(struct table *table, size_t column, const json_t *generation)
{
	if (number_of(generation, "queue") > 0 && has(generation, "connections"))
		table_set(table, column, TABLE_PLAIN, "%lld, %lld waiting",
			number_of(generation, "connections"), number_of(generation, "queue"));
	else
		set_number(table, column, generation, "connections");
}

static void add_generation(struct table *table, const json_t *generation)
{
	json_t *worker;
	size_t i;

	json_array_foreach(json_object_get(generation, "workers"), i, worker)
	{
		(void)table_add_row(table);
		if (i == 0) {
			set_number(table, 0, generation, "generation");
			set_state(table, 1, text_of(generation, "state"));
			set_duration(table, 2, generation, "age_ms");
			set_connections(table, 3, generation);
			set_duration(table, 4, generation, "oldest_connection_ms");
		}
		set_number(table, 5, worker, "pid");
		set_state(table, 6, text_of(worker, "state"));
		set_duration(table, 7, worker, "age_ms");
		set_bytes(table, 8, worker, "memory_bytes");
	}
}

static void render_generations(
	const json_t *list, const struct table_style *style, struct strbuf *out)
{
	static const char *const heading[] = { "GENERATION", "STATE", "AGE", "CONNECTIONS",
		"OLDEST", "PID", "WORKER", "AGE", "MEMORY" };
	struct table table = { 0 };
	json_t *generation;
	size_t i;

	strbuf_append(out, "\n");
	add_heading(&table, heading, array_length(heading));
	json_array_foreach(list, i, generation) add_generation(&table, generation);
	table_render(&table, style, out);
}

static void add_listener(struct table *table, const json_t *listener)
{
	const char *name = text_of(listener, "name");

	(void)table_add_row(table);
	table_set(table, 0, TABLE_PLAIN, "%s", *name ? name : "-");
	set_text(table, 1, listener, "address");
	set_number(table, 2, listener, "sockets");
	if (has(listener, "queue") && has(listener, "backlog"))
		table_set(table, 3, TABLE_PLAIN, "%lld of %lld", number_of(listener, "queue"),
			number_of(listener, "backlog"));
	else
		set_number(table, 3, listener, "queue");
	if (number_of(listener, "drops") > 0)
		table_set(table, 4, TABLE_BAD, "%lld", number_of(listener, "drops"));
	else
		set_number(table, 4, listener, "drops");
}

static void render_listeners(
	const json_t *list, const struct table_style *style, struct strbuf *out)
{
	static const char *const heading[] = { "LISTENER", "ADDRESS", "SOCKETS", "QUEUE", "DROPS" };
	struct table table = { 0 };
	json_t *listener;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	strbuf_append(out, "\n");
	add_heading(&table, heading, array_length(heading));
	json_array_foreach(list, i, listener) add_listener(&table, listener);
	table_render(&table, style, out);
}

static void render_upgrades(const json_t *list, const struct table_style *style, struct strbuf *out)
{
	static const char *const heading[] = { "GENERATION", "WHEN", "OUTCOME", "TOOK", "REASON" };
	struct table table = { 0 };
	json_t *event;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	strbuf_append(out, "\n");
	add_heading(&table, heading, array_length(heading));
	json_array_foreach(list, i, event)
	{
		(void)table_add_row(&table);
		set_number(&table, 0, event, "generation");
		set_text(&table, 1, event, "time");
		set_state(&table, 2, text_of(event, "event"));
		set_duration(&table, 3, event, "ms");
		set_text(&table, 4, event, "text");
	}
	table_render(&table, style, out);
}

static void render_summary(
	const json_t *status, const struct table_style *style, struct strbuf *out)
{
	char age[TEXT_SIZE], memory[TEXT_SIZE];
	struct table table = { 0 };

	(void)table_add_row(&table);
	table_set(&table, 0, TABLE_BOLD, "%s", text_of(status, "name"));
	set_state(&table, 1, text_of(status, "state"));
	table_set(&table, 2, TABLE_PLAIN, "pid %lld, up %s, %s, baton %s", number_of(status, "pid"),
		render_duration(number_of(status, "age_ms"), age, sizeof(age)),
		render_bytes(number_of(status, "memory_bytes"), memory, sizeof(memory)),
		text_of(status, "version"));
	table_render(&table, style, out);
}

static void render_command(const json_t *words, const struct table_style *style, struct strbuf *out)
{
	struct strbuf line = STRBUF_INIT;
	json_t *word;
	size_t i;

	json_array_foreach(words, i, word) if (json_is_string(word))
		strbuf_appendf(&line, "%s%s", i > 0 ? " " : "", json_string_value(word));
	if (!line.is_broken && line.length > 0)
		table_line(line.text, TABLE_PLAIN, style, out);
	strbuf_finish(&line);
}

void render_status(const json_t *status, const struct table_style *style, struct strbuf *out)
{
	render_summary(status, style, out);
	render_command(json_object_get(status, "command"), style, out);
	render_generations(json_object_get(status, "generations"), style, out);
	render_listeners(json_object_get(status, "listeners"), style, out);
	render_upgrades(json_object_get(status, "upgrades"), style, out);
}
