/* SPDX-License-Identifier: MIT */
/* Which way is tried next, and which is best: supervisor/doctor/ladder.c, attempt.c. */
#include "doctor/ladder.h"

#include <limits.h>
#include <signal.h>
#include <string.h>

#include "support/suite.h"

#define BIT(signal) (UINT64_C(1) << ((signal)-1))

enum { RESTARTS = 5 };

static struct ladder ladder;

static void setup(void)
{
	ladder = (struct ladder){ .restarts = RESTARTS };
}

/* The outcomes that a way can have. */
static struct attempt good(void)
{
	return (struct attempt){
		.restarts = RESTARTS,
		.fresh = { .requests = 100 },
		.begun = { .requests = 10 },
	};
}

static struct attempt lossy(unsigned long fresh, unsigned long begun)
{
	return (struct attempt){
		.restarts = 1,
		.fresh = { .requests = 100, .failed = fresh },
		.begun = { .requests = 10, .failed = begun },
	};
}

static struct attempt ended(enum attempt_end end)
{
	return (struct attempt){ .end = end };
}

static void expect_next(bool is_steered, int signal, size_t keep_count)
{
	struct rung rung;

	ck_assert(ladder_next(&ladder, &rung));
	ck_assert_int_eq(rung.signal, signal);
	ck_assert_int_eq(rung.is_steered, is_steered);
	ck_assert_uint_eq(rung.keep_count, keep_count);
}

static void expect_end(void)
{
	struct rung rung = { .signal = 99 };

	ck_assert(!ladder_next(&ladder, &rung));
	ck_assert_int_eq(rung.signal, 99);
}

/* The next way comes out like that. */
static void climb(struct attempt attempt)
{
	ck_assert(ladder_next(&ladder, &attempt.rung));
	ladder.attempts[ladder.count++] = attempt;
}

START_TEST(first_way_is_the_simplest)
{
	ladder.can_steer = true;
	expect_next(false, SIGTERM, 0);
	climb(good());
	expect_end();
	ck_assert_ptr_eq(ladder_best(&ladder), &ladder.attempts[0]);
}
END_TEST

START_TEST(signals_are_tried_in_their_order_if_they_are_caught)
{
	ladder.caught = BIT(SIGWINCH) | BIT(SIGINT) | BIT(SIGQUIT) | BIT(SIGHUP) | BIT(SIGUSR1);
	climb(lossy(0, 2));
	expect_next(false, SIGQUIT, 0);
	climb(lossy(0, 2));
	expect_next(false, SIGINT, 0);
	climb(lossy(0, 2));
	expect_next(false, SIGUSR1, 0);
	climb(lossy(0, 2));
	expect_next(false, SIGWINCH, 0);
	climb(lossy(0, 2));
	expect_end();
}
END_TEST

START_TEST(signals_that_are_not_caught_are_not_tried)
{
	ladder.caught = BIT(SIGUSR1);
	climb(lossy(1, 0));
	expect_next(false, SIGUSR1, 0);
	climb(lossy(1, 0));
	expect_end();
}
END_TEST

START_TEST(steering_comes_last_and_then_by_force)
{
	ladder.can_steer = true;
	climb(lossy(0, 2));
	expect_next(true, SIGTERM, 0);
	climb(lossy(1, 0));
	expect_next(true, SIGKILL, 0);
	climb(lossy(1, 0));
	expect_end();
}
END_TEST

START_TEST(steering_uses_the_signal_that_finished_what_was_under_way)
{
	ladder.can_steer = true;
	ladder.caught = BIT(SIGQUIT) | BIT(SIGINT);
	climb(lossy(0, 2));
	climb(lossy(3, 0));
	climb(lossy(3, 0));
	expect_next(true, SIGQUIT, 0);
	climb(lossy(3, 0));
	expect_next(true, SIGKILL, 0);
}
END_TEST

START_TEST(signal_on_which_it_had_to_be_killed_is_not_graceful)
{
	struct attempt stubborn = good();

	stubborn.had_to_kill = true;
	ladder.can_steer = true;
	ladder.caught = BIT(SIGQUIT);
	climb(lossy(0, 2));
	climb(stubborn);
	expect_next(true, SIGTERM, 0);
}
END_TEST

START_TEST(nothing_is_steered_without_sockets_for_it)
{
	climb(lossy(0, 2));
	expect_end();
}
END_TEST

START_TEST(way_that_is_good_is_tried_again_with_new_pid_files)
{
	climb(good());
	ladder.pid_file_count = 1;
	expect_next(false, SIGTERM, 1);
	climb(good());
	expect_end();
	ck_assert_ptr_eq(ladder_best(&ladder), &ladder.attempts[1]);
}
END_TEST

START_TEST(pid_files_that_are_known_go_with_every_further_way)
{
	ladder.caught = BIT(SIGQUIT);
	climb(lossy(0, 2));
	ladder.pid_file_count = 2;
	expect_next(false, SIGQUIT, 2);
	climb(good());
	expect_end();
}
END_TEST

START_TEST(no_signal_helps_who_does_not_start_beside_another)
{
	ladder.caught = BIT(SIGQUIT);
	ladder.can_steer = true;
	climb(ended(ATTEMPT_ROLLED_BACK));
	expect_end();
	ck_assert_ptr_null(ladder_best(&ladder));
}
END_TEST

