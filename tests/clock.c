/* SPDX-License-Identifier: MIT */
/* Time that passes: base/clock.c. */
#include "base/clock.h"

#include <limits.h>
#include <poll.h>

#include "support/suite.h"

START_TEST(time_only_goes_forward)
{
	int64_t begin = clock_ms();

	ck_assert_int_ge(clock_ms_since(begin), 0);
	ck_assert_int_ge(clock_ms(), begin);
}
END_TEST

START_TEST(a_month_is_as_long_as_an_int_can_say)
{
	ck_assert_int_eq(clock_ms_since(clock_ms() - 31LL * 24 * 3600 * 1000), INT_MAX);
}
END_TEST

START_TEST(work_takes_time_of_the_processor_and_waiting_does_not)
{
	int64_t begin = clock_cpu_ms();
	int64_t late = clock_ms() + 20000;

	while (clock_cpu_ms() < begin + 2)
		ck_assert_int_lt(clock_ms(), late);
	begin = clock_cpu_ms();
	ck_assert_int_eq(poll(NULL, 0, 50), 0);
	ck_assert_int_lt(clock_cpu_ms() - begin, 40);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		time_only_goes_forward,
		work_takes_time_of_the_processor_and_waiting_does_not,
		a_month_is_as_long_as_an_int_can_say,
	};

	return SUITE_RUN("clock", cases);
}
