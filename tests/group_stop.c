/* SPDX-License-Identifier: MIT */
/* How a group is stopped, by whom, and how long that may take: lifecycle/group.c. */
#include <baton/group.h>

#include <errno.h>

#include "base/clock.h"
#include "support/group_test.h"
#include "support/loop.h"
#include "support/suite.h"

START_TEST(stop_is_asked_for_and_happens_from_the_loop)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true },
		{ "b", .ends_in_stop = true } };

	group_test_create(0);
	group_test_add(actors, 2);
	group_test_start();
	baton_group_stop(test_group);
	baton_group_stop(test_group);
	group_test_expect("start a, start b");
	ck_assert_int_eq(baton_context_err(baton_group_context(test_group)), 0);
	group_test_await(3);
	baton_group_stop(test_group);
	(void)loop_turn();
	group_test_expect("stop b, stop a, ended b 0, ended a 0, end 0");
}
END_TEST

START_TEST(actor_is_told_to_stop_once)
{
	struct group_test_actor actors[] = { { "a" }, { "b", .ends_in_stop = true } };

	group_test_create(0);
	group_test_add(actors, 2);
	group_test_start();
	baton_group_stop(test_group);
	group_test_await(1);
	baton_group_stop(test_group);
	baton_cancel_now(test_cancel, 0, NULL);
	(void)loop_turn();
	group_test_expect("start a, start b, stop b, stop a, ended b 0");
	baton_actor_ended(actors[0].actor, 0, NULL);
	group_test_await(2);
	group_test_expect("ended a 0, end 0");
}
END_TEST

START_TEST(end_of_the_context_above_stops_the_group)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true },
		{ "b", .ends_in_stop = true, .end_result = -EIO } };

	group_test_create(0);
	group_test_add(actors, 2);
	group_test_start();
	baton_cancel_now(test_cancel, -ESHUTDOWN, "SIGTERM");
	group_test_expect("start a, start b");
	group_test_await(3);
	group_test_expect("stop b, stop a, ended b EIO, ended a 0, end EIO");
	ck_assert_int_eq(baton_context_cause(baton_group_context(test_group), NULL), -ESHUTDOWN);
}
END_TEST

START_TEST(group_whose_context_has_ended_starts_and_stops)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true },
		{ "b", .ends_in_stop = true } };

	baton_cancel_now(test_cancel, 0, NULL);
	group_test_create(0);
	group_test_add(actors, 2);
	group_test_start();
	group_test_expect("start a, start b");
	group_test_await(3);
	group_test_expect("stop b, stop a, ended b 0, ended a 0, end 0");
}
END_TEST

START_TEST(stop_before_the_start_is_not_forgotten)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true } };

	for (int i = 0; i < 2; i++) {
		group_test_create(0);
		group_test_add(actors, 1);
		baton_group_stop(test_group);
		if (i)
			(void)loop_turn();
		group_test_start();
		group_test_expect("start a");
		group_test_await(2);
		group_test_expect("stop a, ended a 0, end 0");
		group_test_destroy();
	}
}
END_TEST

START_TEST(context_of_the_group_ends_no_other)
{
	struct group_test_actor actors[] = { { "a", .ends_in_start = true } };
	struct baton_error error;

	group_test_create(0);
	group_test_add(actors, 1);
	group_test_start();
	group_test_await(2);
	ck_assert_int_eq(baton_context_cause(baton_group_context(test_group), &error), -ECANCELED);
	ck_assert_str_eq(error.text, "the group stops");
	ck_assert_int_eq(baton_context_err(test_context), 0);
}
END_TEST

START_TEST(actor_that_cannot_be_stopped_counts_as_ended)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true },
		{ "b", .stop_result = -EBUSY, .words = "a client holds on" }, { "c" } };

	group_test_create(0);
	group_test_add(actors, 3);
	group_test_start();
	baton_actor_ended(actors[2].actor, 0, NULL);
	group_test_await(4);
	group_test_expect("start a, start b, start c, ended c 0, stop b, stop a, "
			  "ended b EBUSY, \"a client holds on\", ended a 0, end EBUSY");
	baton_actor_ended(actors[1].actor, 0, NULL);
	(void)loop_turn();
	group_test_expect("");
}
END_TEST

