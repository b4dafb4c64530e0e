/* SPDX-License-Identifier: MIT */
/* What the functions of a route may ask and say: child/http/call.c. */
#include "http/call.h"

#include <errno.h>
#include <string.h>

#include "support/head.h"
#include "support/suite.h"

#define GET(target, fields) "GET " target " HTTP/1.1\r\nHost: a\r\n" fields "\r\n"

static int choose_format(const char *head)
{
	struct request request = head_parse(head);
	struct call call = { .request = &request, .head = head };

	return call_wants_json(&call, "html", "text/html");
}

static bool wants_json(const char *head)
{
	return choose_format(head) == 1;
}

START_TEST(json_is_for_those_who_name_it)
{
	ck_assert(wants_json(GET("/?format=json", "")));
	ck_assert(wants_json(GET("/?a=b&format=json", "Accept: text/html\r\n")));
	ck_assert(wants_json(GET("/", "Accept: application/json\r\n")));
	ck_assert(wants_json(GET("/", "Accept: application/x-ndjson\r\n")));
	ck_assert(wants_json(GET("/", "Accept: text/plain;q=0.5, application/json\r\n")));
}
END_TEST

START_TEST(json_is_not_for_anybody_else)
{
	ck_assert(!wants_json(GET("/", "")));
	ck_assert(!wants_json(GET("/", "Accept:\r\n")));
	ck_assert(!wants_json(GET("/", "Accept: */*\r\n")));
	ck_assert(!wants_json(GET("/",
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n")));
	ck_assert(!wants_json(GET("/?format=html", "")));
	ck_assert(!wants_json(GET("/?format=html", "Accept: application/json\r\n")));
	ck_assert(!wants_json(GET("/", "Accept: application/json;q=0, text/html\r\n")));
	ck_assert(!wants_json(GET("/?json", "")));
	ck_assert(!wants_json(GET("/json", "User-Agent: json\r\n")));
}
END_TEST

START_TEST(unknown_format_is_refused)
{
	ck_assert_int_eq(choose_format(GET("/?format=xml", "")), -EINVAL);
	ck_assert_int_eq(
		choose_format(GET("/?format=text", "Accept: application/json\r\n")), -EINVAL);
	ck_assert_int_eq(choose_format(GET("/?format", "")), -EINVAL);
}
END_TEST

START_TEST(query_is_that_of_the_request)
{
	const char *head = GET("/n=1?n=2&long", "");
	struct request request = head_parse(head);
	struct call call = { .request = &request, .head = head };

	ck_assert_int_eq(call_query_number(&call, "n", 5, 10), 2);
	ck_assert_int_eq(call_query_number(&call, "m", 5, 10), 5);
	ck_assert_int_eq(call_query_number(&call, "long", 5, 10), -EINVAL);
	ck_assert_int_eq(call_query_number(&call, "n", 5, 1), -ERANGE);
	ck_assert(call_query_has(&call, "long", NULL));
	ck_assert(call_query_has(&call, "n", "2"));
	ck_assert(!call_query_has(&call, "HTTP/1.1", NULL));
}
END_TEST

START_TEST(refusal_takes_back_what_was_answered)
{
	struct call call = {
		.answer = {
			.status = 206,
			.type = "image/png",
			.file = 3,
			.file_offset = 10,
			.file_left = 20,
		},
	};
	struct answer *answer = &call.answer;

	ck_assert_int_eq(buffer_append_text(&answer->content, "half an answ"), 0);
	ck_assert_int_eq(call_answer_status(&call, 503), CALL_ANSWERED);
	ck_assert_int_eq(answer->status, 503);
	ck_assert_str_eq(answer->type, "text/plain");
	ck_assert_int_eq(answer->file, -1);
	ck_assert_uint_eq(answer->file_left, 0);
	ck_assert(!answer->produce);
	ck_assert_uint_eq(answer->content.size, strlen("503 Service Unavailable\n"));
	ck_assert_mem_eq(
		buffer_bytes(&answer->content), "503 Service Unavailable\n", answer->content.size);
	buffer_release(&answer->content);
}
END_TEST

START_TEST(bad_parameter_is_named_with_what_is_wrong)
{
	struct call call = { .answer = { .status = 200 } };

	ck_assert_int_eq(call_answer_bad_number(&call, "n", 100), CALL_ANSWERED);
	ck_assert_int_eq(call.answer.status, 400);
	ck_assert_int_eq(buffer_append(&call.answer.content, "", 1), 0);
	ck_assert_str_eq(
		buffer_bytes(&call.answer.content), "400 Bad Request\nn: not a number up to 100\n");
	buffer_release(&call.answer.content);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		json_is_for_those_who_name_it,
		json_is_not_for_anybody_else,
		unknown_format_is_refused,
		query_is_that_of_the_request,
		refusal_takes_back_what_was_answered,
		bad_parameter_is_named_with_what_is_wrong,
	};

	return SUITE_RUN("call", cases);
}
