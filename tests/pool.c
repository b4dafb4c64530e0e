/* SPDX-License-Identifier: MIT */
/* Tasks on the threads of a pool: lifecycle/pool.c and pool_thread.c. */
#include <baton/pool.h>

#include <baton/leak.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/pool_test.h"
#include "support/refuse.h"
#include "support/suite.h"

enum { MANY = 100, SUBMITTERS = 4 };

/* What a task that looks closer has seen. */
static struct {
	struct baton_context *context;
	int err;
	void *value;
	pthread_t worker, finisher;
	int done, result;
} seen;

static int look(struct baton_context *context, void *data)
{
	seen.worker = pthread_self();
	seen.context = context;
	seen.err = baton_context_err(context);
	seen.value = baton_context_value(context, data);
	return 42;
}

static void on_looked(int result, void *data)
{
	(void)data;
	seen.finisher = pthread_self();
	seen.result = result;
	seen.done++;
}

START_TEST(work_runs_on_a_thread_and_done_on_the_loops)
{
	pool_test_create(2, 0);
	ck_assert_int_eq(
		baton_pool_submit(test_pool, test_context, "look", look, on_looked, NULL), 0);
	loop_await(&seen.done, 1);
	ck_assert(!pthread_equal(seen.worker, pthread_self()));
	ck_assert(pthread_equal(seen.finisher, pthread_self()));
	ck_assert_int_eq(seen.result, 42);
}
END_TEST

static int look_at_mask(struct baton_context *context, void *data)
{
	sigset_t *mask = data;

	(void)context;
	return -pthread_sigmask(SIG_BLOCK, NULL, mask);
}

START_TEST(signals_are_left_to_the_loops_thread)
{
	sigset_t mask;

	pool_test_create(1, 0);
	ck_assert_int_eq(
		baton_pool_submit(test_pool, test_context, "look", look_at_mask, on_looked, &mask),
		0);
	loop_await(&seen.done, 1);
	ck_assert_int_eq(seen.result, 0);
	ck_assert_int_eq(sigismember(&mask, SIGTERM), 1);
	ck_assert_int_eq(sigismember(&mask, SIGCHLD), 1);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
	ck_assert_int_eq(sigismember(&mask, SIGTERM), 0);
}
END_TEST

START_TEST(done_is_not_called_before_submit_has_returned)
{
	struct pool_test_task task = { .result = -EIO };

	pool_test_create(1, 0);
	pool_test_submit(&task, 1);
	pool_test_await_finished(1);
	ck_assert_int_eq(task.done, 0);
	loop_await(&task.done, 1);
	ck_assert_int_eq(task.done_result, -EIO);
	ck_assert_int_eq(task.begun, 1);
	(void)loop_turn();
	ck_assert_int_eq(task.done, 1);
}
END_TEST

START_TEST(work_gets_a_context_of_its_own_below_the_submitters)
{
	static int key;
	struct baton_context *submitters;
	char value;

	ck_assert_int_eq(baton_context_with_value(test_context, &key, &value, &submitters), 0);
	pool_test_create(1, 0);
	ck_assert_int_eq(
		baton_pool_submit(test_pool, submitters, "look", look, on_looked, &key), 0);
	baton_context_unref(submitters); /* the task has one */
	loop_await(&seen.done, 1);
	ck_assert_ptr_ne(seen.context, submitters);
	ck_assert_int_eq(seen.err, 0);
	ck_assert_ptr_eq(seen.value, &value);
}
END_TEST

START_TEST(no_more_run_at_once_than_there_are_threads)
{
	struct pool_test_task tasks[9];

	memset(tasks, 0, sizeof(tasks));
	for (size_t i = 0; i < array_length(tasks); i++)
		tasks[i].way = TASK_GATED;
	pool_test_create(3, 0);
	pool_test_submit(tasks, array_length(tasks));
	for (size_t i = 0; i < array_length(tasks) / 3; i++) {
		gate_await(&test_gate, 3);
		ck_assert_uint_eq(pool_test_counts().running, 3);
		ck_assert_uint_eq(pool_test_counts().queued, array_length(tasks) - 3 * (i + 1));
		for (size_t j = 0; j < array_length(tasks); j++)
			ck_assert_int_eq(tasks[j].begun, j < 3 * (i + 1));
		gate_open(&test_gate, 3);
	}
	loop_await(&test_done, array_length(tasks));
	ck_assert_uint_eq(pool_test_counts().running, 0);
	ck_assert_uint_eq(pool_test_counts().finished, array_length(tasks));
}
END_TEST

