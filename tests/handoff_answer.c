/* SPDX-License-Identifier: MIT */
/* The record that travels with an answer under way: child/handoff_answer.c. */
#include "handoff_answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

static struct buffer record;

static void teardown(void)
{
	buffer_release(&record);
}

static void check_part(const char *bytes, size_t size, const char *expected, size_t expected_size)
{
	ck_assert_uint_eq(size, expected_size);
	if (size)
		ck_assert_mem_eq(bytes, expected, size);
}

static void check(const struct handoff_answer *written)
{
	const struct exchange_saved *saved = &written->saved;
	struct handoff_answer read;

	buffer_clear(&record);
	ck_assert_int_eq(handoff_answer_write(written, &record), 0);
	ck_assert_int_eq(handoff_answer_read(buffer_bytes(&record), record.size, &read), 0);
	ck_assert_uint_eq(read.left_ms, written->left_ms);
	ck_assert_uint_eq(read.saved.sent, saved->sent);
	ck_assert_uint_eq(read.saved.age_us, saved->age_us);
	ck_assert_int_eq(read.saved.is_chunked, saved->is_chunked);
	ck_assert_int_eq(read.saved.closes, saved->closes);
	check_part(read.saved.head, read.saved.head_size, saved->head, saved->head_size);
	check_part(read.saved.state, read.saved.state_size, saved->state, saved->state_size);
	check_part(read.unsent, read.unsent_size, written->unsent, written->unsent_size);
	check_part(read.unread, read.unread_size, written->unread, written->unread_size);
}

START_TEST(what_was_written_is_read)
{
	check(&(struct handoff_answer){ 0 });
	check(&(struct handoff_answer){ .left_ms = UINT32_MAX,
		.saved = { .sent = UINT64_MAX, .age_us = INT64_MAX / 2, .is_chunked = true } });
	check(&(struct handoff_answer){
		.saved = { .head = "GET",
			.head_size = 3,
			.state = "ab\0d",
			.state_size = 4,
			.closes = true },
		.unsent = "unsent",
		.unsent_size = 6,
		.unread = "unre",
		.unread_size = 4,
	});
}
END_TEST

/* Of a client that neither reads nor waits: as large as a record may be, and a byte more. */
START_TEST(what_is_too_much_is_not_written)
{
	enum { MAX = BATON_HANDOFF_STATE_MAX - HANDOFF_ANSWER_FIXED, PART = 20000 };
	char *bytes = calloc(1, MAX + 1);
	struct handoff_answer answer = {
		.saved = { .head = bytes, .head_size = PART, .state = bytes, .state_size = 1 },
		.unsent = bytes,
		.unsent_size = PART,
		.unread = bytes,
		.unread_size = MAX - 2 * PART,
	};

	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(handoff_answer_write(&answer, &record), -EMSGSIZE);
	ck_assert_uint_eq(record.size, 0);
	answer.saved.state_size = 0;
	check(&answer);
	ck_assert_uint_eq(record.size, BATON_HANDOFF_STATE_MAX);
	/* No sum of sizes is more than it seems. */
	answer.unread_size = SIZE_MAX - PART + 1;
	ck_assert_int_eq(handoff_answer_write(&answer, &record), -EMSGSIZE);
	free(bytes);
}
END_TEST

/* What is read with another value there; what was there is put back. */
static int read_with(size_t offset, uint64_t value, size_t size)
{
	char *at = buffer_bytes(&record) + offset, saved[sizeof(value)];
	struct handoff_answer answer;

	memcpy(saved, at, size);
	memcpy(at, &value, size);
	int r = handoff_answer_read(buffer_bytes(&record), record.size, &answer);

	memcpy(at, saved, size);
	return r;
}

START_TEST(what_makes_no_sense_is_not_read)
{
	enum { AGE = 8, FLAGS = 16, SIZES = 24 };
	const struct handoff_answer answer = { .unread = "x", .unread_size = 1 };
	struct handoff_answer read;

	ck_assert_int_eq(handoff_answer_write(&answer, &record), 0);
	ck_assert_int_eq(handoff_answer_read(NULL, 0, &read), -EBADMSG);
	for (size_t size = 0; size < record.size; size++)
		ck_assert_int_eq(handoff_answer_read(buffer_bytes(&record), size, &read), -EBADMSG);
	ck_assert_int_eq(read_with(FLAGS, 3, 4), 0);
	ck_assert_int_eq(read_with(FLAGS, 4, 4), -EBADMSG);
	ck_assert_int_eq(read_with(FLAGS, 1U << 31, 4), -EBADMSG);
	ck_assert_int_eq(read_with(AGE, INT64_MAX / 2, 8), 0);
	ck_assert_int_eq(read_with(AGE, INT64_MAX / 2 + 1, 8), -EBADMSG);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(read_with(SIZES + 4 * i, 2, 4), -EBADMSG);
		ck_assert_int_eq(read_with(SIZES + 4 * i, UINT32_MAX, 4), -EBADMSG);
	}
	ck_assert_int_eq(read_with(SIZES + 12, 0, 4), -EBADMSG); /* a byte too many */
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		what_was_written_is_read,
		what_is_too_much_is_not_written,
		what_makes_no_sense_is_not_read,
	};

	return suite_run(&(struct suite){
		.name = "handoff_answer",
		.cases = cases,
		.count = array_length(cases),
		.teardown = teardown,
	});
}
