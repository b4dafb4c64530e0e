/* SPDX-License-Identifier: MIT */
/* Answers as clients read them: supervisor/doctor/response.c. */
#include "doctor/response.h"

#include <string.h>

#include "support/suite.h"

struct row {
	const char *text;
	enum response_state state; /* after all of it, before the end of the connection */
	int status;
	const char *body;
	bool keeps_open;
};

static const struct row rows[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", RESPONSE_COMPLETE, 200, "hello",
		true },
	{ "HTTP/1.1 200\r\ncontent-length:5 \r\n\r\nhello", RESPONSE_COMPLETE, 200, "hello", true },
	{ "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", RESPONSE_COMPLETE, 200, "hi", true },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", RESPONSE_COMPLETE,
		200, "", false },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", RESPONSE_COMPLETE, 200, "", false },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n",
		RESPONSE_COMPLETE, 200, "", true },
	{ "HTTP/1.1 204 No Content\r\n\r\n", RESPONSE_COMPLETE, 204, "", true },
	{ "HTTP/1.1 503 No\r\nContent-Length: 1\r\n\r\nx", RESPONSE_COMPLETE, 503, "x", true },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
		RESPONSE_COMPLETE, 200, "x", true },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n"
	  "0\r\nTrailer: x\r\n\r\n",
		RESPONSE_COMPLETE, 200, "abc0123456789", true },
	{ "HTTP/1.1 200 OK\r\n\r\nto the end", RESPONSE_UNTIL_CLOSE, 200, "to the end", false },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", RESPONSE_BODY, 200, "hello", true },
	{ "HTTP/1.1 200 OK\r\nContent-", RESPONSE_HEADER, 200, "", true },
	{ "SSH-2.0-OpenSSH_9.2\r\n", RESPONSE_BAD, 0, "", false },
	{ "HTTP/2 200\r\n", RESPONSE_BAD, 0, "", false },
	{ "HTTP/1.1 2000 OK\r\n", RESPONSE_BAD, 0, "", false },
	{ "HTTP/1.1 200 OK\r\nno colon\r\n", RESPONSE_BAD, 200, "", true },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n", RESPONSE_BAD, 200, "", true },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n", RESPONSE_BAD, 200, "",
		true },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", RESPONSE_BAD, 200, "",
		true },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", RESPONSE_BAD, 200,
		"a", true },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
		RESPONSE_BAD, 200, "", true },
};

static void check_row(const struct row *row, size_t step)
{
	struct response response;
	size_t length = strlen(row->text), used = 0;

	response_init(&response, false);
	ck_assert(!response_has_begun(&response));
	while (used < length) {
		size_t here = length - used < step ? length - used : step;
		size_t taken = response_feed(&response, row->text + used, here);

		used += taken;
		if (taken < here)
			break;
	}
	ck_assert_msg(
		response.state == row->state, "state %d of: %s", (int)response.state, row->text);
	ck_assert_msg(response.state == RESPONSE_BAD || used == length, "%s", row->text);
	ck_assert_int_eq(response.status, row->status);
	ck_assert_str_eq(response.body, row->body);
	ck_assert_msg(response.keeps_open == row->keeps_open, "%s", row->text);
	ck_assert(response_has_begun(&response));
	ck_assert((response.state == RESPONSE_BAD) == (response.reason != NULL));
}

START_TEST(answers_are_read_however_they_are_cut)
{
	for (size_t i = 0; i < array_length(rows); i++) {
		for (size_t step = 1; step < 12; step++)
			check_row(&rows[i], step);
		check_row(&rows[i], 4096);
	}
}
END_TEST

START_TEST(only_a_body_without_length_may_end_with_the_connection)
{
	for (size_t i = 0; i < array_length(rows); i++) {
		struct response response;

		response_init(&response, false);
		(void)response_feed(&response, rows[i].text, strlen(rows[i].text));
		ck_assert(response_end(&response) ==
			(rows[i].state == RESPONSE_COMPLETE ||
				rows[i].state == RESPONSE_UNTIL_CLOSE));
	}
}
END_TEST

START_TEST(bytes_after_the_answer_are_not_taken)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1";
	struct response response;

	response_init(&response, false);
	ck_assert_uint_eq(response_feed(&response, text, strlen(text)), strlen(text) - 8);
	ck_assert_int_eq(response.state, RESPONSE_COMPLETE);
}
END_TEST

START_TEST(heads_are_bounded)
{
	struct response response;
	char line[2048];

	memset(line, 'a', sizeof(line));
	response_init(&response, false);
	(void)response_feed(&response, line, sizeof(line));
	ck_assert_int_eq(response.state, RESPONSE_BAD);

	response_init(&response, false);
	(void)response_feed(&response, "HTTP/1.1 200 OK\r\n", 17);
	for (int i = 0; i < 1000 && response.state != RESPONSE_BAD; i++)
		(void)response_feed(&response, "a: b\r\n", 6);
	ck_assert_int_eq(response.state, RESPONSE_BAD);
}
END_TEST

START_TEST(long_bodies_keep_their_beginning_only)
{
	struct response response;
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
	char body[1000];

	memset(body, 'b', sizeof(body));
	response_init(&response, false);
	(void)response_feed(&response, head, strlen(head));
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(response_feed(&response, body, sizeof(body)), sizeof(body));
	ck_assert_int_eq(response.state, RESPONSE_COMPLETE);
	ck_assert_uint_eq(strlen(response.body), sizeof(response.body) - 1);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		answers_are_read_however_they_are_cut,
		only_a_body_without_length_may_end_with_the_connection,
		bytes_after_the_answer_are_not_taken,
		heads_are_bounded,
		long_bodies_keep_their_beginning_only,
	};

	return SUITE_RUN("doctor_response", cases);
}