START_TEST(tasks_of_one_thread_run_in_their_order)
{
	struct pool_test_task tasks[20];

	memset(tasks, 0, sizeof(tasks));
	pool_test_create(1, SIZE_MAX);
	pool_test_submit(tasks, array_length(tasks));
	loop_await(&test_done, array_length(tasks));
	for (size_t i = 0; i < array_length(tasks); i++)
		ck_assert_int_eq(tasks[i].done_turn, (int)i + 1);
}
END_TEST

START_TEST(full_queue_refuses_at_once_until_there_is_room)
{
	struct pool_test_task tasks[3] = { { .way = TASK_GATED } }, refused = { 0 };

	pool_test_create(1, 2);
	pool_test_submit(&tasks[0], 1);
	gate_await(&test_gate, 1);
	pool_test_submit(&tasks[1], 2);
	ck_assert_int_eq(pool_test_try(test_context, &refused), -EAGAIN);
	ck_assert_int_eq(pool_test_try(test_context, &refused), -EAGAIN);
	ck_assert_uint_eq(pool_test_counts().refused, 2);
	ck_assert_uint_eq(pool_test_counts().queued, 2);
	gate_open(&test_gate, 1);
	loop_await(&test_done, 3);
	ck_assert_int_eq(refused.begun, 0);
	pool_test_submit(&refused, 1);
	loop_await(&refused.done, 1);
	ck_assert_uint_eq(pool_test_counts().refused, 2);
	ck_assert_uint_eq(pool_test_counts().finished, 4);
}
END_TEST

START_TEST(idle_threads_are_room_beside_the_queue)
{
	struct pool_test_task tasks[4], refused = { 0 };

	memset(tasks, 0, sizeof(tasks));
	for (size_t i = 0; i < array_length(tasks); i++)
		tasks[i].way = TASK_GATED;
	pool_test_create(3, 1);
	pool_test_submit(tasks, array_length(tasks)); /* before the threads can have taken any */
	ck_assert_int_eq(pool_test_try(test_context, &refused), -EAGAIN);
	gate_await(&test_gate, 3);
	ck_assert_int_eq(pool_test_try(test_context, &refused), -EAGAIN);
	ck_assert_uint_eq(pool_test_counts().queued, 1);
	gate_open(&test_gate, 4);
	loop_await(&test_done, 4);
}
END_TEST

START_TEST(task_whose_context_ended_before_its_turn_is_not_begun)
{
	struct pool_test_task first = { .way = TASK_GATED }, cancelled = { 0 }, late = { 0 },
			      last = { .result = 3 };
	struct baton_cancel *cancel, *timeout;

	ck_assert_int_eq(baton_context_with_cancel(test_context, &cancel), 0);
	ck_assert_int_eq(baton_context_with_timeout(test_context, 0, &timeout), 0);
	pool_test_create(1, 0);
	pool_test_submit(&first, 1);
	ck_assert_int_eq(pool_test_try(baton_cancel_context(cancel), &cancelled), 0);
	ck_assert_int_eq(pool_test_try(baton_cancel_context(timeout), &late), 0);
	pool_test_submit(&last, 1);
	gate_await(&test_gate, 1);
	baton_cancel_destroy(cancel);
	baton_cancel_destroy(timeout);
	gate_open(&test_gate, 1);
	loop_await(&test_done, 4);
	ck_assert_int_eq(cancelled.begun, 0);
	ck_assert_int_eq(cancelled.done_result, -ECANCELED);
	ck_assert_int_eq(late.begun, 0);
	ck_assert_int_eq(late.done_result, -ETIMEDOUT);
	ck_assert_int_eq(last.done_result, 3);
	ck_assert_uint_eq(pool_test_counts().dropped, 2);
	ck_assert_uint_eq(pool_test_counts().finished, 2);
}
END_TEST

START_TEST(context_of_running_work_ends_with_the_submitters)
{
	struct pool_test_task task = { .way = TASK_OBEDIENT };
	struct baton_cancel *cancel;

	ck_assert_int_eq(baton_context_with_cancel(test_context, &cancel), 0);
	pool_test_create(1, 0);
	ck_assert_int_eq(pool_test_try(baton_cancel_context(cancel), &task), 0);
	gate_await(&test_gate, 1);
	baton_cancel_now(cancel, -EPIPE, "the client has gone");
	loop_await(&task.done, 1);
	ck_assert_int_eq(task.done_result, -ECANCELED);
	ck_assert_uint_eq(pool_test_counts().finished, 1);
	baton_cancel_destroy(cancel);
}
END_TEST

static struct pool_test_task further;

static int work_further(struct baton_context *context, void *data)
{
	(void)context, (void)data;
	return pool_test_try(test_context, &further);
}

static void done_further(int result, void *data)
{
	(void)data;
	ck_assert_int_eq(result, 0);
	ck_assert_int_eq(pool_test_try(test_context, &further), 0);
}

