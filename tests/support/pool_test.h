/* SPDX-License-Identifier: MIT */
/* For suites about pools: a pool, and tasks that wait until they are let through or cancelled. */
#ifndef TESTS_SUPPORT_POOL_TEST_H
#define TESTS_SUPPORT_POOL_TEST_H

#include <baton/pool.h>
#include <stdatomic.h>

#include "support/gate.h"

enum pool_test_way {
	TASK_QUICK,    /* returns its result */
	TASK_GATED,    /* passes the gate before, whatever its context says */
	TASK_OBEDIENT, /* comes to the gate, waits for the end of its context, and returns that */
};

/* Zeroed: a quick one. */
struct pool_test_task {
	enum pool_test_way way;
	int result;
	atomic_int begun; /* how often */
	atomic_int seen;  /* what baton_context_err said at the end of the work */
	int done;         /* how often */
	int done_result;
	int done_turn; /* how many were done when this was, itself included */
};

extern struct baton_pool *test_pool;
extern struct gate test_gate;
extern int test_done;                      /* of all tasks */
extern struct baton_cancel *test_cancel;   /* of test_context */
extern struct baton_context *test_context; /* the pool's, and that of tasks */

/* For struct suite: all but the pool. At the end no thread may be left. */
void pool_test_setup(void);
void pool_test_teardown(void); /* destroys the pool, if there still is one */

/* Creates the pool. */
void pool_test_create(unsigned threads, size_t queue_length);

/* Destroys it; the teardown does not. */
void pool_test_destroy(void);

/* What baton_pool_submit says. */
int pool_test_try(struct baton_context *context, struct pool_test_task *task);

/* Submits the tasks, with test_context; the case fails if one is refused. */
void pool_test_submit(struct pool_test_task *tasks, size_t count);

struct baton_pool_counts pool_test_counts(void);

/* Waits until so many have finished, without the loop; past the deadline the case fails. */
void pool_test_await_finished(size_t count);

#endif
