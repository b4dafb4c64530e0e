/* SPDX-License-Identifier: MIT */
/* Waiting for tasks at the end: lifecycle/tracker.c. */
#include <baton/tracker.h>

#include <errno.h>
#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "support/contexts.h"
#include "support/loop.h"
#include "support/suite.h"
#include "support/threads.h"

enum { FAR_MS = 1000000 };

static struct baton_tracker *tracker;
static struct baton_task task;
static struct baton_cancel *cancel; /* the right to end what a shutdown waits with */

static int calls;     /* of on_end */
static int result;    /* of the last */
static int destroyed; /* what destroying the tracker there said; 1: it was not tried */

static void open_all(void)
{
	loop_make();
	ck_assert_int_eq(baton_tracker_create("tasks", &tracker), 0);
	cancel = contexts_timed(NULL, FAR_MS);
	calls = 0;
	destroyed = 1;
}

static void close_all(void)
{
	ck_assert_int_eq(baton_tracker_destroy(tracker), 0);
	baton_cancel_destroy(cancel);
	loop_remove();
}

static void begin(void)
{
	ck_assert_int_eq(baton_tracker_begin(tracker, "task", &task), 0);
}

static void end_task(unsigned index)
{
	(void)index;
	(void)baton_task_end(&task);
}

static void on_end(struct baton_tracker *ended, int r, void *data)
{
	ck_assert_ptr_eq(ended, tracker);
	ck_assert_ptr_eq(data, &calls);
	calls++;
	result = r;
}

static void destroy_on_end(struct baton_tracker *ended, int r, void *data)
{
	on_end(ended, r, data);
	destroyed = baton_tracker_destroy(tracker);
	if (destroyed == 0)
		tracker = NULL;
}

static int shut_down_with(struct baton_context *context, baton_tracker_fn fn)
{
	return baton_tracker_shutdown(tracker, case_loop, context, fn, &calls);
}

static void shut_down(void)
{
	ck_assert_int_eq(shut_down_with(baton_cancel_context(cancel), on_end), 0);
	ck_assert_uint_eq(calls, 0);
}

START_TEST(nothing_under_way_is_told_from_the_loop)
{
	shut_down();
	loop_run();
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(result, 0);
	(void)loop_turn();
	ck_assert_uint_eq(calls, 1);
}
END_TEST

START_TEST(no_task_begins_from_then_on)
{
	struct baton_task late = { .slot = NULL };

	begin();
	shut_down();
	ck_assert_int_eq(baton_tracker_begin(tracker, "late", &late), -ESHUTDOWN);
	ck_assert_ptr_null(late.slot);
	ck_assert_uint_eq(baton_tracker_count(tracker), 1);
	end_task(0);
	loop_run();
	ck_assert_int_eq(baton_tracker_begin(tracker, "late", &late), -ESHUTDOWN);
	ck_assert_int_eq(baton_task_end(&late), -EALREADY);
	ck_assert_uint_eq(calls, 1);
}
END_TEST

