/* SPDX-License-Identifier: MIT */
/* Actors that start, end and stop together: lifecycle/group.c and actor.c. */
#include <baton/group.h>

#include <errno.h>
#include <string.h>

#include "support/group_test.h"
#include "support/loop.h"
#include "support/suite.h"

START_TEST(actors_start_in_order_and_stop_in_the_opposite)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true },
		{ "b", .ends_in_stop = true }, { "c", .ends_in_stop = true } };

	group_test_create(0);
	group_test_add(actors, 3);
	group_test_expect("");
	group_test_start();
	group_test_expect("start a, start b, start c");
	baton_actor_ended(actors[1].actor, 0, NULL);
	group_test_expect("");
	group_test_await(4);
	group_test_expect("ended b 0, stop c, stop a, ended c 0, ended a 0, end 0");
}
END_TEST

START_TEST(all_have_to_end_before_the_group_does)
{
	struct group_test_actor actors[] = { { "a" }, { "b" } };

	group_test_create(0);
	group_test_add(actors, 2);
	group_test_start();
	baton_actor_ended(actors[1].actor, 0, NULL);
	group_test_await(1);
	(void)loop_turn();
	group_test_expect("start a, start b, ended b 0, stop a");
	baton_actor_ended(actors[0].actor, 0, NULL);
	group_test_expect("");
	group_test_await(2);
	group_test_expect("ended a 0, end 0");
}
END_TEST

START_TEST(result_is_the_first_error)
{
	struct group_test_actor actors[] = {
		{ "a", .ends_in_stop = true, .end_result = -EPIPE },
		{ "b" },
		{ "c", .ends_in_stop = true, .end_result = -EIO },
	};

	group_test_create(0);
	group_test_add(actors, 3);
	group_test_start();
	baton_actor_ended(actors[1].actor, 0, NULL);
	group_test_await(4);
	group_test_expect("start a, start b, start c, "
			  "ended b 0, stop c, stop a, ended c EIO, ended a EPIPE, end EIO");
}
END_TEST

START_TEST(what_an_actor_said_is_reported_and_kept)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true }, { "b" } };
	const struct baton_error error = { "the cable is cut" };

	group_test_create(0);
	group_test_add(actors, 2);
	group_test_start();
	baton_actor_ended(actors[1].actor, -ENETDOWN, &error);
	group_test_await(3);
	group_test_expect("start a, start b, ended b ENETDOWN, \"the cable is cut\", "
			  "stop a, ended a 0, end ENETDOWN");
	ck_assert_str_eq(group_test_describe("b").error, "the cable is cut");
	ck_assert_int_eq(group_test_describe("b").result, -ENETDOWN);
	ck_assert_str_eq(group_test_describe("a").error, "");
}
END_TEST

START_TEST(only_the_first_end_of_an_actor_counts)
{
	struct group_test_actor actors[] = { { "a" } };

	group_test_create(0);
	group_test_add(actors, 1);
	group_test_start();
	baton_actor_ended(actors[0].actor, -EIO, NULL);
	baton_actor_ended(actors[0].actor, 0, NULL);
	group_test_await(2);
	baton_actor_ended(actors[0].actor, 0, NULL);
	(void)loop_turn();
	group_test_expect("start a, ended a EIO, end EIO");
}
END_TEST

START_TEST(what_comes_after_one_that_cannot_start_is_not_started)
{
	struct group_test_actor actors[] = {
		{ "a", .ends_in_stop = true },
		{ "b", .start_result = -EADDRINUSE, .words = "port 80 is taken" },
		{ "c" },
	};

	group_test_create(0);
	group_test_add(actors, 3);
	group_test_start();
	group_test_expect("start a, start b");
	group_test_await(3);
	group_test_expect("ended b EADDRINUSE, \"port 80 is taken\", stop a, ended a 0, "
			  "end EADDRINUSE");
	ck_assert_int_eq(group_test_describe("c").state, BATON_ACTOR_WAITING);
	ck_assert_int_eq(group_test_describe("c").running_ms, 0);
}
END_TEST

