/* SPDX-License-Identifier: MIT */
/* Conditions (RFC 9110, section 13): child/http/conditional.c. Its ranges are in
 * conditional_range.c. */
#include "http/conditional.h"

#include <string.h>

#include "http/response.h"
#include "support/head.h"
#include "support/suite.h"

#define HEAD(fields) "GET / HTTP/1.1\r\nHost: a\r\n" fields "\r\n"

#define EARLIER  "Sun, 06 Nov 1994 08:49:36 GMT"
#define MODIFIED "Sun, 06 Nov 1994 08:49:37 GMT"
#define LATER    "Sun, 06 Nov 1994 08:49:38 GMT"

static const struct representation file = {
	.etag = "\"1-2\"",
	.modified = 784111777,
	.size = 1000,
};

struct row {
	const char *head;
	int status;
};

static int status_of(const char *head, const struct representation *representation)
{
	struct request request = head_parse(head);

	return conditional_status(&request, head, representation);
}

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int status = status_of(rows[i].head, &file);

		ck_assert_msg(status == rows[i].status, "%d instead of %d: %s", status,
			rows[i].status, rows[i].head);
	}
}

START_TEST(request_without_a_condition_is_answered)
{
	static const struct row rows[] = {
		{ HEAD(""), 200 },
		{ HEAD("Range: bytes=0-1\r\nIf-Range: \"x\"\r\n"), 200 },
		{ HEAD("If-Match:\r\nIf-None-Match: \r\nIf-Modified-Since:\r\n"), 200 },
	};

	check(rows, array_length(rows));
}
END_TEST

START_TEST(if_match_wants_one_of_its_tags)
{
	static const struct row rows[] = {
		{ HEAD("If-Match: \"1-2\"\r\n"), 200 },
		{ HEAD("If-Match: \"x\", \"1-2\"\r\n"), 200 },
		{ HEAD("If-Match: \"1-2\", \"x\"\r\n"), 200 },
		{ HEAD("If-Match: *\r\n"), 200 },
		{ HEAD("If-Match: \"x\"\r\n"), 412 },
		{ HEAD("If-Match: \"x\", \"y\"\r\n"), 412 },
		{ HEAD("If-Match: \"1-\"\r\n"), 412 },
		{ HEAD("If-Match: \"1-23\"\r\n"), 412 },
		{ HEAD("If-Match: \"\"\r\n"), 412 },
	};

	check(rows, array_length(rows));
}
END_TEST

START_TEST(if_none_match_wants_none_of_its_tags)
{
	static const struct row rows[] = {
		{ HEAD("If-None-Match: \"1-2\"\r\n"), 304 },
		{ HEAD("If-None-Match: \"x\", \"1-2\"\r\n"), 304 },
		{ HEAD("If-None-Match: \"1-2\", \"x\"\r\n"), 304 },
		{ HEAD("If-None-Match: *\r\n"), 304 },
		{ HEAD("If-None-Match: \"x\"\r\n"), 200 },
		{ HEAD("If-None-Match: \"x\", \"y\"\r\n"), 200 },
		{ HEAD("If-None-Match: \"1-23\"\r\n"), 200 },
	};

	check(rows, array_length(rows));
}
END_TEST

/* Section 8.8.3.2; ours is a strong one. */
START_TEST(weak_tags_count_where_nothing_is_to_be_changed)
{
	static const struct row rows[] = {
		{ HEAD("If-Match: W/\"1-2\"\r\n"), 412 },
		{ HEAD("If-Match: W/\"1-2\", \"1-2\"\r\n"), 200 },
		{ HEAD("If-None-Match: W/\"1-2\"\r\n"), 304 },
		{ HEAD("If-None-Match: W/\"x\",W/\"1-2\"\r\n"), 304 },
		{ HEAD("If-None-Match: W/\"x\"\r\n"), 200 },
		/* The W is a capital one, and no space follows. */
		{ HEAD("If-None-Match: w/\"1-2\"\r\n"), 200 },
		{ HEAD("If-None-Match: W/ \"1-2\"\r\n"), 200 },
		{ HEAD("If-None-Match: W/\r\n"), 200 },
	};

	check(rows, array_length(rows));
}
END_TEST

