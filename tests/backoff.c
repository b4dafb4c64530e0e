/* SPDX-License-Identifier: MIT */
/* The restart delay: supervisor/backoff.c. */
#include "backoff.h"

#include <limits.h>

#include "support/suite.h"

START_TEST(no_failure_waits_not_at_all)
{
	ck_assert_int_eq(backoff_delay_ms(0, 100, 30000), 0);
}
END_TEST

START_TEST(delay_doubles_from_the_shortest_to_the_longest)
{
	const int delays_ms[] = { 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000 };

	for (unsigned i = 0; i < array_length(delays_ms); i++)
		ck_assert_int_eq(backoff_delay_ms(i + 1, 100, 30000), delays_ms[i]);
}
END_TEST

START_TEST(longest_delay_stays_however_many_failures_follow)
{
	ck_assert_int_eq(backoff_delay_ms(UINT_MAX, 100, 30000), 30000);
	ck_assert_int_eq(backoff_delay_ms(UINT_MAX, 1, INT_MAX), INT_MAX);
	ck_assert_int_eq(backoff_delay_ms(32, 1, INT_MAX), INT_MAX);
	ck_assert_int_eq(backoff_delay_ms(31, 1, INT_MAX), 1 << 30);
	ck_assert_int_eq(backoff_delay_ms(UINT_MAX, INT_MAX, INT_MAX), INT_MAX);
}
END_TEST

START_TEST(delay_never_shrinks)
{
	for (int min_ms = 1; min_ms < 2000; min_ms += 7) {
		int before_ms = 0;

		for (unsigned failures = 1; failures < 40; failures++) {
			int delay_ms = backoff_delay_ms(failures, min_ms, INT_MAX);

			ck_assert_int_ge(delay_ms, before_ms);
			before_ms = delay_ms;
		}
	}
}
END_TEST

START_TEST(zero_shortest_delay_does_not_make_a_busy_loop)
{
	ck_assert_int_eq(backoff_delay_ms(1, 0, 1000), 1);
	ck_assert_int_eq(backoff_delay_ms(4, 0, 1000), 8);
	ck_assert_int_eq(backoff_delay_ms(1, -5, -5), 1);
}
END_TEST

START_TEST(shortest_above_longest_is_constant)
{
	ck_assert_int_eq(backoff_delay_ms(1, 500, 100), 500);
	ck_assert_int_eq(backoff_delay_ms(9, 500, 100), 500);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		no_failure_waits_not_at_all,
		delay_doubles_from_the_shortest_to_the_longest,
		longest_delay_stays_however_many_failures_follow,
		delay_never_shrinks,
		zero_shortest_delay_does_not_make_a_busy_loop,
		shortest_above_longest_is_constant,
	};

	return SUITE_RUN("backoff", cases);
}
