/* SPDX-License-Identifier: MIT */
/* Bodies of requests: child/http/body.c. */
#include "http/body.h"

#include <string.h>

#include "support/suite.h"

enum { MAX = 20 };

/* What came of decoding: the content, the bytes behind the body, or the status of the refusal. */
struct outcome {
	char content[64];
	size_t content_size;
	size_t used;
	int refusal;
	bool has_ended;
};

static void decode(struct body *body, const char *bytes, size_t size, struct outcome *outcome)
{
	size_t at = 0;

	while (at < size && !outcome->refusal && body->state != BODY_ENDED) {
		size_t taken, content;

		outcome->refusal = body_decode(body, bytes + at, size - at, &taken, &content);
		if (outcome->refusal)
			return;
		ck_assert_uint_gt(taken, 0);
		ck_assert_uint_le(outcome->content_size + content, MAX);
		memcpy(outcome->content + outcome->content_size, bytes + at + taken - content,
			content);
		outcome->content_size += content;
		at += taken;
	}
	outcome->used += at;
	outcome->has_ended = body->state == BODY_ENDED;
}

/* Decodes in pieces of which the first has `first` bytes and the others `step`. */
static struct outcome decode_chunked(const char *bytes, size_t first, size_t step)
{
	struct outcome outcome = { 0 };
	struct body body;
	size_t size = strlen(bytes);
	size_t at = first < size ? first : size;

	ck_assert_int_eq(body_init(&body, true, 0, MAX), 0);
	decode(&body, bytes, at, &outcome);
	while (at < size && !outcome.refusal && !outcome.has_ended) {
		size_t piece = step < size - at ? step : size - at;

		decode(&body, bytes + at, piece, &outcome);
		at += piece;
	}
	return outcome;
}

static const struct {
	const char *bytes;
	int refusal;
	const char *content; /* if it is not refused */
	bool is_unfinished;
} rows[] = {
	{ "0\r\n\r\n", 0, "" },
	{ "5\r\nhello\r\n0\r\n\r\n", 0, "hello" },
	{ "5\r\nhello\r\n1\r\n!\r\n000\r\n\r\n", 0, "hello!" },
	{ "a\r\n0123456789\r\nA\r\nabcdefghij\r\n0\r\n\r\n", 0, "0123456789abcdefghij" },
	{ "0000000000000001\r\nx\r\n0\r\n\r\n", 0, "x" },
	{ "1;a=\"b;c\"\r\nx\r\n0;last\r\n\r\n", 0, "x" },
	{ "1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\n", 0, "x" },
	{ "4\r\n\r\n\r\n\r\n0\r\n\r\n", 0, "\r\n\r\n" },
	{ "5\r\nhel", 0, "hel", true },
	{ "1\r\nx\r\n0\r\n", 0, "x", true },
	/* Sizes. */
	{ "\r\n", 400 },
	{ " 1\r\nx", 400 },
	{ "1 \r\nx", 400 },
	{ "1 ;a\r\nx", 400 },
	{ "+1\r\nx", 400 },
	{ "-1\r\nx", 400 },
	{ "0x1\r\nx", 400 },
	{ "1_0\r\nx", 400 },
	{ "g\r\nx", 400 },
	{ ";a\r\n", 400 },
	{ "00000000000000001\r\nx", 400 },
	{ "15\r\n", 413 },
	{ "10\r\n0123456789abcdef\r\n5\r\n", 413 },
	{ "ffffffffffffffff\r\n", 413 },
	{ "10000000000000000\r\n", 413 },
	/* Line ends. */
	{ "1\nx\r\n0\r\n\r\n", 400 },
	{ "1\r\r\n", 400 },
	{ "1\rx", 400 },
	{ "1;a\nx", 400 },
	{ "1;a\rb\r\n", 400 },
	{ "1\r\nx0\r\n\r\n", 400 },
	{ "1\r\nx\n0\r\n\r\n", 400 },
	{ "1\r\nx\r0\r\n\r\n", 400 },
	{ "1\r\nxy\r\n", 400 },
	{ "0\r\n\n", 400 },
	{ "0\r\n\rx", 400 },
	/* Extensions and trailers. */
	{ "1;\x01\r\n", 400 },
	{ "0\r\n: b\r\n\r\n", 400 },
	{ "0\r\nA\r\n\r\n", 400 },
	{ "0\r\nA : b\r\n\r\n", 400 },
	{ "0\r\n A: b\r\n\r\n", 400 },
	{ "0\r\nA: b\r\n c\r\n\r\n", 400 },
	{ "0\r\nA: b\n\r\n", 400 },
	{ "0\r\nA: \x7f\r\n", 400 },
	{ "0\r\nGET / HTTP/1.1\r\n", 400 },
};

