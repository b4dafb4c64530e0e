/* SPDX-License-Identifier: MIT */
/* The end of a pool as it is: baton_pool_destroy in lifecycle/pool_loop.c. */
#include <baton/pool.h>

#include <errno.h>

#include "support/loop.h"
#include "support/pool_test.h"
#include "support/suite.h"

/* The teardown waits for the threads that were left to themselves, which still use these. */
static struct pool_test_task tasks[4];
static int ends;

static void count_end(struct baton_pool *pool, int result, void *data)
{
	(void)pool, (void)result, (void)data;
	ends++;
}

static void destroy_at_end(struct baton_pool *pool, int result, void *data)
{
	*(int *)data = result;
	ck_assert_ptr_eq(pool, test_pool);
	pool_test_destroy();
	ends++;
}

static void destroy_when_done(int result, void *data)
{
	(void)result, (void)data;
	pool_test_destroy();
	ends++;
}

/* A pool of one thread, which the first task holds. */
static void create_busy(enum pool_test_way way)
{
	tasks[0].way = way;
	pool_test_create(1, 0);
	pool_test_submit(tasks, array_length(tasks));
	gate_await(&test_gate, 1);
}

START_TEST(what_is_queued_is_dropped_and_what_is_stuck_left)
{
	create_busy(TASK_GATED);
	pool_test_destroy();
	ck_assert_int_eq(test_done, array_length(tasks) - 1);
	for (size_t i = 1; i < array_length(tasks); i++) {
		ck_assert_int_eq(tasks[i].begun, 0);
		ck_assert_int_eq(tasks[i].done_result, -ECANCELED);
	}

	gate_open(&test_gate, 1);
	threads_await_ended();
	threads_remember();
	ck_assert_int_eq(tasks[0].seen, -ECANCELED);
	(void)loop_turn();
	ck_assert_int_eq(tasks[0].done, 0);
}
END_TEST

START_TEST(what_runs_is_cancelled)
{
	create_busy(TASK_OBEDIENT);
	pool_test_destroy();
	threads_await_ended();
	threads_remember();
	ck_assert_int_eq(tasks[0].seen, -ECANCELED);
	ck_assert_int_eq(tasks[0].done, 1); /* in time */
	ck_assert_int_eq(tasks[0].done_result, -ECANCELED);
}
END_TEST

START_TEST(finished_tasks_are_told_at_once)
{
	pool_test_create(2, 0);
	pool_test_submit(tasks, array_length(tasks));
	pool_test_await_finished(array_length(tasks));
	pool_test_destroy();
	ck_assert_int_eq(test_done, array_length(tasks));
	ck_assert_int_eq(tasks[0].done_result, 0);
	(void)loop_turn();
	ck_assert_int_eq(test_done, array_length(tasks));
}
END_TEST

static int work_nothing(struct baton_context *context, void *data)
{
	(void)context, (void)data;
	return 0;
}

START_TEST(may_be_destroyed_in_done)
{
	pool_test_create(1, 0);
	ck_assert_int_eq(baton_pool_submit(test_pool, test_context, "last", work_nothing,
				 destroy_when_done, NULL),
		0);
	pool_test_submit(tasks, array_length(tasks));
	pool_test_await_finished(array_length(tasks) + 1);
	loop_await(&ends, 1);
	(void)loop_turn();
	ck_assert_int_eq(ends, 1);
	ck_assert_int_eq(test_done, array_length(tasks));
}
END_TEST

START_TEST(may_be_destroyed_in_the_done_of_a_dropped_task)
{
	tasks[0].way = TASK_GATED;
	pool_test_create(1, 0);
	pool_test_submit(&tasks[0], 1);
	gate_await(&test_gate, 1);
	ck_assert_int_eq(baton_pool_submit(test_pool, test_context, "last", work_nothing,
				 destroy_when_done, NULL),
		0);
	pool_test_submit(&tasks[1], 2);
	ck_assert_int_eq(
		baton_pool_shutdown(test_pool, BATON_POOL_DROP, test_context, count_end, NULL), 0);
	loop_await(&ends, 1);
	(void)loop_turn();
	ck_assert_int_eq(ends, 1); /* on_end is not called */
	ck_assert_int_eq(test_done, 2);
	gate_open(&test_gate, 1);
}
END_TEST

START_TEST(may_be_destroyed_in_on_end)
{
	int result = -1;

	pool_test_create(2, 0);
	pool_test_submit(tasks, array_length(tasks));
	ck_assert_int_eq(baton_pool_shutdown(test_pool, BATON_POOL_FINISH, test_context,
				 destroy_at_end, &result),
		0);
	loop_await(&ends, 1);
	ck_assert_int_eq(result, 0);
	ck_assert_int_eq(test_done, array_length(tasks));
	ck_assert(!loop_turn());
}
END_TEST

START_TEST(may_be_destroyed_in_on_end_with_a_task_stuck)
{
	struct baton_cancel *timeout;
	int result = 0;

	create_busy(TASK_GATED);
	ck_assert_int_eq(baton_context_with_timeout(test_context, 0, &timeout), 0);
	ck_assert_int_eq(baton_pool_shutdown(test_pool, BATON_POOL_FINISH,
				 baton_cancel_context(timeout), destroy_at_end, &result),
		0);
	baton_cancel_destroy(timeout);
	loop_await(&ends, 1);
	ck_assert_int_eq(result, -ETIMEDOUT);
	ck_assert_int_eq(test_done, array_length(tasks) - 1);
	ck_assert(!loop_turn());
	gate_open(&test_gate, 1);
}
END_TEST

START_TEST(shutdown_under_way_is_not_told)
{
	create_busy(TASK_GATED);
	ck_assert_int_eq(
		baton_pool_shutdown(test_pool, BATON_POOL_FINISH, test_context, count_end, NULL),
		0);
	pool_test_destroy();
	ck_assert(!loop_turn());
	ck_assert_int_eq(ends, 0);
	gate_open(&test_gate, 1);
}
END_TEST

START_TEST(may_be_destroyed_after_its_context_has_ended)
{
	create_busy(TASK_GATED);
	baton_cancel_now(test_cancel, 0, NULL);
	loop_await(&test_done, array_length(tasks) - 1);
	pool_test_destroy();
	ck_assert(!loop_turn());
	gate_open(&test_gate, 1);
}
END_TEST

START_TEST(may_be_destroyed_at_any_moment)
{
	for (size_t i = 0; i < 100; i++) {
		pool_test_create(2, 0);
		if (i % 2)
			pool_test_submit(tasks, array_length(tasks));
		if (i % 3)
			(void)loop_turn();
		pool_test_destroy();
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		what_is_queued_is_dropped_and_what_is_stuck_left,
		what_runs_is_cancelled,
		finished_tasks_are_told_at_once,
		may_be_destroyed_in_done,
		may_be_destroyed_in_the_done_of_a_dropped_task,
		may_be_destroyed_in_on_end,
		may_be_destroyed_in_on_end_with_a_task_stuck,
		shutdown_under_way_is_not_told,
		may_be_destroyed_after_its_context_has_ended,
		may_be_destroyed_at_any_moment,
	};

	return suite_run(&(struct suite){
		.name = "pool_destroy",
		.cases = cases,
		.count = array_length(cases),
		.setup = pool_test_setup,
		.teardown = pool_test_teardown,
	});
}
