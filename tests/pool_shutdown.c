/* SPDX-License-Identifier: MIT */
/* The end of a pool that is waited for: lifecycle/pool_loop.c. */
#include <baton/pool.h>

#include <errno.h>
#include <string.h>

#include "support/loop.h"
#include "support/pool_test.h"
#include "support/suite.h"

static struct {
	int count, result, done; /* done: how many tasks were by then */
} ended;

static void on_end(struct baton_pool *pool, int result, void *data)
{
	ck_assert_ptr_eq(pool, test_pool);
	ck_assert_ptr_eq(data, &ended);
	ended.count++;
	ended.result = result;
	ended.done = test_done;
}

static int shut_down(enum baton_pool_end end, struct baton_context *context)
{
	return baton_pool_shutdown(test_pool, end, context, on_end, &ended);
}

/* A pool of one thread, which the first task holds. */
static void create_busy(struct pool_test_task *tasks, size_t count, enum pool_test_way way)
{
	memset(tasks, 0, count * sizeof(*tasks));
	tasks[0].way = way;
	pool_test_create(1, 0);
	pool_test_submit(tasks, count);
	gate_await(&test_gate, 1);
}

static struct baton_cancel *make_cancel(void)
{
	struct baton_cancel *cancel;

	ck_assert_int_eq(baton_context_with_cancel(baton_context_background(), &cancel), 0);
	return cancel;
}