START_TEST(tracker_that_never_had_a_task_takes_none_either)
{
	struct baton_task late;

	shut_down();
	ck_assert_int_eq(baton_tracker_begin(tracker, "late", &late), -ESHUTDOWN);
	loop_run();
	ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(task_that_ends_on_this_thread_is_waited_for)
{
	begin();
	shut_down();
	(void)loop_turn();
	ck_assert_uint_eq(calls, 0);
	end_task(0);
	ck_assert_uint_eq(calls, 0);
	loop_run();
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(result, 0);
	ck_assert_uint_eq(baton_tracker_count(tracker), 0);
}
END_TEST

START_TEST(task_that_ends_on_another_thread_is_waited_for)
{
	begin();
	shut_down();
	threads_start(1, end_task);
	loop_run(); /* it is what keeps the loop running */
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(result, 0);
	threads_join();
}
END_TEST

START_TEST(all_tasks_are_waited_for)
{
	enum { MANY = 200 };
	static struct baton_task tasks[MANY];

	for (unsigned i = 0; i < MANY; i++)
		ck_assert_int_eq(baton_tracker_begin(tracker, "task", &tasks[i]), 0);
	ck_assert_int_eq(baton_task_end(&tasks[MANY - 1]), 0);
	shut_down();
	for (unsigned i = 0; i < MANY - 1; i++) {
		(void)loop_turn();
		ck_assert_uint_eq(calls, 0);
		ck_assert_uint_eq(baton_tracker_count(tracker), MANY - 1 - i);
		ck_assert_int_eq(baton_task_end(&tasks[i]), 0);
		ck_assert_int_eq(baton_task_end(&tasks[i]), -EALREADY);
	}
	loop_run();
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(result, 0);
}
END_TEST

static int tell(const struct baton_task_info *info, void *data)
{
	*(struct baton_task_info *)data = *info;
	return 1;
}

/* What is left can be told, and be waited for with more time. */
static void check_given_up(int err)
{
	struct baton_task_info info;

	loop_run();
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(result, err);
	ck_assert_uint_eq(baton_tracker_count(tracker), 1);
	ck_assert_int_eq(baton_tracker_each(tracker, tell, &info), 1);
	ck_assert_str_eq(info.label, "task");
	loop_run(); /* nothing keeps it running */
	ck_assert_uint_eq(calls, 1);

	ck_assert_int_eq(shut_down_with(baton_context_background(), on_end), 0);
	(void)loop_turn();
	ck_assert_uint_eq(calls, 1);
	end_task(0);
	loop_run();
	ck_assert_uint_eq(calls, 2);
	ck_assert_int_eq(result, 0);
}

START_TEST(end_of_the_context_ends_the_wait)
{
	begin();
	shut_down();
	baton_cancel_now(cancel, -EIO, NULL);
	ck_assert_uint_eq(calls, 0);
	check_given_up(-ECANCELED);
}
END_TEST

START_TEST(deadline_ends_the_wait)
{
	baton_cancel_destroy(cancel);
	cancel = contexts_timed(NULL, 5);
	begin();
	shut_down();
	check_given_up(-ETIMEDOUT);
}
END_TEST

START_TEST(context_that_had_ended_before_is_told_from_the_loop)
{
	baton_cancel_now(cancel, 0, NULL);
	begin();
	shut_down();
	check_given_up(-ECANCELED);
}
END_TEST

START_TEST(nothing_under_way_is_good_whatever_the_context_says)
{
	baton_cancel_now(cancel, 0, NULL);
	shut_down();
	loop_run();
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(last_end_and_that_of_the_context_at_once_are_good)
{
	begin();
	shut_down();
	end_task(0);
	baton_cancel_now(cancel, 0, NULL);
	loop_run();
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(so_are_they_the_other_way_round)
{
	begin();
	shut_down();
	baton_cancel_now(cancel, 0, NULL);
	end_task(0);
	loop_run();
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(task_that_ends_after_the_wait_is_no_call)
{
	begin();
	shut_down();
	baton_cancel_now(cancel, 0, NULL);
	loop_run();
	end_task(0);
	(void)loop_turn();
	loop_run();
	ck_assert_uint_eq(calls, 1);
	ck_assert_uint_eq(baton_tracker_count(tracker), 0);
}
END_TEST

START_TEST(one_shutdown_is_under_way_at_a_time)
{
	begin();
	shut_down();
	ck_assert_int_eq(shut_down_with(baton_context_background(), destroy_on_end), -EALREADY);
	end_task(0);
	ck_assert_int_eq(shut_down_with(baton_context_background(), destroy_on_end), -EALREADY);
	loop_run();
	ck_assert_uint_eq(calls, 1);
	ck_assert_ptr_nonnull(tracker);
	ck_assert_int_eq(shut_down_with(baton_context_background(), on_end), 0);
	loop_run();
	ck_assert_uint_eq(calls, 2);
	ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(context_may_be_the_background)
{
	begin();
	ck_assert_int_eq(shut_down_with(baton_context_background(), on_end), 0);
	(void)loop_turn();
	end_task(0);
	loop_run();
	ck_assert_uint_eq(calls, 1);
}
END_TEST

/* The shutdown holds a reference of its own. */
START_TEST(right_to_end_the_context_may_be_given_up)
{
	begin();
	shut_down();
	baton_cancel_destroy(cancel);
	cancel = NULL;
	loop_run();
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(result, -ECANCELED);
	end_task(0);
}
END_TEST

START_TEST(tracker_may_be_destroyed_within_on_end)
{
	begin();
	ck_assert_int_eq(shut_down_with(baton_cancel_context(cancel), destroy_on_end), 0);
	end_task(0);
	loop_run();
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(destroyed, 0);
}
END_TEST

START_TEST(tracker_may_be_destroyed_within_on_end_as_the_context_ends)
{
	ck_assert_int_eq(shut_down_with(baton_cancel_context(cancel), destroy_on_end), 0);
	baton_cancel_now(cancel, 0, NULL);
	loop_run();
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(destroyed, 0);
}
END_TEST

START_TEST(tracker_with_tasks_is_not_destroyed_within_on_end)
{
	begin();
	ck_assert_int_eq(shut_down_with(baton_cancel_context(cancel), destroy_on_end), 0);
	baton_cancel_now(cancel, 0, NULL);
	loop_run();
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(result, -ECANCELED);
	ck_assert_int_eq(destroyed, -EBUSY);
	end_task(0);
}
END_TEST

START_TEST(tracker_destroyed_under_way_calls_nobody)
{
	shut_down();
	ck_assert_int_eq(baton_tracker_destroy(tracker), 0);
	tracker = NULL;
	loop_run();
	ck_assert_uint_eq(calls, 0);
}
END_TEST

START_TEST(tracker_with_tasks_is_not_destroyed_under_way)
{
	begin();
	shut_down();
	ck_assert_int_eq(baton_tracker_destroy(tracker), -EBUSY);
	end_task(0);
	loop_run(); /* the shutdown goes on */
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(result, 0);
}
END_TEST

static void shut_down_again(struct baton_tracker *ended, int r, void *data)
{
	on_end(ended, r, data);
	ck_assert_int_eq(shut_down_with(baton_context_background(), on_end), 0);
	ck_assert_uint_eq(calls, 1);
	end_task(0);
}

START_TEST(wait_may_go_on_within_on_end)
{
	begin();
	ck_assert_int_eq(shut_down_with(baton_cancel_context(cancel), shut_down_again), 0);
	baton_cancel_now(cancel, 0, NULL);
	loop_run();
	ck_assert_uint_eq(calls, 2);
	ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(trackers_share_loop_and_context)
{
	struct baton_tracker *first = tracker, *second;
	struct baton_task other;

	ck_assert_int_eq(baton_tracker_create("others", &second), 0);
	ck_assert_int_eq(baton_tracker_begin(second, "other", &other), 0);
	shut_down();
	tracker = second;
	ck_assert_int_eq(shut_down_with(baton_cancel_context(cancel), on_end), 0);
	tracker = first;
	loop_await(&calls, 1);
	tracker = second;
	(void)loop_turn();
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(baton_task_end(&other), 0);
	loop_run();
	ck_assert_uint_eq(calls, 2);
	ck_assert_int_eq(baton_tracker_destroy(first), 0);
}
END_TEST

START_TEST(what_must_not_be_null_is_refused)
{
	struct baton_context *context = baton_cancel_context(cancel);

	ck_assert_int_eq(baton_tracker_shutdown(NULL, case_loop, context, on_end, NULL), -EINVAL);
	ck_assert_int_eq(baton_tracker_shutdown(tracker, NULL, context, on_end, NULL), -EINVAL);
	ck_assert_int_eq(baton_tracker_shutdown(tracker, case_loop, NULL, on_end, NULL), -EINVAL);
	ck_assert_int_eq(baton_tracker_shutdown(tracker, case_loop, context, NULL, NULL), -EINVAL);
	begin(); /* all goes on */
	end_task(0);
	loop_run();
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		nothing_under_way_is_told_from_the_loop,
		no_task_begins_from_then_on,
		tracker_that_never_had_a_task_takes_none_either,
		task_that_ends_on_this_thread_is_waited_for,
		task_that_ends_on_another_thread_is_waited_for,
		all_tasks_are_waited_for,
		end_of_the_context_ends_the_wait,
		deadline_ends_the_wait,
		context_that_had_ended_before_is_told_from_the_loop,
		nothing_under_way_is_good_whatever_the_context_says,
		last_end_and_that_of_the_context_at_once_are_good,
		so_are_they_the_other_way_round,
		task_that_ends_after_the_wait_is_no_call,
		one_shutdown_is_under_way_at_a_time,
		context_may_be_the_background,
		right_to_end_the_context_may_be_given_up,
		tracker_may_be_destroyed_within_on_end,
		tracker_may_be_destroyed_within_on_end_as_the_context_ends,
		tracker_with_tasks_is_not_destroyed_within_on_end,
		tracker_destroyed_under_way_calls_nobody,
		tracker_with_tasks_is_not_destroyed_under_way,
		wait_may_go_on_within_on_end,
		trackers_share_loop_and_context,
		what_must_not_be_null_is_refused,
	};

	return suite_run(&(struct suite){
		.name = "tracker_shutdown",
		.cases = cases,
		.count = array_length(cases),
		.setup = open_all,
		.teardown = close_all,
	});
}