START_TEST(one_that_cannot_start_may_be_the_only_one)
{
	struct group_test_actor actors[] = { { "a", .start_result = -EACCES }, { "b" } };

	group_test_create(0);
	group_test_add(actors, 2);
	group_test_start();
	group_test_await(2);
	group_test_expect("start a, ended a EACCES, end EACCES");
}
END_TEST

START_TEST(actor_may_end_in_its_start)
{
	struct group_test_actor actors[] = { { "a", .ends_in_start = true, .end_result = -EIO },
		{ "b", .ends_in_stop = true } };

	group_test_create(0);
	group_test_add(actors, 2);
	group_test_start();
	group_test_expect("start a, start b");
	group_test_await(3);
	group_test_expect("ended a EIO, stop b, ended b 0, end EIO");
}
END_TEST

START_TEST(actor_that_has_ended_is_not_told_to_stop)
{
	struct group_test_actor actors[] = { { "a", .ends_in_start = true }, { "b" },
		{ "c", .ends_in_stop = true } };

	group_test_create(0);
	group_test_add(actors, 3);
	group_test_start();
	baton_actor_ended(actors[1].actor, -EIO, NULL);
	group_test_await(4);
	group_test_expect("start a, start b, start c, "
			  "ended a 0, stop c, ended b EIO, ended c 0, end EIO");
}
END_TEST

START_TEST(actor_that_could_not_start_is_not_told_to_stop)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true },
		{ "b", .start_result = -EACCES } };

	group_test_create(0);
	group_test_add(actors, 2);
	baton_cancel_now(test_cancel, 0, NULL);
	group_test_start();
	group_test_await(3);
	group_test_expect("start a, start b, stop a, ended b EACCES, ended a 0, end EACCES");
}
END_TEST

START_TEST(start_that_fails_after_its_end_was_told_ends_once)
{
	struct group_test_actor actors[] = { { "a", .ends_in_start = true, .end_result = -EIO,
		.start_result = -EACCES } };

	group_test_create(0);
	group_test_add(actors, 1);
	group_test_start();
	group_test_await(2);
	(void)loop_turn();
	group_test_expect("start a, ended a EIO, end EIO");
}
END_TEST

START_TEST(states_are_told)
{
	struct group_test_actor actors[] = { { "a" }, { "b" } };

	group_test_create(0);
	group_test_add(actors, 2);
	ck_assert_int_eq(group_test_describe("a").state, BATON_ACTOR_WAITING);
	ck_assert_ptr_nonnull(strstr(group_test_describe("a").place, "group_test.c:"));
	group_test_start();
	ck_assert_int_eq(group_test_describe("a").state, BATON_ACTOR_RUNNING);
	ck_assert_int_ge(group_test_describe("a").running_ms, 0);
	baton_actor_ended(actors[1].actor, -EIO, NULL);
	ck_assert_int_eq(group_test_describe("b").state, BATON_ACTOR_RUNNING);
	ck_assert_int_eq(group_test_describe("b").result, 0);
	group_test_await(1);
	ck_assert_int_eq(group_test_describe("a").state, BATON_ACTOR_STOPPING);
	ck_assert_int_eq(group_test_describe("b").state, BATON_ACTOR_ENDED);
	ck_assert_int_eq(group_test_describe("b").result, -EIO);
	baton_actor_ended(actors[0].actor, 0, NULL);
	group_test_await(2);
	ck_assert_int_eq(group_test_describe("a").state, BATON_ACTOR_ENDED);
}
END_TEST

START_TEST(empty_group_ends_from_the_loop)
{
	group_test_create(0);
	group_test_start();
	group_test_expect("");
	group_test_await(1);
	group_test_expect("end 0");
}
END_TEST

