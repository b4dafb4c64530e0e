/* SPDX-License-Identifier: MIT */
/* When a process is told to stop twice: base/stop_wish.c. */
#include "base/stop_wish.h"

#include "support/suite.h"

static struct stop_wish wish;

START_TEST(first_repeats_nothing)
{
	ck_assert(!stop_wish_repeats(&wish, 0));
}
END_TEST

START_TEST(those_that_come_at_once_repeat_it)
{
	(void)stop_wish_repeats(&wish, 1000);
	ck_assert(stop_wish_repeats(&wish, 1000));
	ck_assert(stop_wish_repeats(&wish, 1000 + STOP_WISH_MS - 1));
}
END_TEST

START_TEST(later_ones_are_wishes_of_their_own)
{
	(void)stop_wish_repeats(&wish, 1000);
	(void)stop_wish_repeats(&wish, 1200); /* does not make it longer */
	ck_assert(!stop_wish_repeats(&wish, 1000 + STOP_WISH_MS));
	ck_assert(stop_wish_repeats(&wish, 1300));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		first_repeats_nothing,
		those_that_come_at_once_repeat_it,
		later_ones_are_wishes_of_their_own,
	};

	return SUITE_RUN("stop_wish", cases);
}
