/* SPDX-License-Identifier: MIT */
/* What of a pool happens on the loop's thread: see pool_object.h. */
#include <errno.h>
#include <ev.h>
#include <time.h>

#include "base/container.h"
#include "base/mutex.h"
#include "lifecycle/pool_object.h"

/* Locked: what waits for a thread will not get one. */
static void drop_queued(struct baton_pool *pool)
{
	while (!list_empty(&pool->queued)) {
		struct pool_job *job = list_first(&pool->queued, struct pool_job, link);
		int err = baton_context_err(baton_cancel_context(job->cancel));

		job->result = err ? err : -ECANCELED;
		list_remove(&job->link);
		list_append(&pool->done, &job->link);
		pool->counts.queued--;
		pool->counts.dropped++;
		mailbox_post(pool->mailbox, &pool->mail);
	}
}

/* Locked: who works should stop. */
static void cancel_running(struct baton_pool *pool, const char *reason)
{
	list_for_each (pos, &pool->running) {
		struct pool_job *job = container_of(pos, struct pool_job, link);

		baton_cancel_now(job->cancel, -ECANCELED, reason);
	}
}

/* Locked. */
static void check_over(struct baton_pool *pool)
{
	struct pool_shutdown *shutdown = &pool->shutdown;

	if (shutdown->is_under_way && list_empty(&pool->queued) && list_empty(&pool->done) &&
		(list_empty(&pool->running) || shutdown->given_up))
		mailbox_post(pool->mailbox, &shutdown->mail);
}

/* One job a call: its callback may destroy the pool. */
static void on_job_done(struct mail *mail)
{
	struct baton_pool *pool = container_of(mail, struct baton_pool, mail);

	mutex_lock(&pool->lock);
	struct pool_job *job = list_first(&pool->done, struct pool_job, link);
	baton_pool_done_fn done = job->done;
	void *data = job->data;
	int result = job->result;

	pool_free_job(job);
	if (!list_empty(&pool->done))
		mailbox_post(pool->mailbox, &pool->mail);
	check_over(pool);
	mutex_unlock(&pool->lock);
	if (done)
		done(result, data);
}

static void forget_shutdown(struct baton_pool *pool)
{
	struct pool_shutdown *shutdown = &pool->shutdown;

	if (!shutdown->is_under_way)
		return;
	shutdown->is_under_way = false;
	mailbox_retract(pool->mailbox, &shutdown->mail);
	baton_context_unwatch(shutdown->watch);
}

static void on_over(struct mail *mail)
{
	struct baton_pool *pool = container_of(mail, struct baton_pool, shutdown.mail);
	int result = pool->shutdown.given_up;

	forget_shutdown(pool);
	pool->shutdown.on_end(pool, result, pool->shutdown.data);
}

static void on_pool_ended(struct baton_context *context, void *data)
{
	struct baton_pool *pool = data;

	(void)context;
	mutex_lock(&pool->lock);
	pool->is_closed = true;
	drop_queued(pool);
	cancel_running(pool, "the pool has ended");
	mutex_unlock(&pool->lock);
}

static void on_shutdown_ended(struct baton_context *context, void *data)
{
	struct baton_pool *pool = data;

	mutex_lock(&pool->lock);
	if (!list_empty(&pool->queued) || !list_empty(&pool->running))
		pool->shutdown.given_up = baton_context_err(context);
	drop_queued(pool);
	cancel_running(pool, "the pool is shut down");
	check_over(pool);
	mutex_unlock(&pool->lock);
}

int pool_open_loop(struct baton_pool *pool, struct ev_loop *loop, struct baton_context *context)
{
	mail_init(&pool->mail, on_job_done);
	mail_init(&pool->shutdown.mail, on_over);
	int r = mailbox_open(loop, &pool->mailbox);
	if (r < 0)
		return r;
	ev_ref(loop);
	return baton_context_watch(context, loop, on_pool_ended, pool, &pool->watch);
}

/* Nobody is told any more. */
static void close_loop(struct baton_pool *pool)
{
	struct mailbox *mailbox = pool->mailbox;

	if (!mailbox)
		return;
	forget_shutdown(pool);
	baton_context_unwatch(pool->watch);
	mailbox_retract(mailbox, &pool->mail);
	pool->mailbox = NULL;
	ev_unref(mailbox_loop(mailbox));
	mailbox_close(mailbox);
}

int baton_pool_shutdown(struct baton_pool *pool, enum baton_pool_end end,
	struct baton_context *context, baton_pool_fn on_end, void *data)
{
	if (!pool || !context || !on_end)
		return -EINVAL;
	struct pool_shutdown *shutdown = &pool->shutdown;
	int r = shutdown->is_under_way ? -EALREADY : 0;

	if (r == 0)
		r = baton_context_watch(context, mailbox_loop(pool->mailbox), on_shutdown_ended,
			pool, &shutdown->watch);
	mutex_lock(&pool->lock);
	pool->is_closed = true;
	if (r == 0) {
		shutdown->is_under_way = true;
		shutdown->given_up = 0;
		shutdown->on_end = on_end;
		shutdown->data = data;
		if (end == BATON_POOL_DROP)
			drop_queued(pool);
		check_over(pool);
	}
	mutex_unlock(&pool->lock);
	return r;
}

/* Not locked: the callbacks may be of any kind. What they submit is refused. */
static void hand_back(struct list *jobs)
{
	while (!list_empty(jobs)) {
		struct pool_job *job = list_first(jobs, struct pool_job, link);
		baton_pool_done_fn done = job->done;
		void *data = job->data;
		int result = job->result;

		pool_free_job(job);
		if (done)
			done(result, data);
	}
}

/* Locked: gives what runs, whose contexts have ended, a moment to see that. */
static void await_running(struct baton_pool *pool)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* with these arguments it cannot fail */
	until.tv_nsec += BATON_POOL_GRACE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	while (!list_empty(&pool->running))
		if (pthread_cond_timedwait(&pool->ended, &pool->lock, &until) == ETIMEDOUT)
			return;
}

void baton_pool_destroy(struct baton_pool *pool)
{
	struct list jobs;

	if (!pool)
		return;
	list_init(&jobs);
	mutex_lock(&pool->lock);
	pool->is_closed = true;
	drop_queued(pool);
	cancel_running(pool, "the pool is gone");
	await_running(pool);
	pool->is_abandoned = true;
	list_move_all(&pool->done, &jobs);
	(void)pthread_cond_broadcast(&pool->wanted); /* cannot fail */
	mutex_unlock(&pool->lock);
	/* Now no thread posts anything. */
	close_loop(pool);
	hand_back(&jobs);
	for (unsigned i = 0; i < pool->thread_count; i++) {
		mutex_lock(&pool->lock);
		bool is_working = pool->threads[i].is_working;

		mutex_unlock(&pool->lock);
		/* Joinable threads that we started, by us alone: neither can fail. */
		if (is_working)
			(void)pthread_detach(pool->threads[i].id);
		else
			(void)pthread_join(pool->threads[i].id, NULL);
	}
	pool_disown(pool);
}
