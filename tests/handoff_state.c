/* SPDX-License-Identifier: MIT */
/* The record that travels with a connection: child/handoff_state.c. */
#include "handoff_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

static struct buffer record;

static void teardown(void)
{
	buffer_release(&record);
}

START_TEST(what_was_written_is_read)
{
	static const struct handoff_state states[] = {
		{ .left_ms = 0, .unread = NULL, .unread_size = 0 },
		{ .left_ms = 75000, .unread = NULL, .unread_size = 0 },
		{ .left_ms = UINT32_MAX, .unread = "GET / HT\0P", .unread_size = 10 },
	};
	struct handoff_state state;

	for (size_t i = 0; i < array_length(states); i++) {
		buffer_clear(&record);
		ck_assert_int_eq(handoff_state_write(&states[i], &record), 0);
		ck_assert_int_eq(handoff_state_read(buffer_bytes(&record), record.size, &state), 0);
		ck_assert_uint_eq(state.left_ms, states[i].left_ms);
		ck_assert_uint_eq(state.unread_size, states[i].unread_size);
		if (state.unread_size)
			ck_assert_int_eq(
				memcmp(state.unread, states[i].unread, state.unread_size), 0);
	}
}
END_TEST

START_TEST(as_much_as_a_record_holds_may_be_unread)
{
	char *unread = calloc(1, HANDOFF_STATE_UNREAD_MAX + 1);
	struct handoff_state state = { .unread = unread,
		.unread_size = HANDOFF_STATE_UNREAD_MAX + 1 };

	ck_assert_int_eq(handoff_state_write(&state, &record), -EMSGSIZE);
	ck_assert_uint_eq(record.size, 0);
	state.unread_size--;
	ck_assert_int_eq(handoff_state_write(&state, &record), 0);
	ck_assert_uint_eq(record.size, BATON_HANDOFF_STATE_MAX);
	ck_assert_int_eq(handoff_state_read(buffer_bytes(&record), record.size, &state), 0);
	ck_assert_int_eq(
		handoff_state_read(buffer_bytes(&record), record.size + 1, &state), -EBADMSG);
	free(unread);
}
END_TEST

START_TEST(short_records_are_refused)
{
	struct handoff_state state;

	ck_assert_int_eq(handoff_state_read(NULL, 0, &state), -EBADMSG);
	ck_assert_int_eq(handoff_state_read("abc", 3, &state), -EBADMSG);
	ck_assert_int_eq(handoff_state_read("abcd", 4, &state), 0);
	ck_assert_uint_eq(state.unread_size, 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		what_was_written_is_read,
		as_much_as_a_record_holds_may_be_unread,
		short_records_are_refused,
	};

	return suite_run(&(struct suite){
		.name = "handoff_state",
		.cases = cases,
		.count = array_length(cases),
		.teardown = teardown,
	});
}
