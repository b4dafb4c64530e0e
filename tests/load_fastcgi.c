/* SPDX-License-Identifier: MIT */
/* FastCGI as the load client speaks it: support/load/fastcgi.c. */
#include "support/load/fastcgi.h"

#include <string.h>

#include "support/suite.h"

enum { STDOUT = 6, STDERR = 7, END = 3 };

static void append(
	struct strbuf *answer, int type, const char *content, size_t length, size_t padding)
{
	unsigned char header[8] = { 1, (unsigned char)type, 0, 1, (unsigned char)(length >> 8),
		(unsigned char)length, (unsigned char)padding, 0 };

	strbuf_append_bytes(answer, header, sizeof(header));
	strbuf_append_bytes(answer, content, length);
	strbuf_append_bytes(answer, "\0\0\0\0\0\0\0", padding);
}

static void append_end(struct strbuf *answer, unsigned char protocol_status)
{
	char content[8] = { 0, 0, 0, 0, (char)protocol_status };

	append(answer, END, content, sizeof(content), 0);
}

static size_t feed(struct fastcgi *fastcgi, const struct strbuf *answer, size_t step)
{
	size_t used = 0;

	fastcgi_init(fastcgi);
	while (used < answer->length) {
		size_t left = answer->length - used;
		size_t here = left < step ? left : step;
		size_t taken = fastcgi_feed(fastcgi, answer->text + used, here);

		used += taken;
		if (taken < here)
			break;
	}
	return used;
}

START_TEST(answers_are_read_however_they_are_cut)
{
	struct strbuf answer = STRBUF_INIT;
	struct fastcgi fastcgi;

	append(&answer, STDERR, "a warning", 9, 7);
	append(&answer, STDOUT, "Status: 201 Made\r\nContent-type", 30, 2);
	append(&answer, STDOUT, ": text/plain\r\n\r\nhel", 19, 5);
	append(&answer, STDOUT, "lo", 2, 0);
	append(&answer, STDOUT, "", 0, 0);
	append_end(&answer, 0);
	for (size_t step = 1; step <= answer.length; step++) {
		ck_assert_uint_eq(feed(&fastcgi, &answer, step), answer.length);
		ck_assert_int_eq(fastcgi.state, FASTCGI_COMPLETE);
		ck_assert_int_eq(fastcgi.response.status, 201);
		ck_assert_str_eq(fastcgi.response.body, "hello");
	}
	strbuf_finish(&answer);
}
END_TEST

START_TEST(bytes_after_the_end_record_are_not_taken)
{
	struct strbuf answer = STRBUF_INIT;
	struct fastcgi fastcgi;

	append(&answer, STDOUT, "\r\nhi", 4, 0);
	append_end(&answer, 0);
	size_t length = answer.length;

	append(&answer, STDOUT, "\r\nmore", 6, 0);
	ck_assert_uint_eq(feed(&fastcgi, &answer, answer.length), length);
	ck_assert_int_eq(fastcgi.response.status, 200);
	strbuf_finish(&answer);
}
END_TEST

START_TEST(broken_answers_are_refused)
{
	struct strbuf answers[4] = { STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT };

	append_end(&answers[0], 0); /* no head at all */
	append(&answers[1], STDOUT, "\r\n", 2, 0);
	append_end(&answers[1], 2); /* overloaded */
	append(&answers[2], 99, "x", 1, 0);
	strbuf_append(&answers[3], "HTTP/1.1 200 OK\r\n");
	for (size_t i = 0; i < array_length(answers); i++) {
		struct fastcgi fastcgi;

		(void)feed(&fastcgi, &answers[i], answers[i].length);
		ck_assert_msg(fastcgi.state == FASTCGI_BAD, "answer %zu", i);
		ck_assert_ptr_nonnull(fastcgi.reason);
		strbuf_finish(&answers[i]);
	}
}
END_TEST

START_TEST(requests_are_whole_records)
{
	struct strbuf request = STRBUF_INIT;
	char script[300];
	static const int types[] = { 1, 4, 4, 5 };
	size_t at = 0;

	memset(script, 'a', sizeof(script) - 1);
	script[0] = '/';
	script[sizeof(script) - 1] = '\0'; /* its length takes four bytes */
	fastcgi_request(&request, script, true);
	ck_assert(!request.is_broken);
	for (size_t i = 0; i < array_length(types); i++) {
		const unsigned char *header = (const unsigned char *)request.text + at;

		ck_assert_uint_le(at + 8, request.length);
		ck_assert_int_eq(header[0], 1);
		ck_assert_int_eq(header[1], types[i]);
		at += 8 + ((size_t)header[4] << 8 | header[5]);
	}
	ck_assert_uint_eq(at, request.length);
	ck_assert_ptr_nonnull(memmem(request.text, request.length, "SCRIPT_FILENAME", 15));
	ck_assert_ptr_nonnull(memmem(request.text, request.length, script, strlen(script)));
	strbuf_finish(&request);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		answers_are_read_however_they_are_cut,
		bytes_after_the_end_record_are_not_taken,
		broken_answers_are_refused,
		requests_are_whole_records,
	};

	return SUITE_RUN("load_fastcgi", cases);
}
