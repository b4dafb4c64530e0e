/* SPDX-License-Identifier: MIT */
/* Requests and their answers, bytes in and bytes out: child/exchange.c. */
#include "exchange.h"

#include <errno.h>
#include <string.h>

#include "response.h"
#include "support/suite.h"

#define HOST "Host: a\r\n"
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define ANSWER(status, length, more) \
	"HTTP/1.1 " status "\r\nDate: " DATE \
	"\r\nContent-Type: text/plain\r\nContent-Length: " length "\r\n" more "\r\n"
#define CLOSE   "Connection: close\r\n"
#define METHODS "Allow: GET, HEAD, OPTIONS\r\n"
#define HELLO   "hello pid=7 generation=3\n"

enum { OUT_MAX = 64 * 1024 };

static const struct exchange_context context = {
	.identity = "pid=7 generation=3",
	.date = DATE,
	.max_body = 1000,
};

struct client {
	struct exchange exchange;
	struct buffer in, out;
};

static void feed(struct client *client, const struct exchange_context *in_context,
	const char *bytes, size_t size)
{
	ck_assert_int_eq(buffer_append(&client->in, bytes, size), 0);
	ck_assert_int_eq(
		exchange_run(&client->exchange, in_context, &client->in, &client->out, OUT_MAX), 0);
}

static void finish(struct client *client)
{
	exchange_finish(&client->exchange);
	buffer_release(&client->in);
	buffer_release(&client->out);
}

static void check_out(const struct client *client, const char *expected)
{
	ck_assert_msg(client->out.size == strlen(expected) &&
			memcmp(buffer_bytes(&client->out), expected, client->out.size) == 0,
		"got: %.*s\nexpected: %s", (int)client->out.size, buffer_bytes(&client->out),
		expected);
}

/* What comes out for these bytes, in one piece. */
static void check_with(
	const struct exchange_context *in_context, const char *bytes, const char *expected)
{
	struct client client = { 0 };

	feed(&client, in_context, bytes, strlen(bytes));
	check_out(&client, expected);
	finish(&client);
}

static void check(const char *bytes, const char *expected)
{
	check_with(&context, bytes, expected);
}

START_TEST(hello_tells_process_and_generation)
{
	check("GET / HTTP/1.1\r\n" HOST "\r\n", ANSWER("200 OK", "25", "") HELLO);
	check("GET http://a?b HTTP/1.1\r\n" HOST "\r\n", ANSWER("200 OK", "25", "") HELLO);
}
END_TEST

START_TEST(head_is_answered_without_content_everywhere)
{
	check("HEAD / HTTP/1.1\r\n" HOST "\r\n", ANSWER("200 OK", "25", ""));
	check("HEAD /x HTTP/1.1\r\n" HOST "\r\n", ANSWER("404 Not Found", "14", ""));
	check("HEAD /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nxx",
		ANSWER("200 OK", "7", ""));
	check("HEAD / HTTP/1.1\r\n\r\n", ANSWER("400 Bad Request", "16", CLOSE));
}
END_TEST

START_TEST(echo_gives_method_and_body)
{
	check("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
		ANSWER("200 OK", "10", "") "POST\nhello");
	check("PUT /echo HTTP/1.1\r\n" HOST
	      "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n",
		ANSWER("200 OK", "9", "") "PUT\nhello");
	check("DELETE /echo HTTP/1.1\r\n" HOST "\r\n", ANSWER("200 OK", "7", "") "DELETE\n");
}
END_TEST

START_TEST(methods_that_a_path_lacks_are_listed)
{
	check("POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nxx",
		ANSWER("405 Method Not Allowed", "23", METHODS) "405 Method Not Allowed\n");
	check("OPTIONS * HTTP/1.1\r\n" HOST "\r\n", ANSWER("200 OK", "0", METHODS));
	check("OPTIONS /slow?ms=9 HTTP/1.1\r\n" HOST "\r\n", ANSWER("200 OK", "0", METHODS));
}
END_TEST