static void done_nothing(int result, void *data)
{
	(void)result, (void)data;
}

START_TEST(work_and_done_may_submit)
{
	pool_test_create(1, 0);
	ck_assert_int_eq(baton_pool_submit(test_pool, test_context, "further", work_further,
				 done_further, NULL),
		0);
	loop_await(&further.done, 2);
	ck_assert_int_eq(further.begun, 2);
}
END_TEST

static void *submit_many(void *data)
{
	struct pool_test_task *tasks = data;

	pool_test_submit(tasks, MANY);
	return NULL;
}

START_TEST(several_threads_submit)
{
	static struct pool_test_task tasks[SUBMITTERS][MANY];
	pthread_t threads[SUBMITTERS];

	pool_test_create(2, (size_t)SUBMITTERS * MANY);
	for (size_t i = 0; i < SUBMITTERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, submit_many, tasks[i]), 0);
	loop_await(&test_done, SUBMITTERS * MANY);
	for (size_t i = 0; i < SUBMITTERS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		for (size_t j = 0; j < MANY; j++) {
			ck_assert_int_eq(tasks[i][j].begun, 1);
			ck_assert_int_eq(tasks[i][j].done, 1);
		}
	}
	ck_assert_uint_eq(pool_test_counts().finished, SUBMITTERS * MANY);
}
END_TEST

struct task_list {
	size_t count;
	struct baton_task_info infos[4];
};

static int list_task(const struct baton_task_info *info, void *data)
{
	struct task_list *list = data;

	ck_assert_uint_lt(list->count, array_length(list->infos));
	list->infos[list->count++] = *info;
	return 0;
}

START_TEST(tasks_are_listed_with_label_and_place)
{
	struct pool_test_task task = { .way = TASK_GATED };
	struct task_list list = { 0 };

	pool_test_create(1, 0);
	pool_test_submit(&task, 1);
	ck_assert_int_eq(
		baton_pool_submit(test_pool, test_context, "second", look, on_looked, NULL), 0);
	gate_await(&test_gate, 1);
	ck_assert_str_eq(baton_tracker_kind(baton_pool_tasks(test_pool)), "pool-test");
	ck_assert_uint_eq(baton_tracker_count(baton_pool_tasks(test_pool)), 2);
	(void)baton_tracker_each(baton_pool_tasks(test_pool), list_task, &list);
	ck_assert_uint_eq(list.count, 2);
	ck_assert_str_eq(list.infos[0].label, "a task");
	ck_assert_ptr_nonnull(strstr(list.infos[0].place, "pool_test.c:"));
	ck_assert_str_eq(list.infos[1].label, "second");
	ck_assert_ptr_nonnull(strstr(list.infos[1].place, "pool.c:"));
	ck_assert_int_ge(list.infos[1].age_ms, 0);
	gate_open(&test_gate, 1);
	loop_await(&seen.done, 1);
	ck_assert_uint_eq(baton_tracker_count(baton_pool_tasks(test_pool)), 0);
}
END_TEST

/* How many threads have that name, and were started here. */
static long count_threads(const char *name)
{
	struct baton_leak *threads;
	long count = 0;

	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_THREAD, &threads), 0);
	for (size_t i = 0; i < baton_leak_count(threads); i++) {
		const struct baton_leak_entry *entry = baton_leak_get(threads, i);

		count += strcmp(entry->what, name) == 0 && strstr(entry->place, "pool.c:");
	}
	baton_leak_destroy(threads);
	return count;
}

START_TEST(defaults_are_a_thread_a_processor_and_room_for_16_each)
{
	const struct baton_pool_options options = { .size = sizeof(options),
		.name = "a name that is too long" };
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = (size_t)processors * (1 + 16);
	struct pool_test_task *tasks = calloc(count + 1, sizeof(*tasks));

	ck_assert_ptr_nonnull(tasks);
	for (size_t i = 0; i < count; i++)
		tasks[i].way = TASK_GATED;
	ck_assert_int_eq(baton_pool_create(case_loop, test_context, &options, &test_pool, NULL), 0);
	pool_test_submit(tasks, (size_t)processors);
	gate_await(&test_gate, (unsigned)processors);
	ck_assert_int_eq(count_threads("a name that is "), processors);
	pool_test_submit(tasks + processors, count - (size_t)processors);
	ck_assert_int_eq(pool_test_try(test_context, &tasks[count]), -EAGAIN);
	gate_open(&test_gate, (unsigned)count);
	loop_await(&test_done, (int)count);
	free(tasks);
}
END_TEST