START_TEST(lists_may_have_space_and_empty_elements)
{
	static const struct row rows[] = {
		{ HEAD("If-None-Match: ,\"1-2\"\r\n"), 304 },
		{ HEAD("If-None-Match: , ,\t\"x\" \t,, \"1-2\" ,\r\n"), 304 },
		{ HEAD("If-None-Match: \"x\",\"y\",\"1-2\"\r\n"), 304 },
		{ HEAD("If-None-Match: ,\r\n"), 200 },
		{ HEAD("If-Match: ,,\r\n"), 412 },
	};

	check(rows, array_length(rows));
}
END_TEST

START_TEST(malformed_tags_match_nothing)
{
	static const struct row rows[] = {
		{ HEAD("If-None-Match: 1-2\r\n"), 200 },
		{ HEAD("If-None-Match: '1-2'\r\n"), 200 },
		{ HEAD("If-None-Match: \"1-2\r\n"), 200 },
		{ HEAD("If-None-Match: 1-2\"\r\n"), 200 },
		{ HEAD("If-None-Match: \"1-2\"\"1-2\"\r\n"), 200 },
		{ HEAD("If-None-Match: \"x\" \"1-2\"\r\n"), 200 },
		{ HEAD("If-None-Match: *, \"x\"\r\n"), 200 },
		{ HEAD("If-None-Match: **\r\n"), 200 },
		/* Within quotes a comma separates nothing. */
		{ HEAD("If-None-Match: \"x,\"1-2\",y\"\r\n"), 200 },
		{ HEAD("If-Match: 1-2\r\n"), 412 },
	};

	check(rows, array_length(rows));
}
END_TEST

START_TEST(tags_may_contain_what_separates_lists)
{
	static const struct representation odd = { .etag = "\"a, b\"" };

	ck_assert_int_eq(status_of(HEAD("If-None-Match: \"a, b\"\r\n"), &odd), 304);
	ck_assert_int_eq(status_of(HEAD("If-None-Match: \"x\", W/\"a, b\"\r\n"), &odd), 304);
	ck_assert_int_eq(status_of(HEAD("If-None-Match: \"a\", \" b\"\r\n"), &odd), 200);
}
END_TEST

START_TEST(dates_are_compared_to_the_second)
{
	static const struct row rows[] = {
		{ HEAD("If-Modified-Since: " EARLIER "\r\n"), 200 },
		{ HEAD("If-Modified-Since: " MODIFIED "\r\n"), 304 },
		{ HEAD("If-Modified-Since: " LATER "\r\n"), 304 },
		{ HEAD("If-Unmodified-Since: " EARLIER "\r\n"), 412 },
		{ HEAD("If-Unmodified-Since: " MODIFIED "\r\n"), 200 },
		{ HEAD("If-Unmodified-Since: " LATER "\r\n"), 200 },
	};

	check(rows, array_length(rows));
}
END_TEST

/* Sections 13.1.3 and 13.1.4. */
START_TEST(malformed_dates_are_ignored)
{
	static const struct row rows[] = {
		{ HEAD("If-Modified-Since: x\r\n"), 200 },
		{ HEAD("If-Modified-Since: " LATER "x\r\n"), 200 },
		{ HEAD("If-Modified-Since: Mon, 06 Nov 1994 08:49:38 GMT\r\n"), 200 },
		{ HEAD("If-Unmodified-Since: x\r\n"), 200 },
		{ HEAD("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 UTC\r\n"), 200 },
	};

	check(rows, array_length(rows));
}
END_TEST

/* Section 13.2.2, step by step. */
START_TEST(conditions_take_precedence_in_their_order)
{
	static const struct row rows[] = {
		/* Tags are better than dates, on both sides. */
		{ HEAD("If-Match: \"1-2\"\r\nIf-Unmodified-Since: " EARLIER "\r\n"), 200 },
		{ HEAD("If-Match: \"x\"\r\nIf-Unmodified-Since: " LATER "\r\n"), 412 },
		{ HEAD("If-None-Match: \"x\"\r\nIf-Modified-Since: " LATER "\r\n"), 200 },
		{ HEAD("If-None-Match: \"1-2\"\r\nIf-Modified-Since: " EARLIER "\r\n"), 304 },
		/* What is to be prevented comes first. */
		{ HEAD("If-None-Match: \"1-2\"\r\nIf-Match: \"x\"\r\n"), 412 },
		{ HEAD("If-None-Match: \"1-2\"\r\nIf-Match: \"1-2\"\r\n"), 304 },
		{ HEAD("If-None-Match: *\r\nIf-Unmodified-Since: " EARLIER "\r\n"), 412 },
		{ HEAD("If-Modified-Since: " LATER "\r\nIf-Match: \"x\"\r\n"), 412 },
		{ HEAD("If-Modified-Since: " LATER "\r\nIf-Match: *\r\n"), 304 },
		{ HEAD("If-Modified-Since: " LATER "\r\nIf-Unmodified-Since: " EARLIER "\r\n"),
			412 },
	};

	check(rows, array_length(rows));
}
END_TEST