START_TEST(stop_that_takes_too_long_ends_with_those_that_still_run)
{
	struct group_test_actor actors[] = { { "a" }, { "b", .ends_in_stop = true }, { "c" } };
	int64_t since_ms = clock_ms();

	group_test_create(20);
	group_test_add(actors, 3);
	group_test_start();
	baton_actor_ended(actors[2].actor, -EIO, NULL);
	group_test_await(3);
	ck_assert_int_ge(clock_ms_since(since_ms), 20);
	group_test_expect("start a, start b, start c, ended c EIO, stop b, stop a, ended b 0, "
			  "end ETIMEDOUT");
	ck_assert_int_eq(group_test_describe("a").state, BATON_ACTOR_STOPPING);
	ck_assert_int_eq(group_test_describe("b").state, BATON_ACTOR_ENDED);
	ck_assert_int_eq(group_test_describe("c").state, BATON_ACTOR_ENDED);
	ck_assert(!loop_turn());
}
END_TEST

START_TEST(end_after_the_timeout_is_told_nobody_but_seen)
{
	struct group_test_actor actors[] = { { "a" } };

	group_test_create(1);
	group_test_add(actors, 1);
	group_test_start();
	baton_group_stop(test_group);
	group_test_await(1);
	group_test_expect("start a, stop a, end ETIMEDOUT");
	baton_actor_ended(actors[0].actor, -EIO, NULL);
	(void)loop_turn();
	group_test_expect("");
	ck_assert_int_eq(group_test_describe("a").state, BATON_ACTOR_ENDED);
	ck_assert_int_eq(group_test_describe("a").result, -EIO);
}
END_TEST

START_TEST(stop_within_the_timeout_leaves_no_timer)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true } };

	group_test_create(60000);
	group_test_add(actors, 1);
	group_test_start();
	baton_group_stop(test_group);
	group_test_await(2);
	group_test_expect("start a, stop a, ended a 0, end 0");
	ck_assert(!loop_turn());
}
END_TEST

START_TEST(group_may_be_destroyed_in_on_end)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true },
		{ "b", .ends_in_start = true } };

	group_test_destroy_at_end();
	group_test_create(60000);
	group_test_add(actors, 2);
	group_test_start();
	group_test_await(3);
	ck_assert_ptr_null(test_group);
	ck_assert(!loop_turn());
	group_test_expect("start a, start b, ended b 0, stop a, ended a 0, end 0");
}
END_TEST

START_TEST(group_may_be_destroyed_in_on_end_after_the_timeout)
{
	struct group_test_actor actors[] = { { "a" } };

	group_test_destroy_at_end();
	group_test_create(1);
	group_test_add(actors, 1);
	group_test_start();
	baton_group_stop(test_group);
	group_test_await(1);
	ck_assert_ptr_null(test_group);
	ck_assert(!loop_turn());
	group_test_expect("start a, stop a, end ETIMEDOUT");
}
END_TEST

START_TEST(destroyed_group_tells_nobody)
{
	struct group_test_actor actors[] = { { "a" }, { "b" } };

	/* Before the start; while it runs; while it stops; with ends and a stop on their way. */
	for (int i = 0; i < 4; i++) {
		group_test_create(1);
		group_test_add(actors, 2);
		if (i > 0)
			group_test_start();
		if (i > 1)
			baton_group_stop(test_group);
		if (i == 2)
			(void)loop_turn();
		if (i > 2)
			baton_actor_ended(actors[0].actor, 0, NULL);
		group_test_destroy();
		ck_assert(!loop_turn());
	}
	group_test_expect("start a, start b, start a, start b, stop b, stop a, start a, start b");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		stop_is_asked_for_and_happens_from_the_loop,
		actor_is_told_to_stop_once,
		end_of_the_context_above_stops_the_group,
		group_whose_context_has_ended_starts_and_stops,
		stop_before_the_start_is_not_forgotten,
		context_of_the_group_ends_no_other,
		actor_that_cannot_be_stopped_counts_as_ended,
		stop_that_takes_too_long_ends_with_those_that_still_run,
		end_after_the_timeout_is_told_nobody_but_seen,
		stop_within_the_timeout_leaves_no_timer,
		group_may_be_destroyed_in_on_end,
		group_may_be_destroyed_in_on_end_after_the_timeout,
		destroyed_group_tells_nobody,
	};

	return suite_run(&(struct suite){
		.name = "group_stop",
		.cases = cases,
		.count = array_length(cases),
		.setup = group_test_setup,
		.teardown = group_test_teardown,
	});
}