START_TEST(group_keeps_the_loop_running_from_start_to_end)
{
	struct group_test_actor actors[] = { { "a" } };

	group_test_create(0);
	group_test_add(actors, 1);
	ck_assert(!loop_turn());
	group_test_start();
	ck_assert(loop_turn());
	baton_actor_ended(actors[0].actor, 0, NULL);
	group_test_await(2);
	ck_assert(!loop_turn());
}
END_TEST

static int start_nothing(struct baton_actor *actor, struct baton_error *error, void *data)
{
	(void)actor, (void)error, (void)data;
	return 0;
}

static int run_nothing(struct baton_context *context, struct baton_error *error, void *data)
{
	(void)context, (void)error, (void)data;
	return 0;
}

START_TEST(nothing_is_added_or_started_after_the_start)
{
	const struct baton_actor_options options = { .size = sizeof(options),
		.name = "late",
		.start = start_nothing,
		.stop = start_nothing };
	struct group_test_actor actors[] = { { "a" } };
	struct baton_error error;

	group_test_create(0);
	group_test_add(actors, 1);
	group_test_start();
	ck_assert_int_eq(baton_group_add(test_group, &options, NULL, &error), -EINVAL);
	ck_assert_str_eq(error.text, "actors are added before the start");
	ck_assert_int_eq(baton_group_start(test_group), -EALREADY);
	baton_actor_ended(actors[0].actor, 0, NULL);
	group_test_await(2);
	ck_assert_int_eq(baton_group_add(test_group, &options, NULL, NULL), -EINVAL);
	ck_assert_int_eq(baton_group_start(test_group), -EALREADY);
	group_test_expect("start a, ended a 0, end 0");
}
END_TEST

START_TEST(bad_options_of_an_actor_are_refused)
{
	enum { SIZE = sizeof(struct baton_actor_options) };
	static const struct baton_actor_options rows[] = {
		{ .size = 0, .name = "x", .run = run_nothing },
		{ .size = SIZE - 1, .name = "x", .run = run_nothing },
		{ .size = SIZE, .run = run_nothing },
		{ .size = SIZE, .name = "x" },
		{ .size = SIZE, .name = "x", .start = start_nothing },
		{ .size = SIZE,
			.name = "x",
			.start = start_nothing,
			.run = run_nothing,
			.stop = start_nothing },
	};

	group_test_create(0);
	for (size_t i = 0; i < array_length(rows); i++) {
		struct baton_actor *actor = NULL;
		struct baton_error error = { "" };

		ck_assert_int_eq(baton_group_add(test_group, &rows[i], &actor, &error), -EINVAL);
		ck_assert_str_ne(error.text, "");
		ck_assert_ptr_null(actor);
	}
	ck_assert_int_eq(baton_group_add(test_group, NULL, NULL, NULL), -EINVAL);
	ck_assert_int_eq(baton_group_add(NULL, &rows[0], NULL, NULL), -EINVAL);
}
END_TEST

static void end_nothing(struct baton_group *group, int result, void *data)
{
	(void)group, (void)result, (void)data;
}

START_TEST(bad_options_of_a_group_are_refused)
{
	enum { SIZE = sizeof(struct baton_group_options) };
	static const struct {
		struct baton_group_options options;
		const char *reason;
	} rows[] = {
		{ { .size = 0, .on_end = end_nothing }, "size" },
		{ { .size = SIZE - 1, .on_end = end_nothing }, "size" },
		{ { .size = SIZE, .on_end = end_nothing, .stop_timeout_ms = -1 }, "is negative" },
	};
	static const struct baton_group_options good = { .size = SIZE, .on_end = end_nothing };
	struct baton_group **ret = &test_group;

	for (size_t i = 0; i < array_length(rows); i++) {
		struct baton_error error = { "" };

		ck_assert_int_eq(
			baton_group_create(case_loop, test_context, &rows[i].options, ret, &error),
			-EINVAL);
		ck_assert_msg(strstr(error.text, rows[i].reason) != NULL, "%s", error.text);
	}
	ck_assert_int_eq(baton_group_create(case_loop, test_context, NULL, ret, NULL), -EINVAL);
	ck_assert_int_eq(baton_group_create(NULL, test_context, &good, ret, NULL), -EINVAL);
	ck_assert_int_eq(baton_group_create(case_loop, NULL, &good, ret, NULL), -EINVAL);
	ck_assert_int_eq(baton_group_create(case_loop, test_context, &good, NULL, NULL), -EINVAL);
	ck_assert_int_eq(baton_group_start(NULL), -EINVAL);
	ck_assert_ptr_null(test_group);
}
END_TEST

