/* SPDX-License-Identifier: MIT */
/* See list.h. */
#include "control/list.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "control/cells.h"
#include "control/client.h"
#include "control/find.h"
#include "control/remains.h"

enum { ANSWER_MS = 3000 }; /* of each */

/* The words of the command with blanks between; the caller's, NULL: no memory. */
static char *join(const json_t *words)
{
	struct strbuf line = STRBUF_INIT;
	json_t *word;
	size_t i;

	strbuf_append(&line, "");
	json_array_foreach(words, i, word) if (json_is_string(word))
		strbuf_appendf(&line, "%s%s", i > 0 ? " " : "", json_string_value(word));
	return strbuf_take(&line);
}

/* That which serves, and else the newest. */
static json_t *find_generation(const json_t *status)
{
	json_t *generation, *found = NULL;
	size_t i;

	json_array_foreach(json_object_get(status, "generations"), i, generation)
	{
		const char *state = json_string_value(json_object_get(generation, "state"));

		found = json_object_get(generation, "generation");
		if (state && strcmp(state, "serving") == 0)
			break;
	}
	return found;
}

json_t *list_describe(const char *name, const json_t *status)
{
	if (!status)
		return json_pack("{ss,ss}", "name", name, "state", "silent");
	cleanup_free char *command = join(json_object_get(status, "command"));

	return json_pack("{ss,sO*,sO*,sO*,ss*}", "name", name, "pid",
		json_object_get(status, "pid"), "state", json_object_get(status, "state"),
		"generation", find_generation(status), "command", command);
}

static json_t *ask(const char *name)
{
	struct client client;
	struct baton_error error;
	json_t *answer = NULL;
	int r = client_open(&client, name, NULL, &error);

	if (r == 0)
		r = client_send_take(&client, json_pack("{ss}", "command", "status"), &error);
	if (r == 0)
		(void)client_receive(&client, ANSWER_MS, &answer, &error); /* it stays NULL */
	client_close(&client);
	json_t *service = list_describe(name, json_object_get(answer, "status"));

	json_decref(answer);
	return service;
}

static json_t *describe_held(const char *name)
{
	struct remains remains;

	if (remains_look(name, &remains) < 0)
		return NULL; /* it has ended meanwhile, or been taken back */
	return json_pack("{ss,ss,si,si,si,ss*}", "name", name, "state", "held", "holder",
		(int)remains.holder, "sockets", remains.sockets, "workers", remains.workers,
		"command", remains.command[0] ? remains.command : NULL);
}

json_t *list_services(struct baton_error *error)
{
	struct find_services services;
	json_t *list = NULL;

	if (find_services(&services, error) == 0)
		list = json_array();
	for (size_t i = 0; list && i < services.count; i++) {
		const struct find_service *service = &services.items[i];
		json_t *object = service->runs ? ask(service->name) : describe_held(service->name);

		if (object)
			(void)json_array_append_new(list, object);
	}
	find_services_finish(&services);
	return list;
}

static void add(struct table *table, const json_t *service)
{
	table_add_row(table);
	cells_text(table, 0, service, "name");
	cells_number(table, 1, service, "pid");
	cells_state(table, 2, cells_text_of(service, "state"));
	cells_number(table, 3, service, "generation");
	cells_text(table, 4, service, "command");
}

static void explain(const json_t *service, const struct table_style *style, struct strbuf *out)
{
	const char *name = cells_text_of(service, "name");
	long long sockets = cells_number_of(service, "sockets");
	struct strbuf line = STRBUF_INIT;

	strbuf_appendf(&line,
		"%s: its baton was killed, a holder (pid %lld) has %lld socket%s: start it again "
		"with --name %s",
		name, cells_number_of(service, "holder"), sockets, sockets == 1 ? "" : "s", name);
	cleanup_free char *text = strbuf_take(&line);

	if (text)
		table_line(text, TABLE_PLAIN, style, out);
}

void list_render(const json_t *services, const struct table_style *style, struct strbuf *out)
{
	static const char *const heading[] = { "NAME", "PID", "STATE", "GEN", "COMMAND" };
	struct table table = { .wraps = true };
	json_t *service;
	size_t i;

	cells_heading(&table, heading, array_length(heading));
	json_array_foreach(services, i, service) add(&table, service);
	table_render(&table, style, out);
	json_array_foreach(services, i, service) if (json_object_get(service, "holder"))
		explain(service, style, out);
}
