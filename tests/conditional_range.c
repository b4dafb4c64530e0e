/* SPDX-License-Identifier: MIT */
/* Ranges (RFC 9110, section 14): child/http/conditional.c. Its conditions are in conditional.c. */
#include "http/conditional.h"

#include "support/head.h"
#include "support/suite.h"

#define HEAD(fields)    "GET / HTTP/1.1\r\nHost: a\r\n" fields "\r\n"
#define RANGE(range)    HEAD("Range: " range "\r\n")
#define SINCE(if_range) HEAD("Range: bytes=0-9\r\nIf-Range: " if_range "\r\n")

static const struct representation file = {
	.etag = "\"1-2\"",
	.modified = 784111777,
	.size = 1000,
};

struct row {
	const char *head;
	int status;
	uint64_t offset, size; /* if it is 206 */
};

static void check_row(const struct row *row, const struct representation *representation)
{
	struct request request = head_parse(row->head);
	struct range range = { 7777, 8888 };
	int status = conditional_range(&request, row->head, representation, &range);

	ck_assert_msg(
		status == row->status, "%d instead of %d: %s", status, row->status, row->head);
	if (status != 206) {
		ck_assert_uint_eq(range.offset, 7777);
		ck_assert_uint_eq(range.size, 8888);
		return;
	}
	ck_assert_msg(range.offset == row->offset && range.size == row->size,
		"%llu bytes from %llu: %s", (unsigned long long)range.size,
		(unsigned long long)range.offset, row->head);
}

static void check(const struct row *rows, size_t count, uint64_t size)
{
	struct representation representation = file;

	representation.size = size;
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i], &representation);
}

START_TEST(range_is_from_first_to_last_byte)
{
	static const struct row rows[] = {
		{ RANGE("bytes=0-0"), 206, 0, 1 },
		{ RANGE("bytes=0-9"), 206, 0, 10 },
		{ RANGE("bytes=10-19"), 206, 10, 10 },
		{ RANGE("bytes=999-999"), 206, 999, 1 },
		{ RANGE("bytes=0-999"), 206, 0, 1000 },
		{ RANGE("bytes=007-0008"), 206, 7, 2 },
		{ RANGE("BYTES=1-2"), 206, 1, 2 },
	};

	check(rows, array_length(rows), 1000);
}
END_TEST

START_TEST(range_ends_with_the_file)
{
	static const struct row rows[] = {
		{ RANGE("bytes=0-"), 206, 0, 1000 },
		{ RANGE("bytes=10-"), 206, 10, 990 },
		{ RANGE("bytes=999-"), 206, 999, 1 },
		{ RANGE("bytes=990-1000"), 206, 990, 10 },
		{ RANGE("bytes=990-99999"), 206, 990, 10 },
		{ RANGE("bytes=0-18446744073709551615"), 206, 0, 1000 },
	};

	check(rows, array_length(rows), 1000);
}
END_TEST

START_TEST(suffix_is_the_last_bytes)
{
	static const struct row rows[] = {
		{ RANGE("bytes=-1"), 206, 999, 1 },
		{ RANGE("bytes=-10"), 206, 990, 10 },
		{ RANGE("bytes=-1000"), 206, 0, 1000 },
		{ RANGE("bytes=-1001"), 206, 0, 1000 },
		{ RANGE("bytes=-18446744073709551615"), 206, 0, 1000 },
	};

	check(rows, array_length(rows), 1000);
}
END_TEST

START_TEST(range_beyond_the_file_cannot_be_satisfied)
{
	static const struct row rows[] = {
		{ RANGE("bytes=1000-1000"), 416, 0, 0 },
		{ RANGE("bytes=1000-"), 416, 0, 0 },
		{ RANGE("bytes=18446744073709551615-"), 416, 0, 0 },
		{ RANGE("bytes=18446744073709551615-18446744073709551615"), 416, 0, 0 },
		{ RANGE("bytes=-0"), 416, 0, 0 },
	};

	check(rows, array_length(rows), 1000);
}
END_TEST

