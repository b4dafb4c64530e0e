/* SPDX-License-Identifier: MIT */
/* Whose SIGTERM it is: process/upgrade_term.c. */
#include "process/upgrade_term.h"
#include "support/suite.h"

static struct upgrade_term term;

START_TEST(without_a_successor_each_stops_this_one)
{
	ck_assert_int_eq(upgrade_term_take(&term, 5), UPGRADE_TERM_STOPS_THIS);
	ck_assert_int_eq(upgrade_term_take(&term, 5), UPGRADE_TERM_STOPS_THIS);
}
END_TEST

START_TEST(first_after_the_promise_is_the_successors_however_late)
{
	upgrade_term_promise(&term);
	ck_assert_int_eq(upgrade_term_take(&term, 3600), UPGRADE_TERM_OF_SUCCESSOR);
}
END_TEST

START_TEST(others_within_a_second_say_nothing_new)
{
	upgrade_term_promise(&term);
	(void)upgrade_term_take(&term, 5);
	ck_assert_int_eq(upgrade_term_take(&term, 5), UPGRADE_TERM_REPEATED);
	ck_assert_int_eq(upgrade_term_take(&term, 5.9), UPGRADE_TERM_REPEATED);
}
END_TEST

START_TEST(any_after_that_second_stops_this_one)
{
	upgrade_term_promise(&term);
	(void)upgrade_term_take(&term, 5);
	(void)upgrade_term_take(&term, 5.9); /* does not make it longer */
	ck_assert_int_eq(upgrade_term_take(&term, 6.1), UPGRADE_TERM_STOPS_THIS);
}
END_TEST

START_TEST(successor_that_has_ended_is_owed_one_for_a_while)
{
	upgrade_term_promise(&term);
	upgrade_term_lapse(&term, 5);
	ck_assert_int_eq(upgrade_term_take(&term, 5.5), UPGRADE_TERM_OF_SUCCESSOR);
	ck_assert_int_eq(upgrade_term_take(&term, 5.5), UPGRADE_TERM_STOPS_THIS);
	upgrade_term_promise(&term);
	upgrade_term_lapse(&term, 5);
	ck_assert_int_eq(upgrade_term_take(&term, 6.5), UPGRADE_TERM_STOPS_THIS);
}
END_TEST

START_TEST(end_of_a_successor_that_promised_nothing_changes_nothing)
{
	upgrade_term_lapse(&term, 5);
	ck_assert_int_eq(upgrade_term_take(&term, 5), UPGRADE_TERM_STOPS_THIS);
	upgrade_term_promise(&term);
	(void)upgrade_term_take(&term, 5);
	upgrade_term_lapse(&term, 5);
	ck_assert_int_eq(upgrade_term_take(&term, 5), UPGRADE_TERM_REPEATED);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		without_a_successor_each_stops_this_one,
		first_after_the_promise_is_the_successors_however_late,
		others_within_a_second_say_nothing_new,
		any_after_that_second_stops_this_one,
		successor_that_has_ended_is_owed_one_for_a_while,
		end_of_a_successor_that_promised_nothing_changes_nothing,
	};

	return SUITE_RUN("upgrade_term", cases);
}
