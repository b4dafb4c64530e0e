/* SPDX-License-Identifier: MIT */
/* See work.h. */
#include "app/work.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

enum { LOOK_EVERY = 1024 }; /* candidates, until the context is looked at */

/* The route's state. It belongs to the pool until `done`, and so may outlive the call. */
struct work {
	struct call *call; /* NULL: nobody waits for it any more */
	int n;
	int count;
};

static bool is_prime(int number)
{
	for (int divisor = 3; (long)divisor * divisor <= number; divisor += 2)
		if (number % divisor == 0)
			return false;
	return true;
}

/* On a thread of the pool. */
static int count_primes(struct baton_context *context, void *data)
{
	struct work *work = data;

	work->count = work->n > 2 ? 1 : 0; /* 2 itself */
	for (int number = 3; number < work->n; number += 2) {
		work->count += is_prime(number);
		if (number / 2 % LOOK_EVERY == 0) {
			int err = baton_context_err(context);
			if (err < 0)
				return err;
		}
	}
	return 0;
}

static void on_done(int result, void *data)
{
	struct work *work = data;
	struct call *call = work->call;
	int r = result;

	if (call && r == 0)
		r = buffer_appendf(
			&call->answer.content, "%d primes below %d\n", work->count, work->n);
	if (call && r < 0)
		(void)call_answer_status(call, 503);
	if (call)
		call->state = NULL;
	free(work);
	if (call)
		call_answered(call);
}

static enum call_progress refuse(struct call *call, int error)
{
	/* Soon enough: a queue is short. Without memory for it the status has to do. */
	if (error == -EAGAIN)
		(void)buffer_append_text(&call->answer.fields, "Retry-After: 1\r\n");
	return call_answer_status(call, 503);
}

enum call_progress work_begin(struct call *call, struct baton_pool *pool)
{
	int n = call_query_number(call, "n", WORK_DEFAULT_N, WORK_MAX_N);

	if (n < 0)
		return call_answer_bad_number(call, "n", WORK_MAX_N);
	struct work *work = malloc(sizeof(*work));
	if (!work)
		return call_answer_status(call, 503);
	*work = (struct work){ .call = call, .n = n };
	int r = baton_pool_submit(pool, call->context, "primes", count_primes, on_done, work);
	if (r < 0) {
		free(work);
		return refuse(call, r);
	}
	call->state = work;
	return CALL_PENDING;
}

void work_end(struct call *call)
{
	struct work *work = call->state;

	if (work)
		work->call = NULL;
}