START_TEST(empty_file_has_no_range)
{
	static const struct row rows[] = {
		{ RANGE("bytes=0-"), 416, 0, 0 },
		{ RANGE("bytes=0-0"), 416, 0, 0 },
		{ RANGE("bytes=-1"), 416, 0, 0 },
		{ RANGE("bytes=-0"), 416, 0, 0 },
		{ HEAD(""), 200, 0, 0 },
	};

	check(rows, array_length(rows), 0);
}
END_TEST

START_TEST(largest_file_has_ranges_too)
{
	static const struct row rows[] = {
		{ RANGE("bytes=0-"), 206, 0, UINT64_MAX },
		{ RANGE("bytes=0-18446744073709551615"), 206, 0, UINT64_MAX },
		{ RANGE("bytes=18446744073709551614-"), 206, UINT64_MAX - 1, 1 },
		{ RANGE("bytes=18446744073709551615-"), 416, 0, 0 },
		{ RANGE("bytes=-18446744073709551615"), 206, 0, UINT64_MAX },
		{ RANGE("bytes=-1"), 206, UINT64_MAX - 1, 1 },
	};

	check(rows, array_length(rows), UINT64_MAX);
}
END_TEST

/* Section 14.2: whoever does not serve a range answers as if it had not been asked for. */
START_TEST(what_is_malformed_is_ignored)
{
	static const struct row rows[] = {
		{ RANGE(""), 200, 0, 0 },
		{ RANGE("bytes"), 200, 0, 0 },
		{ RANGE("bytes="), 200, 0, 0 },
		{ RANGE("bytes=-"), 200, 0, 0 },
		{ RANGE("bytes=--1"), 200, 0, 0 },
		{ RANGE("bytes=1"), 200, 0, 0 },
		{ RANGE("bytes=x-1"), 200, 0, 0 },
		{ RANGE("bytes=1-x"), 200, 0, 0 },
		{ RANGE("bytes=1-2x"), 200, 0, 0 },
		{ RANGE("bytes=-1x"), 200, 0, 0 },
		{ RANGE("bytes=-1-"), 200, 0, 0 },
		{ RANGE("bytes=1--2"), 200, 0, 0 },
		{ RANGE("bytes=+1-2"), 200, 0, 0 },
		{ RANGE("bytes=0x1-2"), 200, 0, 0 },
		{ RANGE("bytes= 1-2"), 200, 0, 0 },
		{ RANGE("bytes=1 -2"), 200, 0, 0 },
		{ RANGE("bytes =1-2"), 200, 0, 0 },
		{ RANGE("bytes:1-2"), 200, 0, 0 },
		{ RANGE("1-2"), 200, 0, 0 },
		{ RANGE("bytes=2-1"), 200, 0, 0 },
		{ RANGE("bytes=2000-1000"), 200, 0, 0 },
	};

	check(rows, array_length(rows), 1000);
}
END_TEST

START_TEST(numbers_too_large_for_anything_are_ignored)
{
	static const struct row rows[] = {
		{ RANGE("bytes=18446744073709551616-"), 200, 0, 0 },
		{ RANGE("bytes=0-18446744073709551616"), 200, 0, 0 },
		{ RANGE("bytes=-18446744073709551616"), 200, 0, 0 },
		{ RANGE("bytes=0-99999999999999999999999999999999999999"), 200, 0, 0 },
		/* Added up or multiplied carelessly these would be small again. */
		{ RANGE("bytes=18446744073709551626-18446744073709551635"), 200, 0, 0 },
		{ RANGE("bytes=184467440737095516160-"), 200, 0, 0 },
	};

	check(rows, array_length(rows), 1000);
}
END_TEST