START_TEST(bad_options_are_refused)
{
	static const struct {
		struct baton_pool_options options;
		const char *reason;
	} rows[] = {
		{ { .size = 0, .name = "x" }, "size" },
		{ { .size = sizeof(size_t), .name = "x" }, "size" },
		{ { .size = sizeof(struct baton_pool_options) }, "needs a name" },
		{ { .size = sizeof(struct baton_pool_options), .name = "x", .threads = 1025 },
			"1025 threads, 1024 at most" },
	};
	struct baton_error error;

	for (size_t i = 0; i < array_length(rows); i++) {
		ck_assert_int_eq(baton_pool_create(case_loop, test_context, &rows[i].options,
					 &test_pool, &error),
			-EINVAL);
		ck_assert_msg(strstr(error.text, rows[i].reason) != NULL, "%s", error.text);
	}
	ck_assert_int_eq(
		baton_pool_create(case_loop, test_context, NULL, &test_pool, &error), -EINVAL);
	ck_assert_ptr_null(test_pool);
}
END_TEST

START_TEST(missing_arguments_are_refused)
{
	const struct baton_pool_options options = { .size = sizeof(options), .name = "x" };

	ck_assert_int_eq(
		baton_pool_create(NULL, test_context, &options, &test_pool, NULL), -EINVAL);
	ck_assert_int_eq(baton_pool_create(case_loop, NULL, &options, &test_pool, NULL), -EINVAL);
	ck_assert_int_eq(baton_pool_create(case_loop, test_context, &options, NULL, NULL), -EINVAL);
	ck_assert_int_eq(
		baton_pool_submit(test_pool, test_context, "x", look, on_looked, NULL), -EINVAL);
	pool_test_create(1, 0);
	ck_assert_int_eq(baton_pool_submit(test_pool, NULL, "x", look, on_looked, NULL), -EINVAL);
	ck_assert_int_eq(
		baton_pool_submit(test_pool, test_context, NULL, look, on_looked, NULL), -EINVAL);
	ck_assert_int_eq(
		baton_pool_submit(test_pool, test_context, "x", NULL, on_looked, NULL), -EINVAL);
	ck_assert_int_eq(
		baton_pool_submit(test_pool, test_context, "x", look, done_nothing, NULL), 0);
}
END_TEST

START_TEST(nobody_need_be_told_that_a_task_is_done)
{
	pool_test_create(1, 0);
	ck_assert_int_eq(baton_pool_submit(test_pool, test_context, "x", look, NULL, NULL), 0);
	pool_test_await_finished(1);
	while (baton_tracker_count(baton_pool_tasks(test_pool)))
		(void)loop_turn();
}
END_TEST

START_TEST(lack_of_threads_is_reported_and_leaves_nothing)
{
	const struct baton_pool_options options = { .size = sizeof(options), .name = "x" };
	struct baton_error error;

	refuse_threads();
	ck_assert_int_eq(
		baton_pool_create(case_loop, test_context, &options, &test_pool, &error), -EAGAIN);
	ck_assert_str_eq(error.text, "cannot start pool \"x\": Resource temporarily unavailable");
	ck_assert_ptr_null(test_pool);
}
END_TEST

START_TEST(pool_keeps_the_loop_running_until_it_is_destroyed)
{
	ck_assert(!loop_turn());
	pool_test_create(1, 0);
	ck_assert(loop_turn());
	pool_test_destroy();
	ck_assert(!loop_turn());
}
END_TEST

START_TEST(no_pool_is_no_crash)
{
	baton_pool_destroy(NULL);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		work_runs_on_a_thread_and_done_on_the_loops,
		signals_are_left_to_the_loops_thread,
		done_is_not_called_before_submit_has_returned,
		work_gets_a_context_of_its_own_below_the_submitters,
		no_more_run_at_once_than_there_are_threads,
		tasks_of_one_thread_run_in_their_order,
		full_queue_refuses_at_once_until_there_is_room,
		idle_threads_are_room_beside_the_queue,
		task_whose_context_ended_before_its_turn_is_not_begun,
		context_of_running_work_ends_with_the_submitters,
		work_and_done_may_submit,
		several_threads_submit,
		tasks_are_listed_with_label_and_place,
		defaults_are_a_thread_a_processor_and_room_for_16_each,
		bad_options_are_refused,
		missing_arguments_are_refused,
		nobody_need_be_told_that_a_task_is_done,
		lack_of_threads_is_reported_and_leaves_nothing,
		pool_keeps_the_loop_running_until_it_is_destroyed,
		no_pool_is_no_crash,
	};

	return suite_run(&(struct suite){
		.name = "pool",
		.cases = cases,
		.count = array_length(cases),
		.setup = pool_test_setup,
		.teardown = pool_test_teardown,
	});
}
