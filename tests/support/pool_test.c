/* SPDX-License-Identifier: MIT */
/* See pool_test.h. */
#include "support/pool_test.h"

#include <check.h>
#include <poll.h>

#include "base/clock.h"
#include "support/loop.h"
#include "support/process.h"

struct baton_pool *test_pool;
struct gate test_gate;
int test_done;
struct baton_cancel *test_cancel;
struct baton_context *test_context;

void pool_test_setup(void)
{
	threads_remember();
	gate_init(&test_gate);
	loop_make();
	ck_assert_int_eq(baton_context_with_cancel(baton_context_background(), &test_cancel), 0);
	test_context = baton_cancel_context(test_cancel);
}

void pool_test_teardown(void)
{
	pool_test_destroy();
	baton_cancel_destroy(test_cancel);
	loop_remove();
	threads_await_ended();
	gate_finish(&test_gate);
}

void pool_test_create(unsigned threads, size_t queue_length)
{
	const struct baton_pool_options options = {
		.size = sizeof(options),
		.name = "pool-test",
		.threads = threads,
		.queue_length = queue_length,
	};
	struct baton_error error;

	ck_assert_msg(baton_pool_create(case_loop, test_context, &options, &test_pool, &error) == 0,
		"%s", error.text);
}

void pool_test_destroy(void)
{
	baton_pool_destroy(test_pool);
	test_pool = NULL;
}

static int work(struct baton_context *context, void *data)
{
	struct pool_test_task *task = data;
	int result = task->result;

	atomic_fetch_add(&task->begun, 1);
	switch (task->way) {
	case TASK_QUICK:
		break;
	case TASK_GATED:
		gate_pass(&test_gate);
		break;
	case TASK_OBEDIENT:
		gate_arrive(&test_gate);
		result = baton_context_poll(context, NULL, 0, PROCESS_DEADLINE_MS);
		break;
	}
	atomic_store(&task->seen, baton_context_err(context));
	return result;
}

static void on_done(int result, void *data)
{
	struct pool_test_task *task = data;

	task->done++;
	task->done_result = result;
	task->done_turn = ++test_done;
}

int pool_test_try(struct baton_context *context, struct pool_test_task *task)
{
	return baton_pool_submit(test_pool, context, "a task", work, on_done, task);
}

void pool_test_submit(struct pool_test_task *tasks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(pool_test_try(test_context, &tasks[i]), 0);
}

struct baton_pool_counts pool_test_counts(void)
{
	struct baton_pool_counts counts;

	baton_pool_get_counts(test_pool, &counts);
	return counts;
}

void pool_test_await_finished(size_t count)
{
	int64_t since_ms = clock_ms();

	/* Who has no loop is not told. */
	while (pool_test_counts().finished < count) {
		ck_assert_int_lt(clock_ms_since(since_ms), PROCESS_DEADLINE_MS);
		(void)poll(NULL, 0, 1);
	}
}