START_TEST(date_is_the_time_that_it_was_written_from)
{
	static const time_t times[] = { 0, 1, 784111777, 951782400, 4102444799, 253402300799 };

	for (size_t i = 0; i < array_length(times); i++) {
		char text[RESPONSE_DATE_SIZE];

		response_date(times[i], text);
		ck_assert_int_eq(conditional_date(text, strlen(text)), times[i]);
	}
}
END_TEST

START_TEST(obsolete_forms_are_dates_too)
{
	static const struct {
		const char *text;
		time_t time;
	} rows[] = {
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
		{ "Sun Nov  6 08:49:37 1994", 784111777 },
		{ "Wednesday, 25-Nov-26 12:00:00 GMT", 1795608000 },
		{ "Wed Nov 25 12:00:00 2026", 1795608000 },
	};

	for (size_t i = 0; i < array_length(rows); i++)
		ck_assert_int_eq(
			conditional_date(rows[i].text, strlen(rows[i].text)), rows[i].time);
}
END_TEST

START_TEST(dates_may_be_written_carelessly)
{
	static const char *const rows[] = {
		"sun, 06 nov 1994 08:49:37 GMT",
		"Sun,  6 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 8:49:37  GMT",
		"Sun, 06-Nov-94 08:49:37 GMT",
		"Sun Nov 06 08:49:37 1994",
	};

	for (size_t i = 0; i < array_length(rows); i++)
		ck_assert_int_eq(conditional_date(rows[i], strlen(rows[i])), 784111777);
}
END_TEST

START_TEST(text_that_is_no_date_has_no_time)
{
	static const char *const rows[] = {
		"",
		"Sun, 06 Nov 1994 08:49:37 GM",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 06 Nov 1994 08:49:37 gmt",
		" Sun, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 CET",
		"Tue, 29 Feb 0 00:00:00 GMT",
		"Sat, 06 Nov 94 08:49:37 GMT",
		"Mon, 06 Nov 1994 08:49:37 GMT",
		"Sun. 06 Nov 1994 08:49:37 GMT",
		"Sun, +6 Nov 1994 08:49:37 GMT",
		"Sun, -6 Nov 1994 08:49:37 GMT",
		"Sun, 06 anF 1994 08:49:37 GMT",
		"Sun, 06 N   1994 08:49:37 GMT",
		"Sun, 06 Nov -994 08:49:37 GMT",
		"Sun, 06 Nov 19 4 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 06 Nov 1994 08-49-37 GMT",
		"Fri, 31 Feb 1995 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT",
		"Monday, 06-Nov-94 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37",
		"Mon Nov  6 08:49:37 1994",
		"Sun Nov  6 08:49:37 1994 ",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	};

	for (size_t i = 0; i < array_length(rows); i++)
		ck_assert_msg(conditional_date(rows[i], strlen(rows[i])) == -1, "\"%s\"", rows[i]);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		request_without_a_condition_is_answered,
		if_match_wants_one_of_its_tags,
		if_none_match_wants_none_of_its_tags,
		weak_tags_count_where_nothing_is_to_be_changed,
		lists_may_have_space_and_empty_elements,
		malformed_tags_match_nothing,
		tags_may_contain_what_separates_lists,
		dates_are_compared_to_the_second,
		malformed_dates_are_ignored,
		conditions_take_precedence_in_their_order,
		date_is_the_time_that_it_was_written_from,
		obsolete_forms_are_dates_too,
		dates_may_be_written_carelessly,
		text_that_is_no_date_has_no_time,
	};

	return SUITE_RUN("conditional", cases);
}