START_TEST(chunks_give_their_content_or_are_refused)
{
	for (size_t i = 0; i < array_length(rows); i++) {
		struct outcome outcome = decode_chunked(rows[i].bytes, SIZE_MAX, 1);

		ck_assert_msg(outcome.refusal == rows[i].refusal, "%d for %s", outcome.refusal,
			rows[i].bytes);
		if (rows[i].refusal)
			continue;
		ck_assert_uint_eq(outcome.content_size, strlen(rows[i].content));
		ck_assert_mem_eq(outcome.content, rows[i].content, outcome.content_size);
		ck_assert_uint_eq(outcome.used, strlen(rows[i].bytes));
		ck_assert(outcome.has_ended == !rows[i].is_unfinished);
	}
}
END_TEST

START_TEST(any_split_gives_the_same_content)
{
	for (size_t i = 0; i < array_length(rows); i++) {
		struct outcome whole = decode_chunked(rows[i].bytes, SIZE_MAX, 1);

		for (size_t at = 0; at <= strlen(rows[i].bytes); at++) {
			for (size_t step = 1; step <= 2; step++) {
				struct outcome split = decode_chunked(rows[i].bytes, at, step);

				ck_assert_int_eq(split.refusal, whole.refusal);
				ck_assert(split.has_ended == whole.has_ended);
				ck_assert_uint_eq(split.content_size, whole.content_size);
				ck_assert_mem_eq(split.content, whole.content, whole.content_size);
			}
		}
	}
}
END_TEST

START_TEST(bytes_behind_the_body_are_left)
{
	struct outcome outcome = decode_chunked("1\r\nx\r\n0\r\n\r\nGET /", SIZE_MAX, 1);

	ck_assert(outcome.has_ended);
	ck_assert_uint_eq(outcome.used, strlen("1\r\nx\r\n0\r\n\r\n"));
}
END_TEST

START_TEST(counted_body_ends_at_its_length)
{
	struct outcome outcome = { 0 };
	struct body body;

	ck_assert_int_eq(body_init(&body, false, 5, 5), 0);
	decode(&body, "he", 2, &outcome);
	ck_assert(!outcome.has_ended);
	decode(&body, "lloGET", 6, &outcome);
	ck_assert(outcome.has_ended);
	ck_assert_uint_eq(outcome.used, 5);
	ck_assert_mem_eq(outcome.content, "hello", 5);
}
END_TEST

START_TEST(counted_body_may_be_as_long_as_the_limit)
{
	struct body body;

	ck_assert_int_eq(body_init(&body, false, 0, 0), 0);
	ck_assert_int_eq(body.state, BODY_ENDED);
	ck_assert_int_eq(body_init(&body, false, MAX, MAX), 0);
	ck_assert_int_eq(body_init(&body, false, MAX + 1, MAX), 413);
	ck_assert_int_eq(body_init(&body, false, UINT64_MAX, MAX), 413);
}
END_TEST

/* Decodes start and then one byte again and again: the refusal that this meets, and when. */
static int flood(const char *start, char byte, size_t *ret_count)
{
	struct body body;
	size_t taken, content;
	int refusal;

	ck_assert_int_eq(body_init(&body, true, 0, MAX), 0);
	ck_assert_int_eq(body_decode(&body, start, strlen(start), &taken, &content), 0);
	for (*ret_count = 0;; ++*ret_count) {
		refusal = body_decode(&body, &byte, 1, &taken, &content);
		if (refusal)
			return refusal;
		ck_assert_uint_lt(*ret_count, 1024 * 1024);
	}
}

START_TEST(extensions_and_trailers_are_bounded)
{
	size_t count;

	ck_assert_int_eq(flood("1", ';', &count), 400);
	ck_assert_uint_eq(count, BODY_EXTENSIONS_MAX);
	ck_assert_int_eq(flood("0\r\nA:", 'a', &count), 431);
	ck_assert_uint_eq(count, BODY_TRAILER_MAX - 2);
	ck_assert_int_eq(flood("0", '0', &count), 400);
	ck_assert_uint_eq(count, BODY_SIZE_DIGITS_MAX - 1);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		chunks_give_their_content_or_are_refused,
		any_split_gives_the_same_content,
		bytes_behind_the_body_are_left,
		counted_body_ends_at_its_length,
		counted_body_may_be_as_long_as_the_limit,
		extensions_and_trailers_are_bounded,
	};

	return SUITE_RUN("body", cases);
}
