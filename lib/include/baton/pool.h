/* SPDX-License-Identifier: MIT */
/*
 * Pools: a fixed number of threads for what would hold up the loop, behind a
 * queue of a fixed length. When that is full the caller is told at once, and
 * can tell its client, instead of everybody waiting longer and longer.
 *
 *     r = baton_pool_submit(pool, context, "thumbnail", work, done, image);
 *     if (r == -EAGAIN) answer 503
 *
 * work runs on a thread of the pool, done on the loop's, and both are given
 * the same data, which nobody else should touch in between.
 */
#ifndef BATON_POOL_H
#define BATON_POOL_H

#include <baton/context.h>
#include <baton/error.h>
#include <baton/place.h>
#include <baton/tracker.h>
#include <stddef.h>

BATON_BEGIN

struct baton_pool;
struct ev_loop;

struct baton_pool_options {
	size_t size;         /* sizeof(struct baton_pool_options) */
	const char *name;    /* of the pool and its threads, 15 bytes are seen; must stay */
	unsigned threads;    /* how many; 0: one for each processor */
	size_t queue_length; /* how many tasks may wait while all threads work; 0: 16 a thread */
};

/*
 * A pool whose threads start now. Once the context has ended, and the loop has got to it, the pool
 * takes no more, what waits is dropped, and the contexts of what runs are cancelled. Its threads
 * are there, and it keeps the loop running, until it is destroyed. On the loop's thread. *ret is
 * the caller's, to be given to baton_pool_destroy. Returns 0, -ENOMEM, -EINVAL, or -EAGAIN if
 * the system has no more threads.
 */
#define baton_pool_create(loop, context, options, ret, error) \
	baton_pool_create_at((loop), (context), (options), (ret), (error), BATON_HERE)
BATON_API int baton_pool_create_at(struct ev_loop *loop, struct baton_context *context,
	const struct baton_pool_options *options, struct baton_pool **ret,
	struct baton_error *error, const char *place);

/*
 * On a thread of the pool, where all signals are blocked but those of its own faults:
 * programs that it starts inherit that. The context is one of its own below that which the
 * task was submitted with. It should be looked at: work that goes on after its end holds a thread,
 * and the end of the pool. The result is given to done.
 */
typedef int (*baton_pool_work_fn)(struct baton_context *context, void *data);

/*
 * On the loop's thread, from the loop or from baton_pool_destroy: the result of work, or, if it
 * was never begun, what baton_context_err says of its context, -ECANCELED if the pool dropped
 * it. data is the host's again. May destroy the pool. May be NULL.
 */
typedef void (*baton_pool_done_fn)(int result, void *data);

/*
 * Puts a task into the queue. label says what it is, for people, and must stay as long
 * as the pool. A task whose context has ended before its turn is not begun.
 * Any thread. Returns 0, and then done is called once, unless the pool is destroyed
 * while the task runs; -EAGAIN if the queue is full, -ESHUTDOWN once the pool is being shut
 * down or its context has ended, -ENOMEM, -EINVAL.
 */
#define baton_pool_submit(pool, context, label, work, done, data) \
	baton_pool_submit_at((pool), (context), (label), (work), (done), (data), BATON_HERE)
BATON_API int baton_pool_submit_at(struct baton_pool *pool, struct baton_context *context,
	const char *label, baton_pool_work_fn work, baton_pool_done_fn done, void *data,
	const char *place);

struct baton_pool_counts {
	size_t queued;   /* wait for a thread */
	size_t running;  /* on a thread */
	size_t finished; /* so far */
	size_t dropped;  /* so far: never begun */
	size_t refused;  /* so far: -EAGAIN */
};

/* Any thread. */
BATON_API void baton_pool_get_counts(struct baton_pool *pool, struct baton_pool_counts *ret);

/* The tasks whose done is due, as a tracker: for its count and its list. Borrowed; not to be
 * shut down. */
BATON_API struct baton_tracker *baton_pool_tasks(struct baton_pool *pool);

enum baton_pool_end {
	BATON_POOL_FINISH, /* what is queued still runs */
	BATON_POOL_DROP,   /* it is dropped */
};

/*
 * result is 0 once every task is done. If the context ended before, it is what
 * baton_context_err says of that: what was queued is dropped, what runs has had its
 * contexts cancelled and is not waited for; baton_pool_tasks has it.
 */
typedef void (*baton_pool_fn)(struct baton_pool *pool, int result, void *data);

/*
 * From now on the pool takes no more. on_end is called once, on the loop, after the
 * done of every task that it does not report as left; it may destroy the pool. After
 * an end by the context it may be called again, to wait on. On the loop's thread. Returns 0,
 * -EINVAL, -EALREADY if it is under way, or -ENOMEM: after this one nothing is taken, either.
 */
BATON_API int baton_pool_shutdown(struct baton_pool *pool, enum baton_pool_end end,
	struct baton_context *context, baton_pool_fn on_end, void *data);

#define BATON_POOL_GRACE_MS 100

/*
 * Ends it as it is: what is queued is dropped, what runs is cancelled and has BATON_POOL_GRACE_MS
 * to see that, and the done of all of these is called now; after the return no callback is called.
 * Threads that wait for work are waited for, which takes no time. One that is stuck in its task is
 * left to it, with data, which must stay: it ends when the task does. On the loop's thread. NULL is
 * allowed.
 */
BATON_API void baton_pool_destroy(struct baton_pool *pool);

BATON_END

#endif
