/* SPDX-License-Identifier: MIT */
/* Requests and their answers, bytes in and bytes out: child/http/exchange.c. */
#include "http/exchange.h"

#include <errno.h>
#include <string.h>

#include "http/response.h"
#include "support/fake_routes.h"
#include "support/suite.h"

#define HOST "Host: a\r\n"
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define ANSWER(status, length, more) \
	"HTTP/1.1 " status "\r\nDate: " DATE \
	"\r\nContent-Type: text/plain\r\nContent-Length: " length "\r\n" more "\r\n"
#define CLOSE   "Connection: close\r\n"
#define METHODS "Allow: GET, HEAD, OPTIONS\r\n"
#define HELLO   "hello\n"

enum { OUT_MAX = 64 * 1024 };

static int64_t now_us;

/* Each look at it takes 7 microseconds. */
static int64_t clock_us(void)
{
	return now_us += 7;
}

static const struct exchange_settings context = {
	.routes = &fake_routes,
	.date = DATE,
	.max_body = 1000,
	.clock_us = clock_us,
};

static struct exchange_record last; /* but for its texts */
static char last_line[256];
static unsigned over; /* requests that are over */
static bool is_answered;

static void on_answered(struct exchange *exchange)
{
	(void)exchange;
	is_answered = true;
}

static void on_over(struct exchange *exchange, const struct exchange_record *record)
{
	struct request_part line = record->request->line;

	(void)exchange;
	last = *record;
	ck_assert_uint_lt(line.size, sizeof(last_line));
	if (line.size)
		memcpy(last_line, request_text(record->head, line), line.size);
	last_line[line.size] = '\0';
	over++;
}

static const struct exchange_events events = { .on_answered = on_answered, .on_over = on_over };

struct client {
	struct exchange exchange;
	struct buffer in, out;
};

static void start(struct client *client)
{
	*client = (struct client){ 0 };
	exchange_open(&client->exchange, &events, baton_context_background());
}

static void feed(struct client *client, const struct exchange_settings *in_context,
	const char *bytes, size_t size)
{
	ck_assert_int_eq(buffer_append(&client->in, bytes, size), 0);
	ck_assert_int_eq(
		exchange_run(&client->exchange, in_context, &client->in, &client->out, OUT_MAX), 0);
}

static void finish(struct client *client)
{
	exchange_close(&client->exchange, &context);
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
	const struct exchange_settings *in_context, const char *bytes, const char *expected)
{
	struct client client;

	start(&client);
	feed(&client, in_context, bytes, strlen(bytes));
	check_out(&client, expected);
	finish(&client);
}

static void check(const char *bytes, const char *expected)
{
	check_with(&context, bytes, expected);
}

START_TEST(path_of_a_route_is_answered_by_it)
{
	check("GET / HTTP/1.1\r\n" HOST "\r\n", ANSWER("200 OK", "6", "") HELLO);
	check("GET http://a?b HTTP/1.1\r\n" HOST "\r\n", ANSWER("200 OK", "6", "") HELLO);
}
END_TEST

START_TEST(time_is_taken_from_the_head_to_the_end_of_the_answer)
{
	check("GET / HTTP/1.1\r\n" HOST "\r\n", ANSWER("200 OK", "6", "") HELLO);
	ck_assert_int_eq(last.took_us, 7);
}
END_TEST

