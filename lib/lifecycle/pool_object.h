/* SPDX-License-Identifier: MIT */
/*
 * The inside of <baton/pool.h>.
 *
 *     pool.c          making it, putting tasks in
 *     pool_thread.c   what its threads do
 *     pool_loop.c     what happens on the loop: done, shutdown, the end
 *
 * A job goes from `queued` to `running` to `done`, or from `queued` to `done` if
 * it is dropped, and leaves when its done callback is called. Everything but what is
 * constant is under the lock, which is not held while the host's code runs.
 *
 * The pool's memory belongs to the host and to each thread, and goes with the
 * last: a thread may be stuck in a task when the host leaves.
 *
 * Lock order: the pool's, a context root's, a mailbox's.
 */
#ifndef LIFECYCLE_POOL_OBJECT_H
#define LIFECYCLE_POOL_OBJECT_H

#include <baton/pool.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/list.h"
#include "lifecycle/mailbox.h"

struct pool_job {
	struct list link;
	struct baton_cancel *cancel; /* of its context */
	struct baton_task task;
	baton_pool_work_fn work;
	baton_pool_done_fn done;
	void *data;
	int result;
};

struct pool_thread {
	struct baton_pool *pool;
	pthread_t id;
	bool is_working; /* on a job */
};

struct pool_shutdown {
	bool is_under_way;
	int given_up; /* what ended the context; 0 while it goes on */
	struct baton_context_watch *watch;
	struct mail mail; /* it is over */
	baton_pool_fn on_end;
	void *data;
};

struct baton_pool {
	pthread_mutex_t lock;
	pthread_cond_t wanted; /* a thread: for a job, or to end */
	pthread_cond_t ended;  /* a job, by the monotonic clock */
	unsigned owners;
	bool is_closed;                    /* takes no more */
	bool is_abandoned;                 /* by the host: threads end, nobody is told */
	struct list queued, running, done; /* of struct pool_job */
	struct baton_pool_counts counts;
	size_t queue_length;
	struct baton_tracker *tasks;
	struct pool_thread *threads;
	unsigned thread_count;

	struct mailbox *mailbox;
	struct mail mail;                  /* there are jobs in `done` */
	struct baton_context_watch *watch; /* of the pool's context */
	struct pool_shutdown shutdown;
};

/* Starts the threads. 0 or -errno; those that were started are in thread_count. */
int pool_start_threads(
	struct baton_pool *pool, unsigned count, const char *name, const char *place);

/* Prepares what the loop does, which goes on until the pool is destroyed. 0 or -ENOMEM. */
int pool_open_loop(struct baton_pool *pool, struct ev_loop *loop, struct baton_context *context);

/* Takes it out of the list it is in, and frees it. */
void pool_free_job(struct pool_job *job);

/* One owner less: the last one frees the pool. */
void pool_disown(struct baton_pool *pool);

#endif
