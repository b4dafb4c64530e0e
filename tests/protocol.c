/* SPDX-License-Identifier: MIT */
/* The words of the control socket: supervisor/control/protocol.c. */
#include "control/protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "support/suite.h"

static struct baton_error error;

/* A request with these members beside its command. */
static json_t *request_with(const char *members)
{
	json_t *request = json_loads(members, 0, NULL);

	ck_assert_ptr_nonnull(request);
	return request;
}

START_TEST(request_is_an_object_with_a_command)
{
	static const char line[] = "{\"command\":\"status\",\"x\":[1,{}]}";
	json_t *request;

	ck_assert_int_eq(protocol_parse(line, strlen(line), &request, &error), 0);
	ck_assert_str_eq(json_string_value(json_object_get(request, "command")), "status");
	json_decref(request);
}
END_TEST

START_TEST(what_is_no_request_is_refused_with_the_reason)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{ "", "is not JSON" },
		{ "status", "is not JSON" },
		{ "{\"command\":\"status\"", "is not JSON" },
		{ "{\"command\":\"status\"} {}", "is not JSON" },
		{ "{\"command\":\"a\",\"command\":\"b\"}", "is not JSON" },
		{ "{\"command\":\"\xff\"}", "is not JSON" },
		{ "[]", "no object" },
		{ "{}", "no \"command\"" },
		{ "{\"command\":1}", "no \"command\"" },
	};
	json_t *request = NULL;

	for (size_t i = 0; i < array_length(rows); i++) {
		ck_assert_int_eq(
			protocol_parse(rows[i].line, strlen(rows[i].line), &request, &error),
			-EINVAL);
		ck_assert_msg(strstr(error.text, rows[i].why) != NULL, "%s", error.text);
		ck_assert_ptr_null(request);
	}
}
END_TEST

START_TEST(deep_request_is_refused)
{
	static char line[60000];
	json_t *request;

	memset(line, '[', sizeof(line));
	ck_assert_int_eq(protocol_parse(line, sizeof(line), &request, &error), -EINVAL);
}
END_TEST

START_TEST(members_are_checked)
{
	json_t *request =
		request_with("{\"yes\":true,\"no\":false,\"seven\":7,\"half\":0.5,\"text\":\"a\"}");
	bool flag = false;
	json_int_t number = 3;
	const char *text = "b";

	ck_assert_int_eq(protocol_get_bool(request, "yes", &flag, &error), 0);
	ck_assert(flag);
	ck_assert_int_eq(protocol_get_bool(request, "absent", &flag, &error), 0);
	ck_assert(flag);
	ck_assert_int_eq(protocol_get_bool(request, "no", &flag, &error), 0);
	ck_assert(!flag);
	ck_assert_int_eq(protocol_get_bool(request, "seven", &flag, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "\"seven\" is neither true nor false"));

	ck_assert_int_eq(protocol_get_number(request, "absent", 0, 9, &number, &error), 0);
	ck_assert_int_eq(number, 3);
	ck_assert_int_eq(protocol_get_number(request, "seven", 0, 7, &number, &error), 0);
	ck_assert_int_eq(number, 7);
	ck_assert_int_eq(protocol_get_number(request, "seven", 0, 6, &number, &error), -EINVAL);
	ck_assert_int_eq(protocol_get_number(request, "seven", 8, 9, &number, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "from 8 to 9"));
	ck_assert_int_eq(protocol_get_number(request, "half", 0, 6, &number, &error), -EINVAL);

	ck_assert_int_eq(protocol_get_text(request, "absent", &text, &error), 0);
	ck_assert_str_eq(text, "b");
	ck_assert_int_eq(protocol_get_text(request, "text", &text, &error), 0);
	ck_assert_str_eq(text, "a");
	ck_assert_int_eq(protocol_get_text(request, "seven", &text, &error), -EINVAL);
	json_decref(request);
}
END_TEST

static void check_json(json_t *take, const char *expected)
{
	char *text = json_dumps(take, JSON_COMPACT);

	ck_assert_str_eq(text, expected);
	free(text);
	json_decref(take);
}

START_TEST(replies_have_ok)
{
	check_json(protocol_ok(), "{\"ok\":true}");
	check_json(protocol_refusal("no \"x\""), "{\"ok\":false,\"error\":\"no \\\"x\\\"\"}");
	check_json(protocol_refusal("\xff"), "{\"ok\":false,\"error\":\"no reason can be given\"}");
}
END_TEST

START_TEST(event_has_what_means_something)
{
	check_json(protocol_event(&(struct event){
			   .number = 7, .at_ms = 1005, .what = MACHINE_REPORT_STOPPED }),
		"{\"event\":\"stopped\",\"number\":7,\"time\":\"1970-01-01T00:00:01.005Z\"}");
	check_json(protocol_event(&(struct event){ .number = 8,
			   .at_ms = 1700000000000,
			   .what = MACHINE_REPORT_ROLLED_BACK,
			   .generation = 2,
			   .worker = 1,
			   .pid = 42,
			   .ms = 30,
			   .text = "why" }),
		"{\"event\":\"rolled-back\",\"number\":8,\"time\":\"2023-11-14T22:13:20.000Z\","
		"\"generation\":2,\"worker\":1,\"pid\":42,\"ms\":30,\"text\":\"why\"}");
}
END_TEST

START_TEST(event_without_utf8_has_no_text)
{
	check_json(protocol_event(&(struct event){ .number = 1, .text = "\xff" }),
		"{\"event\":\"starting\",\"number\":1,\"time\":\"1970-01-01T00:00:00.000Z\"}");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		request_is_an_object_with_a_command,
		what_is_no_request_is_refused_with_the_reason,
		deep_request_is_refused,
		members_are_checked,
		replies_have_ok,
		event_has_what_means_something,
		event_without_utf8_has_no_text,
	};

	return SUITE_RUN("protocol", cases);
}