START_TEST(head_is_answered_without_content_everywhere)
{
	check("HEAD / HTTP/1.1\r\n" HOST "\r\n", ANSWER("200 OK", "6", ""));
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
	check("GET / HTTP/1.0\r\n\r\n", ANSWER("200 OK", "6", CLOSE) HELLO);
	check("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		ANSWER("200 OK", "6", "Connection: keep-alive\r\n") HELLO);
}
END_TEST

START_TEST(errors_of_framing_end_the_connection)
{
	struct client client;
	const char bytes[] = "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n";

	start(&client);
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
	struct client client;

	start(&client);
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

START_TEST(pending_answer_comes_when_its_route_says_so)
{
	struct client client;
	const char bytes[] = "GET /slow HTTP/1.1\r\n" HOST "\r\n";

	start(&client);
	feed(&client, &context, bytes, strlen(bytes));
	ck_assert_int_eq(client.exchange.state, EXCHANGE_WAITING);
	feed(&client, &context, bytes, strlen(bytes));
	ck_assert_uint_eq(client.out.size, 0);
	ck_assert_int_eq(baton_context_err(fake_pending->context), 0);
	call_answered(fake_pending);
	ck_assert(is_answered);
	ck_assert_int_eq(exchange_answer(&client.exchange, &context, &client.in, &client.out), 0);
	check_out(&client, ANSWER("200 OK", "5", "") "slow\n");
	ck_assert_int_eq(client.exchange.state, EXCHANGE_IDLE);
	ck_assert_uint_eq(fake_ended, 1);
	ck_assert_uint_eq(client.in.size, strlen(bytes));
	finish(&client);
}
END_TEST

START_TEST(pending_request_may_be_refused_and_the_next_answered)
{
	struct client client;
	const char bytes[] = "GET /slow HTTP/1.1\r\n" HOST "\r\n";

	start(&client);
	feed(&client, &context, bytes, strlen(bytes));
	struct baton_context *request = baton_context_ref(fake_pending->context);

	ck_assert_int_eq(
		exchange_refuse(&client.exchange, &context, 504, true, &client.in, &client.out), 0);
	ck_assert_uint_eq(fake_ended, 1);
	ck_assert_int_eq(baton_context_err(request), -ECANCELED);
	ck_assert_int_eq(baton_context_cause(request, NULL), -ETIMEDOUT);
	baton_context_unref(request);
	feed(&client, &context, "GET / HTTP/1.1\r\n" HOST "\r\n", 27);
	check_out(&client,
		ANSWER("504 Gateway Timeout", "20", "") "504 Gateway Timeout\n" ANSWER(
			"200 OK", "6", "") HELLO);
	finish(&client);
}
END_TEST

START_TEST(context_ends_when_the_connection_does)
{
	struct client client;
	struct baton_error error;
	const char bytes[] = "GET /slow HTTP/1.1\r\n" HOST "\r\n";

	start(&client);
	feed(&client, &context, bytes, strlen(bytes));
	struct baton_context *request = baton_context_ref(fake_pending->context);

	exchange_close(&client.exchange, &context);
	ck_assert_uint_eq(fake_ended, 1);
	ck_assert_int_eq(baton_context_err(request), -ECANCELED);
	ck_assert_int_eq(baton_context_cause(request, &error), -EPIPE);
	ck_assert_str_eq(error.text, "the client has left");
	baton_context_unref(request);
	ck_assert_int_eq(last.status, 499);
	ck_assert_uint_eq(over, 1);
	finish(&client);
}
END_TEST

#define STREAM_HEAD(more) \
	"HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Type: text/plain\r\n" more "\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"

START_TEST(content_of_unknown_length_is_sent_in_chunks)
{
	check("GET /stream HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST "\r\n",
		STREAM_HEAD(CHUNKED) "4\r\none\n\r\n4\r\ntwo\n\r\n6\r\nthree\n\r\n0\r\n\r\n" ANSWER(
			"200 OK", "6", "") HELLO);
	ck_assert_uint_eq(fake_ended, 1);
	check("HEAD /stream HTTP/1.1\r\n" HOST "\r\n", STREAM_HEAD(CHUNKED));
	check("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		STREAM_HEAD(CLOSE) "one\ntwo\nthree\n");
}
END_TEST

START_TEST(content_is_produced_as_it_is_sent)
{
	struct client client;
	const char bytes[] = "GET /stream HTTP/1.0\r\n\r\n";

	start(&client);
	ck_assert_int_eq(buffer_append(&client.in, bytes, strlen(bytes)), 0);
	ck_assert_int_eq(exchange_run(&client.exchange, &context, &client.in, &client.out, 1), 0);
	ck_assert_int_eq(client.exchange.state, EXCHANGE_SENDING);
	check_out(&client, STREAM_HEAD(CLOSE));
	buffer_drop(&client.out, client.out.size);
	ck_assert_int_eq(exchange_run(&client.exchange, &context, &client.in, &client.out, 1), 0);
	check_out(&client, "one\n");
	ck_assert_uint_eq(over, 0);
	exchange_close(&client.exchange, &context);
	ck_assert_int_eq(last.status, 499);
	ck_assert_uint_eq(last.sent, 4);
	finish(&client);
}
END_TEST

START_TEST(content_that_cannot_be_finished_cuts_the_connection)
{
	struct client client;
	const char bytes[] = "GET /broken HTTP/1.1\r\n" HOST "\r\n";

	start(&client);
	ck_assert_int_eq(buffer_append(&client.in, bytes, strlen(bytes)), 0);
	ck_assert_int_eq(
		exchange_run(&client.exchange, &context, &client.in, &client.out, OUT_MAX), -EIO);
	finish(&client);
	ck_assert_int_eq(last.status, 499);
}
END_TEST

START_TEST(file_is_left_to_the_connection)
{
	struct client client;
	const char bytes[] = "GET /file HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST "\r\n";

	start(&client);
	feed(&client, &context, bytes, strlen(bytes));
	check_out(&client, ANSWER("200 OK", "7", "") "head");
	ck_assert_uint_eq(exchange_file_left(&client.exchange), 3);
	exchange_file_sent(&client.exchange, &context, 2);
	ck_assert_uint_eq(exchange_file_left(&client.exchange), 1);
	ck_assert_uint_eq(client.exchange.call.answer.file_offset, 102);
	exchange_file_sent(&client.exchange, &context, 1);
	ck_assert_uint_eq(exchange_file_left(&client.exchange), 0);
	ck_assert_int_eq(client.exchange.state, EXCHANGE_IDLE);
	ck_assert_uint_eq(last.sent, 7);
	ck_assert_uint_eq(fake_ended, 1);
	finish(&client);
	check("HEAD /file HTTP/1.1\r\n" HOST "\r\n", ANSWER("200 OK", "7", ""));
}
END_TEST

START_TEST(each_request_is_told_of_when_it_is_over)
{
	check("GET /x?y HTTP/1.1\r\n" HOST "\r\n",
		ANSWER("404 Not Found", "14", "") "404 Not Found\n");
	ck_assert_int_eq(last.status, 404);
	ck_assert_uint_eq(last.sent, 14);
	ck_assert_str_eq(last_line, "GET /x?y HTTP/1.1");
	ck_assert_uint_eq(over, 1);
	check("GET\r\n", ANSWER("400 Bad Request", "16", CLOSE) "400 Bad Request\n");
	ck_assert_str_eq(last_line, "GET");
	ck_assert_uint_eq(over, 2);
	check("\n", ANSWER("400 Bad Request", "16", CLOSE) "400 Bad Request\n");
	ck_assert_str_eq(last_line, "");
	ck_assert_uint_eq(over, 3);
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
	ANSWER("200 OK", "6", "") \
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
	struct client bytewise;

	start(&bytewise);
	for (size_t at = 0; at <= size; at++) {
		struct client split;

		start(&split);
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
	struct client client;
	const char bytes[] = "GET / HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST "\r\n";

	start(&client);
	ck_assert_int_eq(buffer_append(&client.in, bytes, strlen(bytes)), 0);
	ck_assert_int_eq(exchange_run(&client.exchange, &context, &client.in, &client.out, 1), 0);
	check_out(&client, ANSWER("200 OK", "6", "") HELLO);
	buffer_drop(&client.out, client.out.size);
	ck_assert_int_eq(exchange_run(&client.exchange, &context, &client.in, &client.out, 1), 0);
	check_out(&client, ANSWER("200 OK", "6", "") HELLO);
	ck_assert_uint_eq(client.in.size, 0);
	finish(&client);
}
END_TEST

START_TEST(draining_server_says_close_in_the_last_answer_it_can_give)
{
	struct exchange_settings draining = context;

	draining.is_draining = true;
	check_with(&draining, "GET / HTTP/1.1\r\n" HOST "\r\n", ANSWER("200 OK", "6", CLOSE) HELLO);
	/* What was received together is answered together. */
	check_with(&draining, "GET / HTTP/1.1\r\n" HOST "\r\nGET /x HTTP/1.1\r\n" HOST "\r\n",
		ANSWER("200 OK", "6", "")
			HELLO ANSWER("404 Not Found", "14", CLOSE) "404 Not Found\n");
}
END_TEST

START_TEST(connection_that_goes_on_elsewhere_is_not_told_to_close)
{
	struct exchange_settings draining = context;
	const char bytes[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
	struct client client;

	draining.is_draining = true;
	start(&client);
	client.exchange.goes_on = true;
	feed(&client, &draining, bytes, strlen(bytes));
	check_out(&client, ANSWER("200 OK", "6", "") HELLO);
	ck_assert_int_eq(client.exchange.state, EXCHANGE_IDLE);
	finish(&client);
}
END_TEST

START_TEST(requests_that_are_held_stay_as_they_came)
{
	const char half[] = "GET / HTTP/1.1\r\nHo", rest[] = "st: a\r\n\r\n";
	struct client client;

	start(&client);
	client.exchange.is_held = true;
	feed(&client, &context, half, strlen(half));
	ck_assert_int_eq(client.exchange.state, EXCHANGE_IDLE);
	ck_assert_uint_eq(client.in.size, strlen(half));
	client.exchange.is_held = false;
	feed(&client, &context, "", 0);
	ck_assert_int_eq(client.exchange.state, EXCHANGE_HEAD);
	client.exchange.is_held = true;
	feed(&client, &context, rest, strlen(rest));
	ck_assert_uint_eq(client.in.size, strlen(half) + strlen(rest));
	ck_assert_uint_eq(client.out.size, 0);
	client.exchange.is_held = false;
	feed(&client, &context, "", 0);
	check_out(&client, ANSWER("200 OK", "6", "") HELLO);
	finish(&client);
}
END_TEST

START_TEST(refused_request_leaves_nothing_behind)
{
	struct client client;
	const char bytes[] =
		"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n";

	start(&client);
	feed(&client, &context, bytes, strlen(bytes));
	ck_assert_int_eq(client.exchange.state, EXCHANGE_BODY);
	ck_assert_int_eq(
		exchange_refuse(&client.exchange, &context, 408, false, &client.in, &client.out),
		0);
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
		path_of_a_route_is_answered_by_it,
		time_is_taken_from_the_head_to_the_end_of_the_answer,
		head_is_answered_without_content_everywhere,
		echo_gives_method_and_body,
		methods_that_a_path_lacks_are_listed,
		old_clients_are_told_that_they_may_go_on,
		errors_of_framing_end_the_connection,
		body_over_the_limit_is_refused,
		leave_to_send_a_body_is_given_unless_it_has_come,
		body_that_nobody_wants_is_not_asked_for,
		pending_answer_comes_when_its_route_says_so,
		pending_request_may_be_refused_and_the_next_answered,
		context_ends_when_the_connection_does,
		content_of_unknown_length_is_sent_in_chunks,
		content_is_produced_as_it_is_sent,
		content_that_cannot_be_finished_cuts_the_connection,
		file_is_left_to_the_connection,
		each_request_is_told_of_when_it_is_over,
		pipelined_requests_are_answered_in_order,
		any_split_gives_the_same_answers,
		requests_wait_while_answers_are_not_sent,
		draining_server_says_close_in_the_last_answer_it_can_give,
		connection_that_goes_on_elsewhere_is_not_told_to_close,
		requests_that_are_held_stay_as_they_came,
		refused_request_leaves_nothing_behind,
		dates_are_those_of_http,
	};

	return SUITE_RUN("exchange", cases);
}
