/* SPDX-License-Identifier: MIT */
/* See metrics.h. */
#include "control/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/strbuf.h"
#include "machine_names.h"

static void begin(struct strbuf *out, const char *name, const char *type, const char *help)
{
	strbuf_appendf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* The value of a label: what it may not have as it is has a backslash before it. */
static void append_escaped(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			strbuf_append(out, "\\n");
		else if (*text == '"' || *text == '\\')
			strbuf_appendf(out, "\\%c", *text);
		else
			strbuf_append_bytes(out, text, 1);
	}
}

/* A member that is text or a whole number, as the value of the label. */
static void append_label(struct strbuf *out, const char *label, const json_t *value)
{
	strbuf_appendf(out, "%s=\"", label);
	if (json_is_string(value))
		append_escaped(out, json_string_value(value));
	else if (json_is_integer(value))
		strbuf_appendf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	strbuf_append(out, "\"");
}

/* One row of an array of the status, with two of its members as labels. */
struct row {
	const json_t *object;
	const char *first, *second; /* NULL: no such label */
};

static void append_row(struct strbuf *out, const char *name, const struct row *row)
{
	strbuf_append(out, name);
	if (row->first) {
		strbuf_append(out, "{");
		append_label(out, row->first, json_object_get(row->object, row->first));
		if (row->second) {
			strbuf_append(out, ",");
			append_label(out, row->second, json_object_get(row->object, row->second));
		}
		strbuf_append(out, "}");
	}
}

/* What is unknown has no sample. */
static void add_number(struct strbuf *out, const char *name, const struct row *row,
	const char *member, double unit)
{
	const json_t *value = json_object_get(row->object, member);

	if (!json_is_integer(value))
		return;
	append_row(out, name, row);
	strbuf_appendf(out, " %.15g\n", (double)json_integer_value(value) / unit);
}

/* Families of the rows of one array of the status. */
struct family {
	const char *name, *type, *help;
	const char *first, *second; /* labels */
	const char *member;
	double unit; /* what the member is divided by */
};

static void add_families(
	struct strbuf *out, const json_t *rows, const struct family *families, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct family *family = &families[i];
		json_t *object;
		size_t index;

		begin(out, family->name, family->type, family->help);
		json_array_foreach(rows, index, object) add_number(out, family->name,
			&(struct row){ object, family->first, family->second }, family->member,
			family->unit);
	}
}

static void add_generations(struct strbuf *out, const json_t *generations)
{
	static const struct family families[] = {
		{ "baton_generation_age_seconds", "gauge", "Time since the generation was started.",
			"generation", "state", "age_ms", 1e3 },
		{ "baton_generation_connections", "gauge",
			"Connections that the generation has accepted and not closed.",
			"generation", "state", "connections", 1 },
		{ "baton_generation_oldest_connection_seconds", "gauge",
			"The least age of its oldest TCP connection.", "generation", "state",
			"oldest_connection_ms", 1e3 },
	};

	add_families(out, generations, families, array_length(families));
}

static void add_listeners(struct strbuf *out, const json_t *listeners)
{
	static const struct family families[] = {
		{ "baton_listener_queue", "gauge",
			"Connections that wait to be accepted, or bytes of datagrams to be read.",
			"name", "address", "queue", 1 },
		{ "baton_listener_backlog", "gauge", "How many connections may wait.", "name",
			"address", "backlog", 1 },
		{ "baton_listener_drops_total", "counter",
			"Connections or datagrams that found no room.", "name", "address", "drops",
			1 },
	};

	add_families(out, listeners, families, array_length(families));
}

/* Workers are rows of rows: their generation is their parent's. */
static void add_worker_memory(struct strbuf *out, const json_t *generations)
{
	json_t *generation, *worker;
	size_t i, j;

	begin(out, "baton_worker_memory_bytes", "gauge",
		"What the processes of the worker have in memory.");
	json_array_foreach(generations, i, generation)
		json_array_foreach(json_object_get(generation, "workers"), j, worker)
	{
		const json_t *bytes = json_object_get(worker, "memory_bytes");

		if (!json_is_integer(bytes))
			continue;
		strbuf_append(out, "baton_worker_memory_bytes{");
		append_label(out, "generation", json_object_get(generation, "generation"));
		strbuf_append(out, ",");
		append_label(out, "worker", json_object_get(worker, "worker"));
		strbuf_appendf(out, "} %" JSON_INTEGER_FORMAT "\n", json_integer_value(bytes));
	}
}

static void add_counts(struct strbuf *out, const unsigned long *counts)
{
	static const struct {
		const char *name, *labels, *help; /* no help: one more of the family */
		enum machine_report report;
	} rows[] = {
		{ "baton_upgrades_total", "{outcome=\"took-over\"}", "Upgrades, by how they ended.",
			MACHINE_REPORT_TOOK_OVER },
		{ "baton_upgrades_total", "{outcome=\"rolled-back\"}", NULL,
			MACHINE_REPORT_ROLLED_BACK },
		{ "baton_upgrades_total", "{outcome=\"refused\"}", NULL,
			MACHINE_REPORT_UPGRADE_REFUSED },
		{ "baton_worker_restarts_total", "", "Workers that died and were started again.",
			MACHINE_REPORT_WORKER_RESTARTING },
		{ "baton_hammered_total", "", "Generations that had to be killed.",
			MACHINE_REPORT_HAMMERED },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		if (rows[i].help)
			begin(out, rows[i].name, "counter", rows[i].help);
		strbuf_appendf(
			out, "%s%s %lu\n", rows[i].name, rows[i].labels, counts[rows[i].report]);
	}
}

static void add_supervisor(struct strbuf *out, const json_t *status)
{
	const struct row plain = { status, NULL, NULL };

	begin(out, "baton_info", "gauge", "The service and the version of baton.");
	append_row(out, "baton_info", &(struct row){ status, "name", "version" });
	strbuf_append(out, " 1\n");
	begin(out, "baton_age_seconds", "gauge", "Time since baton was started.");
	add_number(out, "baton_age_seconds", &plain, "age_ms", 1e3);
	begin(out, "baton_memory_bytes", "gauge", "What baton itself has in memory.");
	add_number(out, "baton_memory_bytes", &plain, "memory_bytes", 1);
	begin(out, "baton_cut_connections_total", "counter",
		"Connections that generations still had when they were killed.");
	add_number(out, "baton_cut_connections_total", &plain, "cut_connections", 1);
}

json_t *metrics_describe(const json_t *status, const unsigned long *counts)
{
	const json_t *generations = json_object_get(status, "generations");
	struct strbuf out = STRBUF_INIT;

	add_supervisor(&out, status);
	add_counts(&out, counts);
	add_generations(&out, generations);
	add_worker_memory(&out, generations);
	add_listeners(&out, json_object_get(status, "listeners"));
	cleanup_free char *text = strbuf_take(&out);

	return text ? json_string(text) : NULL;
}