START_TEST(finish_runs_what_is_queued)
{
	struct pool_test_task tasks[5];

	create_busy(tasks, 5, TASK_GATED);
	ck_assert_int_eq(shut_down(BATON_POOL_FINISH, test_context), 0);
	(void)loop_turn();
	ck_assert_int_eq(ended.count, 0);
	gate_open(&test_gate, 1);
	loop_await(&ended.count, 1);
	ck_assert_int_eq(ended.result, 0);
	ck_assert_int_eq(ended.done, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_int_eq(tasks[i].begun, 1);
	ck_assert_uint_eq(pool_test_counts().dropped, 0);
	ck_assert_uint_eq(pool_test_counts().finished, 5);
}
END_TEST

START_TEST(drop_drops_what_is_queued_and_waits_for_what_runs)
{
	struct pool_test_task tasks[5];

	create_busy(tasks, 5, TASK_GATED);
	ck_assert_int_eq(shut_down(BATON_POOL_DROP, test_context), 0);
	ck_assert_int_eq(test_done, 0);
	loop_await(&test_done, 4);
	for (size_t i = 1; i < 5; i++) {
		ck_assert_int_eq(tasks[i].begun, 0);
		ck_assert_int_eq(tasks[i].done_result, -ECANCELED);
	}
	ck_assert_uint_eq(pool_test_counts().dropped, 4);
	ck_assert_uint_eq(pool_test_counts().queued, 0);
	ck_assert_int_eq(ended.count, 0);
	gate_open(&test_gate, 1);
	loop_await(&ended.count, 1);
	ck_assert_int_eq(ended.result, 0);
	ck_assert_int_eq(ended.done, 5);
	ck_assert_int_eq(tasks[0].seen, 0); /* what runs is not cancelled */
	ck_assert_uint_eq(pool_test_counts().finished, 1);
}
END_TEST

START_TEST(dropped_task_whose_context_has_ended_learns_why)
{
	struct pool_test_task running = { .way = TASK_GATED }, late = { 0 };
	struct baton_cancel *timeout;

	pool_test_create(1, 0);
	pool_test_submit(&running, 1);
	ck_assert_int_eq(baton_context_with_timeout(test_context, 0, &timeout), 0);
	ck_assert_int_eq(pool_test_try(baton_cancel_context(timeout), &late), 0);
	gate_await(&test_gate, 1);
	ck_assert_int_eq(shut_down(BATON_POOL_DROP, test_context), 0);
	loop_await(&late.done, 1);
	ck_assert_int_eq(late.done_result, -ETIMEDOUT);
	gate_open(&test_gate, 1);
	loop_await(&ended.count, 1);
	baton_cancel_destroy(timeout);
}
END_TEST

START_TEST(idle_pool_ends_from_the_loop)
{
	pool_test_create(2, 0);
	ck_assert_int_eq(shut_down(BATON_POOL_FINISH, test_context), 0);
	ck_assert_int_eq(ended.count, 0);
	loop_await(&ended.count, 1);
	ck_assert_int_eq(ended.result, 0);
	(void)loop_turn();
	ck_assert_int_eq(ended.count, 1);
	ck_assert(loop_turn()); /* until it is destroyed */
}
END_TEST

START_TEST(nothing_is_taken_once_it_shuts_down)
{
	struct pool_test_task tasks[1], late = { 0 };

	create_busy(tasks, 1, TASK_GATED);
	ck_assert_int_eq(shut_down(BATON_POOL_FINISH, test_context), 0);
	ck_assert_int_eq(pool_test_try(test_context, &late), -ESHUTDOWN);
	gate_open(&test_gate, 1);
	loop_await(&ended.count, 1);
	ck_assert_int_eq(pool_test_try(test_context, &late), -ESHUTDOWN);
	ck_assert_uint_eq(pool_test_counts().refused, 0);
	ck_assert_int_eq(late.done, 0);
}
END_TEST

static int keep_task(const struct baton_task_info *info, void *data)
{
	*(struct baton_task_info *)data = *info;
	return 1;
}

START_TEST(what_is_stuck_at_the_deadline_is_left_and_listed)
{
	struct pool_test_task tasks[3];
	struct baton_task_info stuck;
	struct baton_cancel *timeout;

	create_busy(tasks, 3, TASK_GATED);
	ck_assert_int_eq(baton_context_with_timeout(test_context, 5, &timeout), 0);
	ck_assert_int_eq(shut_down(BATON_POOL_FINISH, baton_cancel_context(timeout)), 0);
	loop_await(&ended.count, 1);
	ck_assert_int_eq(ended.result, -ETIMEDOUT);
	ck_assert_int_eq(ended.done, 2);
	for (size_t i = 1; i < 3; i++) {
		ck_assert_int_eq(tasks[i].begun, 0);
		ck_assert_int_eq(tasks[i].done_result, -ECANCELED);
	}
	ck_assert_uint_eq(baton_tracker_count(baton_pool_tasks(test_pool)), 1);
	ck_assert_int_eq(baton_tracker_each(baton_pool_tasks(test_pool), keep_task, &stuck), 1);
	ck_assert_str_eq(stuck.label, "a task");
	ck_assert_ptr_nonnull(strstr(stuck.place, "pool_test.c:"));
	ck_assert_int_ge(stuck.age_ms, 0);

	gate_open(&test_gate, 1);
	loop_await(&test_done, 3);
	ck_assert_int_eq(tasks[0].seen, -ECANCELED);
	ck_assert_int_eq(ended.count, 1);
	baton_cancel_destroy(timeout);
}
END_TEST

START_TEST(what_runs_is_cancelled_when_the_context_ends)
{
	struct pool_test_task tasks[1];
	struct baton_cancel *cancel = make_cancel();

	create_busy(tasks, 1, TASK_OBEDIENT);
	ck_assert_int_eq(shut_down(BATON_POOL_FINISH, baton_cancel_context(cancel)), 0);
	(void)loop_turn();
	ck_assert_int_eq(ended.count, 0);
	baton_cancel_now(cancel, 0, NULL);
	loop_await(&ended.count, 1);
	ck_assert_int_eq(ended.result, -ECANCELED);
	loop_await(&test_done, 1);
	ck_assert_int_eq(tasks[0].done_result, -ECANCELED);
	ck_assert_uint_eq(pool_test_counts().finished, 1);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(shutdown_after_one_that_gave_up_waits_on)
{
	struct pool_test_task tasks[2];
	struct baton_cancel *cancel = make_cancel();

	create_busy(tasks, 2, TASK_GATED);
	ck_assert_int_eq(shut_down(BATON_POOL_FINISH, baton_cancel_context(cancel)), 0);
	ck_assert_int_eq(shut_down(BATON_POOL_FINISH, test_context), -EALREADY);
	baton_cancel_destroy(cancel);
	loop_await(&ended.count, 1);
	ck_assert_int_eq(ended.result, -ECANCELED);
	ck_assert_int_eq(shut_down(BATON_POOL_FINISH, test_context), 0);
	(void)loop_turn();
	ck_assert_int_eq(ended.count, 1);
	gate_open(&test_gate, 1);
	loop_await(&ended.count, 2);
	ck_assert_int_eq(ended.result, 0);
	ck_assert_int_eq(ended.done, 2);
}
END_TEST

START_TEST(context_that_has_ended_already_gives_up_from_the_loop)
{
	struct pool_test_task tasks[2];
	struct baton_cancel *cancel = make_cancel();

	baton_cancel_now(cancel, 0, NULL);
	create_busy(tasks, 2, TASK_GATED);
	ck_assert_int_eq(shut_down(BATON_POOL_FINISH, baton_cancel_context(cancel)), 0);
	ck_assert_int_eq(ended.count, 0);
	loop_await(&ended.count, 1);
	ck_assert_int_eq(ended.result, -ECANCELED);
	ck_assert_int_eq(ended.done, 1);
	gate_open(&test_gate, 1);
	loop_await(&test_done, 2);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(end_of_the_context_is_no_failure_when_all_work_is_finished)
{
	struct pool_test_task task = { .result = 7 };
	struct baton_cancel *cancel = make_cancel();

	baton_cancel_now(cancel, 0, NULL);
	pool_test_create(1, 0);
	pool_test_submit(&task, 1);
	pool_test_await_finished(1);
	ck_assert_int_eq(shut_down(BATON_POOL_DROP, baton_cancel_context(cancel)), 0);
	loop_await(&ended.count, 1);
	ck_assert_int_eq(ended.result, 0);
	ck_assert_int_eq(ended.done, 1);
	ck_assert_int_eq(task.done_result, 7);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(end_of_the_pools_context_drops_and_cancels)
{
	struct pool_test_task running = { .way = TASK_OBEDIENT }, queued = { 0 }, late = { 0 };
	struct baton_context *other = baton_context_background();

	pool_test_create(1, 0);
	ck_assert_int_eq(pool_test_try(other, &running), 0);
	gate_await(&test_gate, 1);
	ck_assert_int_eq(pool_test_try(other, &queued), 0);
	baton_cancel_now(test_cancel, 0, NULL);
	loop_await(&test_done, 2);
	ck_assert_int_eq(running.done_result, -ECANCELED);
	ck_assert_int_eq(queued.done_result, -ECANCELED);
	ck_assert_int_eq(queued.begun, 0);
	ck_assert_int_eq(pool_test_try(other, &late), -ESHUTDOWN);
	ck_assert(loop_turn()); /* until it is destroyed */
	ck_assert_int_eq(shut_down(BATON_POOL_FINISH, other), 0);
	loop_await(&ended.count, 1);
	ck_assert_int_eq(ended.result, 0);
}
END_TEST

START_TEST(end_of_the_pools_context_hastens_a_shutdown)
{
	struct pool_test_task tasks[2];

	create_busy(tasks, 2, TASK_OBEDIENT);
	ck_assert_int_eq(shut_down(BATON_POOL_FINISH, baton_context_background()), 0);
	baton_cancel_now(test_cancel, 0, NULL);
	loop_await(&ended.count, 1);
	ck_assert_int_eq(ended.result, 0);
	ck_assert_int_eq(ended.done, 2);
	ck_assert_int_eq(tasks[1].begun, 0);
}
END_TEST

START_TEST(shutdown_without_what_it_needs_is_refused)
{
	struct pool_test_task task = { 0 };

	ck_assert_int_eq(shut_down(BATON_POOL_FINISH, test_context), -EINVAL);
	pool_test_create(1, 0);
	ck_assert_int_eq(shut_down(BATON_POOL_FINISH, NULL), -EINVAL);
	ck_assert_int_eq(
		baton_pool_shutdown(test_pool, BATON_POOL_FINISH, test_context, NULL, NULL),
		-EINVAL);
	pool_test_submit(&task, 1);
	loop_await(&task.done, 1);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		finish_runs_what_is_queued,
		drop_drops_what_is_queued_and_waits_for_what_runs,
		dropped_task_whose_context_has_ended_learns_why,
		idle_pool_ends_from_the_loop,
		nothing_is_taken_once_it_shuts_down,
		what_is_stuck_at_the_deadline_is_left_and_listed,
		what_runs_is_cancelled_when_the_context_ends,
		shutdown_after_one_that_gave_up_waits_on,
		context_that_has_ended_already_gives_up_from_the_loop,
		end_of_the_context_is_no_failure_when_all_work_is_finished,
		end_of_the_pools_context_drops_and_cancels,
		end_of_the_pools_context_hastens_a_shutdown,
		shutdown_without_what_it_needs_is_refused,
	};

	return suite_run(&(struct suite){
		.name = "pool_shutdown",
		.cases = cases,
		.count = array_length(cases),
		.setup = pool_test_setup,
		.teardown = pool_test_teardown,
	});
}
