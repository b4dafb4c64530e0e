/* SPDX-License-Identifier: MIT */
/* See protocol.h. */
#include "control/protocol.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "events.h"

int protocol_parse(const char *line, size_t length, json_t **ret, struct baton_error *error)
{
	json_error_t reason;
	json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES, &reason);

	if (!request && json_error_code(&reason) == json_error_out_of_memory)
		return error_set(error, -ENOMEM, "out of memory");
	if (!request)
		return error_set(error, -EINVAL, "the request is not JSON: %.120s", reason.text);
	if (!json_is_object(request)) {
		json_decref(request);
		return error_set(error, -EINVAL,
			"the request is no object such as {\"command\":\"status\"}");
	}
	if (!json_is_string(json_object_get(request, "command"))) {
		json_decref(request);
		return error_set(error, -EINVAL, "the request has no \"command\"");
	}
	*ret = request;
	return 0;
}

int protocol_get_bool(
	const json_t *request, const char *member, bool *ret, struct baton_error *error)
{
	const json_t *value = json_object_get(request, member);

	if (!value)
		return 0;
	if (!json_is_boolean(value))
		return error_set(error, -EINVAL, "\"%s\" is neither true nor false", member);
	*ret = json_is_true(value);
	return 0;
}

int protocol_get_number(const json_t *request, const char *member, json_int_t min, json_int_t max,
	json_int_t *ret, struct baton_error *error)
{
	const json_t *value = json_object_get(request, member);

	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < min ||
		json_integer_value(value) > max)
		return error_set(error, -EINVAL,
			"\"%s\" is not a whole number from %" JSON_INTEGER_FORMAT
			" to %" JSON_INTEGER_FORMAT,
			member, min, max);
	*ret = json_integer_value(value);
	return 0;
}

int protocol_get_text(
	const json_t *request, const char *member, const char **ret, struct baton_error *error)
{
	const json_t *value = json_object_get(request, member);

	if (!value)
		return 0;
	if (!json_is_string(value))
		return error_set(error, -EINVAL, "\"%s\" is no string", member);
	*ret = json_string_value(value);
	return 0;
}

json_t *protocol_ok(void)
{
	return json_pack("{sb}", "ok", 1);
}

json_t *protocol_refusal(const char *text)
{
	json_t *reply = json_pack("{sb,ss*}", "ok", 0, "error", text);

	/* Of what is not UTF-8 there is no JSON. */
	return reply ? reply : json_pack("{sb,ss}", "ok", 0, "error", "no reason can be given");
}

const char *protocol_event_name(const struct event *event, char *name, size_t size)
{
	(void)snprintf(name, size, "%s", machine_report_name(event->what));
	for (char *c = name; *c; c++)
		if (*c == ' ')
			*c = '-';
	return name;
}

const char *protocol_time(int64_t ms, char text[PROTOCOL_TIME_SIZE])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm parts = { 0 };
	char date[24];

	(void)gmtime_r(&seconds, &parts); /* the year zero for what has none */
	(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
	(void)snprintf(text, PROTOCOL_TIME_SIZE, "%s.%03dZ", date, (int)(ms % 1000));
	return text;
}

static void add_number(json_t *object, const char *member, json_int_t value)
{
	if (value)
		(void)json_object_set_new(object, member, json_integer(value));
}

json_t *protocol_event(const struct event *event)
{
	char name[40], time[PROTOCOL_TIME_SIZE];
	json_t *object = json_pack("{ss,sI,ss}", "event",
		protocol_event_name(event, name, sizeof(name)), "number", (json_int_t)event->number,
		"time", protocol_time(event->at_ms, time));

	if (!object)
		return NULL;
	add_number(object, "generation", event->generation);
	add_number(object, "worker", event->worker);
	add_number(object, "pid", event->pid);
	add_number(object, "ms", event->ms);
	if (event->text[0])
		(void)json_object_set_new(object, "text", json_string(event->text));
	return object;
}
