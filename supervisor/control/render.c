/* SPDX-License-Identifier: MIT */
/* See render.h. */
#include "control/render.h"

#include <stdio.h>

#include "base/container.h"
#include "control/cells.h"
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

/* With what waits to be accepted, if that is the generation's alone. */
static void set_connections(struct table *table, size_t column, const json_t *generation)
{
	long long queue = json_integer_value(json_object_get(generation, "queue"));
	const json_t *connections = json_object_get(generation, "connections");

	if (queue > 0 && json_is_integer(connections))
		table_set(table, column, TABLE_PLAIN, "%lld, %lld waiting",
			(long long)json_integer_value(connections), queue);
	else
		cells_number(table, column, generation, "connections");
}

static void add_generation(struct table *table, const json_t *generation)
{
	json_t *worker;
	size_t i;

	json_array_foreach(json_object_get(generation, "workers"), i, worker)
	{
		table_add_row(table);
		if (i == 0) {
			cells_number(table, 0, generation, "generation");
			cells_state(table, 1, cells_text_of(generation, "state"));
			cells_duration(table, 2, generation, "age_ms");
			set_connections(table, 3, generation);
			cells_duration(table, 4, generation, "oldest_connection_ms");
		}
		cells_number(table, 5, worker, "pid");
		cells_state(table, 6, cells_text_of(worker, "state"));
		cells_duration(table, 7, worker, "age_ms");
		cells_bytes(table, 8, worker, "memory_bytes");
		cells_text(table, 9, worker, "status");
	}
}

static bool says_anything(const json_t *generations)
{
	json_t *generation, *worker;
	size_t i, j;

	json_array_foreach(generations, i, generation)
		json_array_foreach(json_object_get(generation, "workers"), j,
			worker) if (json_object_get(worker, "status")) return true;
	return false;
}

static void render_generations(
	const json_t *list, const struct table_style *style, struct strbuf *out)
{
	static const char *const heading[] = { "GEN", "STATE", "AGE", "CONNS", "OLDEST", "PID",
		"WORKER", "AGE", "MEMORY", "STATUS" };
	static const size_t spared[] = { 9, 7, 4, 8, 2 }; /* an age early, the other one last */
	struct table table = { 0 };
	json_t *generation;
	size_t i;

	strbuf_append(out, "\n");
	cells_heading(&table, heading, array_length(heading) - !says_anything(list));
	json_array_foreach(list, i, generation) add_generation(&table, generation);
	for (i = 0; i < array_length(spared); i++)
		table_spare(&table, spared[i]);
	table_render(&table, style, out);
}

static void add_listener(struct table *table, const json_t *listener)
{
	const char *name = cells_text_of(listener, "name");

	table_add_row(table);
	table_set(table, 0, TABLE_PLAIN, "%s", *name ? name : "-");
	cells_text(table, 4, listener, "address");
	cells_number(table, 1, listener, "sockets");
	if (cells_has(listener, "queue") && cells_has(listener, "backlog"))
		table_set(table, 2, TABLE_PLAIN, "%lld of %lld", cells_number_of(listener, "queue"),
			cells_number_of(listener, "backlog"));
	else
		cells_number(table, 2, listener, "queue");
	if (cells_number_of(listener, "drops") > 0)
		table_set(table, 3, TABLE_BAD, "%lld", cells_number_of(listener, "drops"));
	else
		cells_number(table, 3, listener, "drops");
}

static void render_listeners(
	const json_t *list, const struct table_style *style, struct strbuf *out)
{
	static const char *const heading[] = { "LISTENER", "SOCKETS", "QUEUE", "DROPS", "ADDRESS" };
	struct table table = { .wraps = true };
	json_t *listener;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	strbuf_append(out, "\n");
	cells_heading(&table, heading, array_length(heading));
	json_array_foreach(list, i, listener) add_listener(&table, listener);
	table_spare(&table, 1);
	table_render(&table, style, out);
}

/* RFC 3339 and UTC for programs, for people the local time of today, and another day's date. */
const char *render_time(const char *time, time_t now, char *text, size_t size)
{
	struct tm then = { 0 }, local, today;
	const char *end = strptime(time, "%Y-%m-%dT%H:%M:%S", &then);
	time_t seconds = end ? timegm(&then) : 0;

	if (!end || !localtime_r(&seconds, &local) || !localtime_r(&now, &today))
		(void)snprintf(text, size, "%s", time);
	else if (local.tm_year == today.tm_year && local.tm_yday == today.tm_yday)
		(void)strftime(text, size, "%H:%M:%S", &local);
	else
		(void)strftime(text, size, "%Y-%m-%d %H:%M:%S", &local);
	return text;
}

static void render_upgrades(
	const json_t *list, time_t now, const struct table_style *style, struct strbuf *out)
{
	static const char *const heading[] = { "GEN", "WHEN", "OUTCOME", "TOOK", "REASON" };
	struct table table = { .wraps = true };
	char text[TEXT_SIZE];
	json_t *event;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	strbuf_append(out, "\n");
	cells_heading(&table, heading, array_length(heading));
	json_array_foreach(list, i, event)
	{
		table_add_row(&table);
		cells_number(&table, 0, event, "generation");
		table_set(&table, 1, TABLE_PLAIN, "%s",
			render_time(cells_text_of(event, "time"), now, text, sizeof(text)));
		cells_state(&table, 2, cells_text_of(event, "event"));
		cells_duration(&table, 3, event, "ms");
		cells_text(&table, 4, event, "text");
	}
	table_render(&table, style, out);
}

static void render_summary(
	const json_t *status, const struct table_style *style, struct strbuf *out)
{
	char age[TEXT_SIZE], memory[TEXT_SIZE];
	struct table table = { .wraps = true };

	table_add_row(&table);
	table_set(&table, 0, TABLE_BOLD, "%s", cells_text_of(status, "name"));
	cells_state(&table, 1, cells_text_of(status, "state"));
	table_set(&table, 2, TABLE_PLAIN, "pid %lld, up %s, %s, baton %s",
		cells_number_of(status, "pid"),
		render_duration(cells_number_of(status, "age_ms"), age, sizeof(age)),
		render_bytes(cells_number_of(status, "memory_bytes"), memory, sizeof(memory)),
		cells_text_of(status, "version"));
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

void render_status(
	const json_t *status, time_t now, const struct table_style *style, struct strbuf *out)
{
	render_summary(status, style, out);
	render_command(json_object_get(status, "command"), style, out);
	render_generations(json_object_get(status, "generations"), style, out);
	render_listeners(json_object_get(status, "listeners"), style, out);
	render_upgrades(json_object_get(status, "upgrades"), now, style, out);
}