START_TEST(old_clients_are_told_that_they_may_go_on)
{
	check("GET / HTTP/1.0\r\n\r\n", ANSWER("200 OK", "25", CLOSE) HELLO);
	check("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		ANSWER("200 OK", "25", "Connection: keep-alive\r\n") HELLO);
}
END_TEST

START_TEST(errors_of_framing_end_the_connection)
{
	struct client client = { 0 };
	const char bytes[] = "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n";

	feed(&client, &context, bytes, strlen(bytes));
	ck_assert_int_eq(client.exchange.state, EXCHANGE_ENDED);
	feed(&client, &context, bytes, strlen(bytes));
	check_out(&client, ANSWER("400 Bad Request", "16", CLOSE) "400 Bad Request\n");
	ck_assert_uint_eq(client.in.size, 0);
	finish(&client);
}
END_TEST

START_TEST(body_over_the_limit_is_refused)
{
	check("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n",
		ANSWER("413 Content Too Large", "22", CLOSE) "413 Content Too Large\n");
	check("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3e9\r\n",
		ANSWER("413 Content Too Large", "22", CLOSE) "413 Content Too Large\n");
}
END_TEST

START_TEST(leave_to_send_a_body_is_given_unless_it_has_come)
{
	const char *head =
		"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n";
	struct client client = { 0 };

	feed(&client, &context, head, strlen(head));
	check_out(&client, "HTTP/1.1 100 Continue\r\n\r\n");
	feed(&client, &context, "xx", 2);
	check_out(&client, "HTTP/1.1 100 Continue\r\n\r\n" ANSWER("200 OK", "7", "") "POST\nxx");
	finish(&client);
	check("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\nxx",
		ANSWER("200 OK", "7", "") "POST\nxx");
}
END_TEST

START_TEST(body_that_nobody_wants_is_not_asked_for)
{
	check("POST /x HTTP/1.1\r\n" HOST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n",
		ANSWER("404 Not Found", "14", CLOSE) "404 Not Found\n");
}
END_TEST

START_TEST(slow_waits_as_long_as_it_was_asked_to)
{
	struct client client = { 0 };
	const char bytes[] = "GET /slow?a&ms=1500 HTTP/1.1\r\n" HOST "\r\n";

	feed(&client, &context, bytes, strlen(bytes));
	ck_assert_int_eq(client.exchange.state, EXCHANGE_WAITING);
	ck_assert_int_eq(client.exchange.delay_ms, 1500);
	feed(&client, &context, bytes, strlen(bytes));
	ck_assert_uint_eq(client.out.size, 0);
	ck_assert_int_eq(exchange_answer(&client.exchange, &context, &client.in, &client.out), 0);
	check_out(&client, ANSWER("200 OK", "24", "") "slow pid=7 generation=3\n");
	ck_assert_int_eq(client.exchange.state, EXCHANGE_IDLE);
	ck_assert_uint_eq(client.in.size, strlen(bytes));
	finish(&client);
}
END_TEST

START_TEST(delays_are_numbers_within_bounds)
{
	static const struct {
		const char *query;
		int delay_ms;
	} rows[] = {
		{ "", 0 },
		{ "ms=0", 0 },
		{ "ms=20", 20 },
		{ "xms=5", 0 },
		{ "a=b&ms=7&ms=8", 7 },
		{ "ms=600000", 600000 },
		{ "ms=600001", -ERANGE },
		{ "ms=99999999999999999999", -ERANGE },
		{ "ms=", -EINVAL },
		{ "ms=-1", -EINVAL },
		{ "ms=1s", -EINVAL },
	};

	for (size_t i = 0; i < array_length(rows); i++)
		ck_assert_int_eq(
			route_delay_ms(rows[i].query, strlen(rows[i].query)), rows[i].delay_ms);
	check("GET /slow?ms=x HTTP/1.1\r\n" HOST "\r\n",
		ANSWER("400 Bad Request", "16", "") "400 Bad Request\n");
}
END_TEST

#define PIPELINE \
	"GET / HTTP/1.1\r\n" HOST "\r\n" \
	"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 16\r\n\r\nGET / HTTP/1.1\r\n" \
	"\r\nHEAD /x HTTP/1.1\r\n" HOST "\r\n" \
	"POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1;x\r\ny\r\n0\r\n\r\n" \
	"OPTIONS / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n" \
	"GET /never HTTP/1.1\r\n" HOST "\r\n"

#define PIPELINE_ANSWERS \
	ANSWER("200 OK", "25", "") \
	HELLO ANSWER("200 OK", "21", "") "POST\nGET / HTTP/1.1\r\n" ANSWER( \
		"404 Not Found", "14", "") ANSWER("404 Not Found", "14", \
		"") "404 Not Found\n" ANSWER("200 OK", "0", METHODS CLOSE)

START_TEST(pipelined_requests_are_answered_in_order)
{
	check(PIPELINE, PIPELINE_ANSWERS);
}
END_TEST

START_TEST(any_split_gives_the_same_answers)
{
	const char bytes[] = PIPELINE;
	size_t size = strlen(bytes);
	struct client bytewise = { 0 };

	for (size_t at = 0; at <= size; at++) {
		struct client split = { 0 };

		feed(&split, &context, bytes, at);
		feed(&split, &context, bytes + at, size - at);
		check_out(&split, PIPELINE_ANSWERS);
		finish(&split);
	}
	for (size_t at = 0; at < size; at++)
		feed(&bytewise, &context, bytes + at, 1);
	check_out(&bytewise, PIPELINE_ANSWERS);
	finish(&bytewise);
}
END_TEST

START_TEST(requests_wait_while_answers_are_not_sent)
{
	struct client client = { 0 };
	const char bytes[] = "GET / HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST "\r\n";

	ck_assert_int_eq(buffer_append(&client.in, bytes, strlen(bytes)), 0);
	ck_assert_int_eq(exchange_run(&client.exchange, &context, &client.in, &client.out, 1), 0);
	check_out(&client, ANSWER("200 OK", "25", "") HELLO);
	buffer_drop(&client.out, client.out.size);
	ck_assert_int_eq(exchange_run(&client.exchange, &context, &client.in, &client.out, 1), 0);
	check_out(&client, ANSWER("200 OK", "25", "") HELLO);
	ck_assert_uint_eq(client.in.size, 0);
	finish(&client);
}
END_TEST

START_TEST(draining_server_says_close_in_the_last_answer_it_can_give)
{
	struct exchange_context draining = context;

	draining.is_draining = true;
	check_with(
		&draining, "GET / HTTP/1.1\r\n" HOST "\r\n", ANSWER("200 OK", "25", CLOSE) HELLO);
	/* What was received together is answered together. */
	check_with(&draining, "GET / HTTP/1.1\r\n" HOST "\r\nGET /x HTTP/1.1\r\n" HOST "\r\n",
		ANSWER("200 OK", "25", "")
			HELLO ANSWER("404 Not Found", "14", CLOSE) "404 Not Found\n");
}
END_TEST

START_TEST(refused_request_leaves_nothing_behind)
{
	struct client client = { 0 };
	const char bytes[] =
		"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n";

	feed(&client, &context, bytes, strlen(bytes));
	ck_assert_int_eq(client.exchange.state, EXCHANGE_BODY);
	ck_assert_int_eq(exchange_refuse(&client.exchange, &context, 408, &client.out), 0);
	check_out(&client, ANSWER("408 Request Timeout", "20", CLOSE) "408 Request Timeout\n");
	ck_assert_uint_eq(client.exchange.content.size, 0);
	finish(&client);
}
END_TEST

START_TEST(dates_are_those_of_http)
{
	static const struct {
		time_t time;
		const char *text;
	} rows[] = {
		{ 784111777, DATE },
		{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		char text[RESPONSE_DATE_SIZE];

		response_date(rows[i].time, text);
		ck_assert_str_eq(text, rows[i].text);
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		hello_tells_process_and_generation,
		head_is_answered_without_content_everywhere,
		echo_gives_method_and_body,
		methods_that_a_path_lacks_are_listed,
		old_clients_are_told_that_they_may_go_on,
		errors_of_framing_end_the_connection,
		body_over_the_limit_is_refused,
		leave_to_send_a_body_is_given_unless_it_has_come,
		body_that_nobody_wants_is_not_asked_for,
		slow_waits_as_long_as_it_was_asked_to,
		delays_are_numbers_within_bounds,
		pipelined_requests_are_answered_in_order,
		any_split_gives_the_same_answers,
		requests_wait_while_answers_are_not_sent,
		draining_server_says_close_in_the_last_answer_it_can_give,
		refused_request_leaves_nothing_behind,
		dates_are_those_of_http,
	};

	return SUITE_RUN("exchange", cases);
}