START_TEST(several_ranges_are_answered_by_all_of_it)
{
	static const struct row rows[] = {
		{ RANGE("bytes=0-1,3-4"), 200, 0, 0 },
		{ RANGE("bytes=0-1, 3-4"), 200, 0, 0 },
		{ RANGE("bytes=0-1,"), 200, 0, 0 },
		{ RANGE("bytes=,0-1"), 200, 0, 0 },
		{ RANGE("bytes=0-,-1"), 200, 0, 0 },
		{ RANGE("bytes=-1,0-"), 200, 0, 0 },
		{ RANGE("bytes=2000-,3000-"), 200, 0, 0 },
	};

	check(rows, array_length(rows), 1000);
}
END_TEST

START_TEST(other_units_are_ignored)
{
	static const struct row rows[] = {
		{ RANGE("lines=0-1"), 200, 0, 0 },
		{ RANGE("byte=0-1"), 200, 0, 0 },
		{ RANGE("bytess=0-1"), 200, 0, 0 },
		{ RANGE("=0-1"), 200, 0, 0 },
	};

	check(rows, array_length(rows), 1000);
}
END_TEST

START_TEST(range_is_for_get_alone)
{
	static const struct row rows[] = {
		{ "HEAD / HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n", 200, 0, 0 },
		{ "HEAD / HTTP/1.1\r\nHost: a\r\nRange: bytes=2000-\r\n\r\n", 200, 0, 0 },
		{ "POST / HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n", 200, 0, 0 },
		{ "GET / HTTP/1.0\r\nRange: bytes=0-1\r\n\r\n", 206, 0, 2 },
	};

	check(rows, array_length(rows), 1000);
}
END_TEST

START_TEST(range_holds_if_the_file_is_the_one_named)
{
	static const struct row rows[] = {
		{ SINCE("\"1-2\""), 206, 0, 10 },
		{ SINCE("Sun, 06 Nov 1994 08:49:37 GMT"), 206, 0, 10 },
		{ SINCE(""), 206, 0, 10 },
	};

	check(rows, array_length(rows), 1000);
}
END_TEST

/* Section 13.1.5: the strong comparison, and the very date, not an earlier or later one. */
START_TEST(range_of_another_state_is_answered_by_all_of_it)
{
	static const struct row rows[] = {
		{ SINCE("\"x\""), 200, 0, 0 },
		{ SINCE("W/\"1-2\""), 200, 0, 0 },
		{ SINCE("\"x\", \"1-2\""), 200, 0, 0 },
		{ SINCE("\"1-2\", \"1-2\""), 200, 0, 0 },
		{ SINCE("*"), 200, 0, 0 },
		{ SINCE("1-2"), 200, 0, 0 },
		{ SINCE("Sun, 06 Nov 1994 08:49:36 GMT"), 200, 0, 0 },
		{ SINCE("Sun, 06 Nov 1994 08:49:38 GMT"), 200, 0, 0 },
		{ SINCE("Wed, 06 Nov 1994 08:49:37 GMT"), 200, 0, 0 },
		{ HEAD("Range: bytes=2000-\r\nIf-Range: \"x\"\r\n"), 200, 0, 0 },
		{ HEAD("If-Range: \"1-2\"\r\n"), 200, 0, 0 },
	};

	check(rows, array_length(rows), 1000);
}
END_TEST

/* The time before 1970 that stands for "no date" elsewhere. */
START_TEST(malformed_date_names_no_file_of_any_date)
{
	static const struct row row = { SINCE("x"), 200, 0, 0 };
	struct representation old = file;

	old.modified = -1;
	check_row(&row, &old);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		range_is_from_first_to_last_byte,
		range_ends_with_the_file,
		suffix_is_the_last_bytes,
		range_beyond_the_file_cannot_be_satisfied,
		empty_file_has_no_range,
		largest_file_has_ranges_too,
		what_is_malformed_is_ignored,
		numbers_too_large_for_anything_are_ignored,
		several_ranges_are_answered_by_all_of_it,
		other_units_are_ignored,
		range_is_for_get_alone,
		range_holds_if_the_file_is_the_one_named,
		range_of_another_state_is_answered_by_all_of_it,
		malformed_date_names_no_file_of_any_date,
	};

	return SUITE_RUN("conditional_range", cases);
}