START_TEST(attempt_that_tells_nothing_ends_all)
{
	static const enum attempt_end ends[] = { ATTEMPT_NOT_EXECUTED, ATTEMPT_NOT_STARTED,
		ATTEMPT_NOT_READY, ATTEMPT_STUCK, ATTEMPT_OUT_OF_TIME };

	for (size_t i = 0; i < array_length(ends); i++) {
		setup();
		ladder.can_steer = true;
		climb(ended(ends[i]));
		expect_end();
	}
	setup();
	ladder.can_steer = true;
	struct attempt flaky = ended(ATTEMPT_DONE);

	flaky.idle = (struct tally){ .requests = 30, .failed = 1 };
	climb(flaky);
	expect_end();
}
END_TEST

START_TEST(least_loss_is_best_where_none_is_without)
{
	ladder.caught = BIT(SIGQUIT) | BIT(SIGINT);
	climb(lossy(5, 2));
	climb(lossy(1, 1));
	climb(lossy(0, 4));
	ck_assert_ptr_eq(ladder_best(&ladder), &ladder.attempts[1]);
}
END_TEST

START_TEST(way_that_restarted_nothing_is_not_best)
{
	ck_assert_ptr_null(ladder_best(&ladder));
	ladder.caught = BIT(SIGQUIT);
	climb(lossy(5, 2));
	climb(ended(ATTEMPT_STUCK));
	ck_assert_ptr_eq(ladder_best(&ladder), &ladder.attempts[0]);
}
END_TEST

START_TEST(nothing_lost_needs_all_restarts_and_some_requests)
{
	struct attempt attempt = good();

	ck_assert(attempt_lost_nothing(&attempt, RESTARTS));
	ck_assert(!attempt_lost_nothing(&attempt, RESTARTS + 1));
	attempt.kept.failed = 1;
	ck_assert(attempt_lost_nothing(&attempt, RESTARTS));
	attempt.fresh.requests = 0;
	ck_assert(!attempt_lost_nothing(&attempt, RESTARTS));
	attempt = good();
	attempt.had_to_kill = true;
	ck_assert(!attempt_lost_nothing(&attempt, RESTARTS));
	attempt = good();
	attempt.fresh.failed = 1;
	ck_assert(!attempt_lost_nothing(&attempt, RESTARTS));
	attempt = good();
	attempt.begun.failed = 1;
	ck_assert(!attempt_lost_nothing(&attempt, RESTARTS));
	attempt = good();
	attempt.end = ATTEMPT_OUT_OF_TIME;
	ck_assert(!attempt_lost_nothing(&attempt, RESTARTS));
}
END_TEST

START_TEST(grace_is_seen_only_with_something_under_way)
{
	struct attempt attempt = good();

	ck_assert(attempt_was_graceful(&attempt));
	attempt.begun.requests = 0;
	ck_assert(!attempt_was_graceful(&attempt));
	attempt = ended(ATTEMPT_ROLLED_BACK);
	ck_assert(!attempt_was_graceful(&attempt));
	ck_assert_uint_eq(attempt_loss(&attempt), ULONG_MAX);
}
END_TEST

/* Whatever comes out of them: no way is tried twice, and there is an end. */
START_TEST(every_climb_ends)
{
	struct attempt outcomes[] = { lossy(1, 0), lossy(0, 1), ended(ATTEMPT_ROLLED_BACK) };

	for (unsigned code = 0; code < 3 * 3 * 3 * 3 * 3 * 3 * 3; code++) {
		unsigned left = code;
		struct attempt attempt;

		setup();
		ladder.can_steer = true;
		ladder.caught = ~UINT64_C(0);
		while (ladder_next(&ladder, &attempt.rung)) {
			struct rung rung = attempt.rung;

			attempt = outcomes[left % 3];
			attempt.rung = rung;
			left /= 3;
			for (size_t i = 0; i < ladder.count; i++)
				ck_assert(ladder.attempts[i].rung.signal != rung.signal ||
					ladder.attempts[i].rung.is_steered != rung.is_steered);
			ck_assert_uint_lt(ladder.count, 7);
			ladder.attempts[ladder.count++] = attempt;
		}
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		first_way_is_the_simplest,
		signals_are_tried_in_their_order_if_they_are_caught,
		signals_that_are_not_caught_are_not_tried,
		steering_comes_last_and_then_by_force,
		steering_uses_the_signal_that_finished_what_was_under_way,
		signal_on_which_it_had_to_be_killed_is_not_graceful,
		nothing_is_steered_without_sockets_for_it,
		way_that_is_good_is_tried_again_with_new_pid_files,
		pid_files_that_are_known_go_with_every_further_way,
		no_signal_helps_who_does_not_start_beside_another,
		attempt_that_tells_nothing_ends_all,
		least_loss_is_best_where_none_is_without,
		way_that_restarted_nothing_is_not_best,
		nothing_lost_needs_all_restarts_and_some_requests,
		grace_is_seen_only_with_something_under_way,
		every_climb_ends,
	};

	return suite_run(&(struct suite){
		.name = "doctor_ladder",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
	});
}
