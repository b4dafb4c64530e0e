/* SPDX-License-Identifier: MIT */
/* Bursts of upgrade requests: supervisor/settle.c. */
#include "settle.h"

#include "support/suite.h"

/* Asks `count` times, `pause_ms` apart, and carries out what becomes due; how many upgrades. */
static int upgrades_of(struct settle *settle, int count, int pause_ms)
{
	int64_t now = 1000, due = 0;
	int upgrades = 0;

	for (int i = 0; i < count; i++, now += pause_ms) {
		if (due > 0 && due <= now) {
			settle_over(settle);
			upgrades++;
			due = 0;
		}
		int delay = settle_ask(settle, now);

		upgrades += delay == 0;
		due = delay > 0 ? now + delay : 0;
	}
	return upgrades + (due > 0);
}

START_TEST(requests_that_are_apart_count_each)
{
	struct settle settle;

	settle_init(&settle, 100);
	ck_assert_int_eq(upgrades_of(&settle, 20, 100), 20);
}
END_TEST

START_TEST(a_burst_is_two_upgrades)
{
	struct settle settle;

	settle_init(&settle, 100);
	ck_assert_int_eq(upgrades_of(&settle, 20, 50), 2);
	settle_init(&settle, 100);
	ck_assert_int_eq(upgrades_of(&settle, 20, 0), 2);
	settle_init(&settle, 100);
	ck_assert_int_eq(upgrades_of(&settle, 2, 99), 2);
}
END_TEST

START_TEST(a_burst_without_end_is_an_upgrade_a_second)
{
	struct settle settle;

	settle_init(&settle, 100);
	ck_assert_int_eq(upgrades_of(&settle, 200, 50), 1 + 10);
}
END_TEST

START_TEST(a_request_after_a_burst_counts_at_once_again)
{
	struct settle settle;

	settle_init(&settle, 100);
	ck_assert_int_eq(settle_ask(&settle, 0), 0);
	ck_assert_int_eq(settle_ask(&settle, 30), 100);
	ck_assert_int_eq(settle_ask(&settle, 60), 100);
	settle_over(&settle); /* at 160 */
	ck_assert_int_eq(settle_ask(&settle, 161), 0);
}
END_TEST

START_TEST(one_that_is_put_off_is_made_once)
{
	struct settle settle;

	settle_init(&settle, 100);
	ck_assert_int_eq(settle_ask(&settle, 0), 0);
	ck_assert_int_eq(settle_ask(&settle, 50), 100);
	/* The timer is late: what comes meanwhile is the same wish. */
	ck_assert_int_eq(settle_ask(&settle, 500), 100);
	ck_assert_int_eq(settle_ask(&settle, 1049), 1);
	ck_assert_int_eq(settle_ask(&settle, 5000), 1);
}
END_TEST

START_TEST(without_a_settle_time_every_request_counts)
{
	struct settle settle;

	settle_init(&settle, 0);
	ck_assert_int_eq(upgrades_of(&settle, 20, 0), 20);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		requests_that_are_apart_count_each,
		a_burst_is_two_upgrades,
		a_burst_without_end_is_an_upgrade_a_second,
		a_request_after_a_burst_counts_at_once_again,
		one_that_is_put_off_is_made_once,
		without_a_settle_time_every_request_counts,
	};

	return SUITE_RUN("settle", cases);
}
