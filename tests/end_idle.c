/* SPDX-License-Identifier: MIT */
/* When a drain without connections is over: supervisor/end_idle.c. */
#include "end_idle.h"

#include "base/container.h"
#include "support/suite.h"

/* Looks until its time is over, or the last count was seen that often; when it was over, or -1. */
static int64_t over_at(int end_idle_ms, const int *counts, size_t count)
{
	struct end_idle idle = { 0 };
	int64_t now_ms = 1000;

	for (size_t i = 0; i < count; i++) {
		int pause_ms = end_idle_look(&idle, end_idle_ms, counts[i], now_ms, 0);

		if (pause_ms == 0)
			return now_ms;
		ck_assert_int_gt(pause_ms, 0);
		ck_assert_int_le(pause_ms, END_IDLE_PAUSE_MAX);
		now_ms += pause_ms;
	}
	return -1;
}

START_TEST(it_is_over_just_so_long_after_the_first_look_that_saw_none)
{
	const int none[20] = { 0 };

	ck_assert_int_eq(over_at(1, none, 20), 1001);
	ck_assert_int_eq(over_at(30, none, 20), 1030);
	ck_assert_int_eq(over_at(1234, none, 20), 2234);
	ck_assert_int_eq(over_at(8000, none, 20), 9000);
	ck_assert_int_eq(over_at(8001, none, 20), 9001);
}
END_TEST

static void never_over(int end_idle_ms, int count)
{
	int counts[100];

	for (size_t i = 0; i < array_length(counts); i++)
		counts[i] = count;
	ck_assert_int_eq(over_at(end_idle_ms, counts, array_length(counts)), -1);
}

START_TEST(one_connection_keeps_it)
{
	never_over(1, 1);
	never_over(1000, 1);
}
END_TEST

START_TEST(time_counts_from_the_last_connection)
{
	/* 800 ms: a look each 100 ms. */
	const int counts[] = { 3, 2, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

	ck_assert_int_eq(over_at(800, counts, 18), 1000 + 8 * 100 + 800);
}
END_TEST

START_TEST(what_cannot_be_seen_is_not_idle)
{
	const int counts[] = { 0, 0, 0, 0, 0, 0, 0, END_IDLE_UNSEEN, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

	ck_assert_int_eq(over_at(800, counts, 17), 1000 + 8 * 100 + 800);
	never_over(1, END_IDLE_UNSEEN);
}
END_TEST

START_TEST(looks_that_see_nothing_are_counted_in_a_row)
{
	struct end_idle idle = { 0 };

	(void)end_idle_look(&idle, 1000, END_IDLE_UNSEEN, 0, 0);
	ck_assert_uint_eq(idle.unseen_count, 1);
	(void)end_idle_look(&idle, 1000, END_IDLE_UNSEEN, 125, 0);
	ck_assert_uint_eq(idle.unseen_count, 2);
	(void)end_idle_look(&idle, 1000, 7, 250, 0);
	ck_assert_uint_eq(idle.unseen_count, 0);
}
END_TEST

START_TEST(looks_are_as_far_apart_as_the_time_and_their_cost_allow)
{
	struct end_idle idle = { 0 };

	ck_assert_int_eq(end_idle_look(&idle, 8, 1, 0, 0), END_IDLE_PAUSE_MIN);
	ck_assert_int_eq(end_idle_look(&idle, 800, 1, 0, 0), 100);
	ck_assert_int_eq(end_idle_look(&idle, 80000, 1, 0, 0), END_IDLE_PAUSE_MAX);
	ck_assert_int_eq(end_idle_look(&idle, 800, 1, 0, 10), 200);
	ck_assert_int_eq(end_idle_look(&idle, 80000, 1, 0, 100), 2000);
	/* But not later than it may be over. */
	ck_assert_int_eq(end_idle_look(&idle, 800, 0, 0, 100), 800);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		it_is_over_just_so_long_after_the_first_look_that_saw_none,
		one_connection_keeps_it,
		time_counts_from_the_last_connection,
		what_cannot_be_seen_is_not_idle,
		looks_that_see_nothing_are_counted_in_a_row,
		looks_are_as_far_apart_as_the_time_and_their_cost_allow,
	};

	return SUITE_RUN("end_idle", cases);
}
