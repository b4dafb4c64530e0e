/* SPDX-License-Identifier: MIT */
/* The heads of responses: child/http/response.c. What exchanges make of them is in exchange.c. */
#include "http/response.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "support/suite.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define END  "value that makes it long\r\nConnection: keep-alive\r\n\r\n"

static void check(const struct response *response, const char *expected)
{
	struct buffer out = { 0 };

	ck_assert_int_eq(response_append(response, &out), 0);
	ck_assert_msg(
		out.size == strlen(expected) && memcmp(buffer_bytes(&out), expected, out.size) == 0,
		"%.*s", (int)out.size, buffer_bytes(&out));
	buffer_release(&out);
}

static struct response response_of(enum response_framing framing)
{
	return (struct response){
		.status = 200,
		.date = DATE,
		.type = "text/plain",
		.framing = framing,
	};
}

START_TEST(length_is_told_to_the_last_digit)
{
	struct response response = response_of(RESPONSE_COUNTED);

	response.length = UINT64_MAX;
	check(&response,
		"HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Type: text/plain\r\n"
		"Content-Length: 18446744073709551615\r\n\r\n");
}
END_TEST

START_TEST(content_without_a_length_has_none)
{
	struct response chunked = response_of(RESPONSE_CHUNKED);
	struct response until_close = response_of(RESPONSE_UNTIL_CLOSE);

	chunked.length = until_close.length = 7;
	until_close.closes = true;
	check(&chunked,
		"HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Type: text/plain\r\n"
		"Transfer-Encoding: chunked\r\n\r\n");
	check(&until_close,
		"HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Type: text/plain\r\n"
		"Connection: close\r\n\r\n");
}
END_TEST

START_TEST(answer_without_content_says_nothing_of_any)
{
	struct response response = response_of(RESPONSE_WITHOUT_CONTENT);
	struct buffer fields = { 0 };

	ck_assert_int_eq(buffer_append_text(&fields, "ETag: \"x\"\r\n"), 0);
	response.status = 304;
	response.length = 7;
	response.fields = &fields;
	check(&response, "HTTP/1.1 304 Not Modified\r\nDate: " DATE "\r\nETag: \"x\"\r\n\r\n");
	buffer_release(&fields);
}
END_TEST

/* However many of them there are. */
START_TEST(fields_are_added_whole)
{
	static const char line[] = "X-Some-Field: and a value that makes it long\r\n";
	struct response response = response_of(RESPONSE_COUNTED);
	struct buffer fields = { 0 }, out = { 0 };

	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(buffer_append_text(&fields, line), 0);
	response.fields = &fields;
	response.says_keep_alive = true;
	ck_assert_int_eq(response_append(&response, &out), 0);
	ck_assert_ptr_nonnull(
		memmem(buffer_bytes(&out), out.size, buffer_bytes(&fields), fields.size));
	ck_assert_mem_eq(buffer_bytes(&out) + out.size - strlen(END), END, strlen(END));
	buffer_release(&fields);
	buffer_release(&out);
}
END_TEST

START_TEST(every_status_has_a_reason)
{
	int last = 0;

	for (size_t i = 0; i < RESPONSE_STATUSES; i++) {
		int status = response_status(i);
		char number[16];

		(void)snprintf(number, sizeof(number), "%d ", status);
		ck_assert_int_gt(status, last);
		ck_assert_uint_eq(response_status_index(status), i);
		ck_assert_int_eq(strncmp(response_reason(status), number, 4), 0);
		ck_assert_uint_gt(strlen(response_reason(status)), 4);
		last = status;
	}
}
END_TEST

START_TEST(interim_responses_are_heads_alone)
{
	struct buffer out = { 0 };

	ck_assert_int_eq(response_append_interim(100, &out), 0);
	ck_assert_int_eq(response_append_interim(102, &out), 0);
	ck_assert_int_eq(buffer_append(&out, "", 1), 0);
	ck_assert_str_eq(
		buffer_bytes(&out), "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n");
	buffer_release(&out);
}
END_TEST

START_TEST(dates_go_as_far_as_four_digits_of_a_year)
{
	char text[RESPONSE_DATE_SIZE];

	response_date(253402300799, text);
	ck_assert_str_eq(text, "Fri, 31 Dec 9999 23:59:59 GMT");
	response_date(-1, text);
	ck_assert_str_eq(text, "Wed, 31 Dec 1969 23:59:59 GMT");
	response_date(-62135596800, text);
	ck_assert_str_eq(text, "Mon, 01 Jan 0001 00:00:00 GMT");
}
END_TEST

/* Files may have such dates: tmpfs keeps any. */
START_TEST(times_beyond_any_date_become_the_nearest)
{
	static const int64_t late[] = { 253402300800, 1000000000000000, INT64_MAX };
	static const int64_t early[] = { -62135596801, -1000000000000000, INT64_MIN };
	char text[RESPONSE_DATE_SIZE];

	for (size_t i = 0; i < array_length(late); i++) {
		response_date((time_t)late[i], text);
		ck_assert_str_eq(text, "Fri, 31 Dec 9999 23:59:59 GMT");
		response_date((time_t)early[i], text);
		ck_assert_str_eq(text, "Mon, 01 Jan 0001 00:00:00 GMT");
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		length_is_told_to_the_last_digit,
		content_without_a_length_has_none,
		answer_without_content_says_nothing_of_any,
		fields_are_added_whole,
		every_status_has_a_reason,
		interim_responses_are_heads_alone,
		dates_go_as_far_as_four_digits_of_a_year,
		times_beyond_any_date_become_the_nearest,
	};

	return SUITE_RUN("response", cases);
}
