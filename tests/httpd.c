/* SPDX-License-Identifier: MIT */
/* What clients see of baton-httpd: child/server.c, child/connection.c. */
#include "support/httpd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "support/suite.h"

#define HOST "Host: a\r\n"

static struct httpd httpd;
static struct client client;
static struct answer answer;

START_TEST(connection_is_kept_for_more_requests)
{
	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	for (int i = 0; i < 3; i++) {
		client_get(&client, "/");
		client_receive(&client, &answer);
		ck_assert_int_eq(answer.status, 200);
		ck_assert(!answer.closes);
		ck_assert_int_eq(strncmp(answer.body, "hello pid=", 10), 0);
	}
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(connection_ends_when_the_client_says_so)
{
	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	client_send(&client, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	client_receive(&client, &answer);
	ck_assert(answer.closes);
	client_expect_end(&client);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
	char text[128 * 100] = "";
	char expected[16];

	for (int i = 0; i < 100; i++)
		(void)sprintf(text + strlen(text),
			"PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n%02d", i);
	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	client_send(&client, text);
	for (int i = 0; i < 100; i++) {
		client_receive(&client, &answer);
		(void)snprintf(expected, sizeof(expected), "PUT\n%02d", i);
		ck_assert_str_eq(answer.body, expected);
	}
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(requests_behind_a_slow_one_wait_for_it)
{
	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	client_get(&client, "/slow?ms=50");
	client_get(&client, "/");
	client_receive(&client, &answer);
	ck_assert_int_eq(strncmp(answer.body, "slow ", 5), 0);
	client_receive(&client, &answer);
	ck_assert_int_eq(strncmp(answer.body, "hello ", 6), 0);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(body_up_to_the_limit_is_echoed)
{
	size_t size = 1024 * 1024;
	char *body = malloc(size + 1);

	ck_assert_ptr_nonnull(body);
	memset(body, 'x', size);
	body[size] = '\0';
	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	client_send(&client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1048576\r\n\r\n");
	client_send(&client, body);
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 200);
	ck_assert_uint_eq(answer.length, 5 + size);
	free(body);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

/* A close with bytes unread would send RST and destroy the answer. */
START_TEST(refusal_reaches_a_client_that_goes_on_sending)
{
	size_t size = 4 * 1024 * 1024;
	char *body = malloc(size + 1);

	ck_assert_ptr_nonnull(body);
	memset(body, 'x', size);
	body[size] = '\0';
	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	client_send(&client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4194304\r\n\r\n");
	client_send(&client, body);
	client_receive(&client, &answer);
	ck_assert_int_eq(answer.status, 413);
	ck_assert(answer.closes);
	client_expect_end(&client);
	free(body);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(nothing_is_answered_behind_doubtful_framing)
{
	static const struct {
		const char *bytes;
		int status;
	} rows[] = {
		{ "POST /echo HTTP/1.1\r\n" HOST
		  "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			400 },
		{ "POST /echo HTTP/1.1\r\n" HOST
		  "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
			400 },
		{ "POST /echo HTTP/1.1\r\n" HOST
		  "Transfer-Encoding: chunked\r\n\r\n1 \r\nx\r\n0\r\n\r\n",
			400 },
		{ "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
			400 },
		{ "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: x\r\n\r\n0\r\n\r\n", 501 },
		{ "GET / HTTP/1.1\n" HOST "\r\n", 400 },
	};

	httpd_start(&httpd, NULL);
	for (size_t i = 0; i < array_length(rows); i++) {
		client_connect(&client, &httpd);
		client_send(&client, rows[i].bytes);
		client_get(&client, "/");
		client_receive(&client, &answer);
		ck_assert_int_eq(answer.status, rows[i].status);
		ck_assert(answer.closes);
		client_expect_end(&client);
		client_close(&client);
	}
	httpd_stop(&httpd);
}
END_TEST

/* As LIMITS in baton-httpd(1) has it; others are above, in httpd_limits.c and httpd_files.c. */
START_TEST(some_errors_end_the_connection_and_others_do_not)
{
	static const struct {
		const char *bytes;
		int status;
		bool closes;
	} rows[] = {
		{ "BREW / HTTP/1.1\r\n" HOST "\r\n", 501, true },
		{ "GET / HTTP/2.0\r\n" HOST "\r\n", 505, true },
		{ "GET / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n", 417, true },
		{ "POST /x HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
			404, true },
		{ "GET /x HTTP/1.1\r\n" HOST "\r\n", 404, false },
		{ "PUT / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx", 405, false },
		{ "GET /slow?ms=x HTTP/1.1\r\n" HOST "\r\n", 400, false },
	};

	httpd_start(&httpd, NULL);
	for (size_t i = 0; i < array_length(rows); i++) {
		client_connect(&client, &httpd);
		client_send(&client, rows[i].bytes);
		client_receive(&client, &answer);
		ck_assert_int_eq(answer.status, rows[i].status);
		ck_assert_int_eq(answer.closes, rows[i].closes);
		client_close(&client);
	}
	httpd_stop(&httpd);
}
END_TEST

START_TEST(body_is_asked_for_before_it_is_sent)
{
	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	client_send(&client,
		"POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	client_receive_head(&client, &answer);
	ck_assert_int_eq(answer.status, 100);
	client_send(&client, "hi");
	client_receive(&client, &answer);
	ck_assert_str_eq(answer.body, "POST\nhi");
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(head_has_no_content_over_the_wire)
{
	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	client_send(&client, "HEAD / HTTP/1.1\r\n" HOST "\r\n");
	client_receive_head(&client, &answer);
	ck_assert_uint_gt(answer.length, 0);
	client_get(&client, "/x");
	ck_assert_int_eq(client_status(&client), 404);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

START_TEST(client_that_sends_no_more_gets_its_answers)
{
	httpd_start(&httpd, NULL);
	client_connect(&client, &httpd);
	client_get(&client, "/");
	client_get(&client, "/slow?ms=100");
	ck_assert_int_eq(shutdown(client.fd, SHUT_WR), 0);
	ck_assert_int_eq(client_status(&client), 200);
	ck_assert_int_eq(client_status(&client), 200);
	client_expect_end(&client);
	client_close(&client);
	httpd_stop(&httpd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		connection_is_kept_for_more_requests,
		connection_ends_when_the_client_says_so,
		pipelined_requests_are_answered_in_order,
		requests_behind_a_slow_one_wait_for_it,
		body_up_to_the_limit_is_echoed,
		refusal_reaches_a_client_that_goes_on_sending,
		nothing_is_answered_behind_doubtful_framing,
		some_errors_end_the_connection_and_others_do_not,
		body_is_asked_for_before_it_is_sent,
		head_has_no_content_over_the_wire,
		client_that_sends_no_more_gets_its_answers,
	};

	return SUITE_RUN("httpd", cases);
}
