/* SPDX-License-Identifier: MIT */
/* How far a stream of events is: child/app/stream_state.c. */
#include "app/stream_state.h"

#include <errno.h>
#include <string.h>

#include "http/buffer.h"
#include "support/suite.h"

static struct buffer out;

static void teardown(void)
{
	buffer_release(&out);
}

static uint64_t follow(const char *last_id)
{
	struct stream_state state = { 0 };

	ck_assert_int_eq(stream_state_follow(&state, last_id, strlen(last_id)), 0);
	return state.next_id;
}

START_TEST(stream_begins_behind_what_the_client_has)
{
	ck_assert_uint_eq(follow(""), 1);
	ck_assert_uint_eq(follow("0"), 1);
	ck_assert_uint_eq(follow("0041"), 42);
	ck_assert_uint_eq(follow("999999999999999999"), 1000000000000000000);
}
END_TEST

START_TEST(what_is_no_id_of_ours_is_refused)
{
	static const char *const bad[] = { "-1", "+1", " 1", "1 ", "x", "1.0",
		"1000000000000000000" };
	struct stream_state state = { .next_id = 7 };

	for (size_t i = 0; i < array_length(bad); i++)
		ck_assert_int_eq(stream_state_follow(&state, bad[i], strlen(bad[i])), -EINVAL);
	ck_assert_uint_eq(state.next_id, 7);
}
END_TEST

START_TEST(events_have_consecutive_ids_to_the_last_one)
{
	static const char expected[] = "id: 9\ndata: a\n\nid: 10\ndata: b\n\n";
	struct stream_state state = { .next_id = 9, .left = 2 };

	ck_assert_int_eq(stream_state_add_event(&state, "a", &out), 0);
	ck_assert(stream_state_has_more(&state));
	ck_assert_int_eq(stream_state_add_event(&state, "b", &out), 0);
	ck_assert(!stream_state_has_more(&state));
	ck_assert_uint_eq(out.size, strlen(expected));
	ck_assert_mem_eq(buffer_bytes(&out), expected, out.size);
}
END_TEST

START_TEST(endless_stream_has_always_more)
{
	struct stream_state state = { .next_id = 1, .left = STREAM_STATE_ENDLESS };

	ck_assert_int_eq(stream_state_add_event(&state, "a", &out), 0);
	ck_assert_uint_eq(state.left, STREAM_STATE_ENDLESS);
	ck_assert(stream_state_has_more(&state));
}
END_TEST

START_TEST(what_was_written_is_read)
{
	static const struct stream_state states[] = {
		{ .next_id = 1, .left = 1, .interval_ms = 0, .due_ms = 0 },
		{ .next_id = UINT64_MAX,
			.left = STREAM_STATE_ENDLESS,
			.interval_ms = 60000,
			.due_ms = 60000 },
	};
	struct stream_state state;

	for (size_t i = 0; i < array_length(states); i++) {
		buffer_clear(&out);
		ck_assert_int_eq(stream_state_write(&states[i], &out), 0);
		ck_assert_uint_eq(out.size, STREAM_STATE_SIZE);
		ck_assert_int_eq(stream_state_read(buffer_bytes(&out), out.size, &state), 0);
		ck_assert_mem_eq(&state, &states[i], sizeof(state));
	}
}
END_TEST

START_TEST(what_makes_no_sense_is_not_read)
{
	static const struct stream_state states[] = {
		{ .next_id = 0, .left = 1, .interval_ms = 1, .due_ms = 1 },
		{ .next_id = 1, .left = 0, .interval_ms = 1, .due_ms = 1 },
		{ .next_id = 1, .left = 1, .interval_ms = 60001, .due_ms = 1 },
		{ .next_id = 1, .left = 1, .interval_ms = 5, .due_ms = 6 },
	};
	const struct stream_state good = { .next_id = 1, .left = 1 };
	struct stream_state state;
	char longer[STREAM_STATE_SIZE + 1] = { 0 };

	for (size_t i = 0; i < array_length(states); i++)
		ck_assert_int_eq(
			stream_state_read(&states[i], sizeof(states[i]), &state), -EBADMSG);
	memcpy(longer, &good, sizeof(good));
	ck_assert_int_eq(stream_state_read(longer, STREAM_STATE_SIZE, &state), 0);
	ck_assert_int_eq(stream_state_read(longer, STREAM_STATE_SIZE + 1, &state), -EBADMSG);
	ck_assert_int_eq(stream_state_read(longer, STREAM_STATE_SIZE - 1, &state), -EBADMSG);
	ck_assert_int_eq(stream_state_read(NULL, 0, &state), -EBADMSG);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		stream_begins_behind_what_the_client_has,
		what_is_no_id_of_ours_is_refused,
		events_have_consecutive_ids_to_the_last_one,
		endless_stream_has_always_more,
		what_was_written_is_read,
		what_makes_no_sense_is_not_read,
	};

	return suite_run(&(struct suite){
		.name = "stream_state",
		.cases = cases,
		.count = array_length(cases),
		.teardown = teardown,
	});
}