START_TEST(actor_that_is_at_work_already_needs_no_start)
{
	const struct baton_actor_options options = {
		.size = sizeof(options),
		.name = "x",
		.stop = start_nothing,
	};
	struct baton_actor *actor;
	struct baton_error error;

	group_test_create(0);
	ck_assert_int_eq(baton_group_add(test_group, &options, &actor, &error), 0);
	group_test_start();
	baton_actor_ended(actor, -EIO, NULL);
	group_test_await(2);
	group_test_expect("ended x EIO, end EIO");
}
END_TEST

START_TEST(actor_may_have_ended_by_the_start)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true }, { "b" }, { "c" } };

	group_test_create(0);
	group_test_add(actors, 3);
	baton_actor_ended(actors[1].actor, -EIO, NULL);
	(void)loop_turn();
	group_test_start();
	group_test_expect("start a");
	group_test_await(3);
	group_test_expect("ended b EIO, stop a, ended a 0, end EIO");
}
END_TEST

START_TEST(result_that_is_no_error_does_not_hide_one)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true, .end_result = -EIO },
		{ "b", .ends_in_start = true, .end_result = 1 } };

	group_test_create(0);
	group_test_add(actors, 2);
	group_test_start();
	group_test_await(3);
	group_test_expect("start a, start b, ended b 1, stop a, ended a EIO, end EIO");
}
END_TEST

START_TEST(on_actor_ended_may_be_left_out)
{
	const struct baton_group_options options = { .size = sizeof(options),
		.on_end = end_nothing };
	struct group_test_actor actors[] = { { "a", .ends_in_start = true } };

	ck_assert_int_eq(
		baton_group_create(case_loop, test_context, &options, &test_group, NULL), 0);
	group_test_add(actors, 1);
	group_test_start();
	while (loop_turn())
		continue;
	ck_assert_int_eq(group_test_describe("a").state, BATON_ACTOR_ENDED);
}
END_TEST

START_TEST(no_group_is_no_crash)
{
	baton_group_stop(NULL);
	baton_group_destroy(NULL);
	baton_actor_ended(NULL, 0, NULL);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		actors_start_in_order_and_stop_in_the_opposite,
		all_have_to_end_before_the_group_does,
		result_is_the_first_error,
		what_an_actor_said_is_reported_and_kept,
		only_the_first_end_of_an_actor_counts,
		what_comes_after_one_that_cannot_start_is_not_started,
		one_that_cannot_start_may_be_the_only_one,
		actor_may_end_in_its_start,
		actor_that_has_ended_is_not_told_to_stop,
		actor_that_could_not_start_is_not_told_to_stop,
		start_that_fails_after_its_end_was_told_ends_once,
		states_are_told,
		empty_group_ends_from_the_loop,
		group_keeps_the_loop_running_from_start_to_end,
		nothing_is_added_or_started_after_the_start,
		bad_options_of_an_actor_are_refused,
		bad_options_of_a_group_are_refused,
		actor_that_is_at_work_already_needs_no_start,
		actor_may_have_ended_by_the_start,
		result_that_is_no_error_does_not_hide_one,
		on_actor_ended_may_be_left_out,
		no_group_is_no_crash,
	};

	return suite_run(&(struct suite){
		.name = "group",
		.cases = cases,
		.count = array_length(cases),
		.setup = group_test_setup,
		.teardown = group_test_teardown,
	});
}
