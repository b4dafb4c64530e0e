/* SPDX-License-Identifier: MIT */
/* Time that passes: base/clock.c. */
#include "base/clock.h"

#include <limits.h>

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

int main(void)
{
	const TTest *cases[] = {
		time_only_goes_forward,
		a_month_is_as_long_as_an_int_can_say,
	};

	return SUITE_RUN("clock", cases);
}
