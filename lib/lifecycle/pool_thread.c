/* SPDX-License-Identifier: MIT */
/* What a pool's threads do: see pool_object.h. */
#include "base/mutex.h"
#include "lifecycle/pool_object.h"
#include "lifecycle/thread.h"

/* Locked: the next job, now running; NULL: to end. */
static struct pool_job *await_job(struct baton_pool *pool)
{
	while (list_empty(&pool->queued) && !pool->is_abandoned)
		(void)pthread_cond_wait(&pool->wanted, &pool->lock); /* cannot fail */
	if (pool->is_abandoned)
		return NULL;
	struct pool_job *job = list_first(&pool->queued, struct pool_job, link);

	list_remove(&job->link);
	list_append(&pool->running, &job->link);
	pool->counts.queued--;
	pool->counts.running++;
	return job;
}

/* Locked. */
static void finish_job(struct baton_pool *pool, struct pool_job *job, bool was_begun)
{
	pool->counts.running--;
	if (was_begun)
		pool->counts.finished++;
	else
		pool->counts.dropped++;
	if (pool->is_abandoned) {
		pool_free_job(job);
		return;
	}
	list_remove(&job->link);
	list_append(&pool->done, &job->link);
	mailbox_post(pool->mailbox, &pool->mail);
	(void)pthread_cond_signal(&pool->ended); /* cannot fail */
}

static void run(void *data)
{
	struct pool_thread *thread = data;
	struct baton_pool *pool = thread->pool;
	struct pool_job *job;

	mutex_lock(&pool->lock);
	while ((job = await_job(pool))) {
		struct baton_context *context = baton_cancel_context(job->cancel);

		thread->is_working = true;
		mutex_unlock(&pool->lock);
		int ended = baton_context_err(context);

		job->result = ended ? ended : job->work(context, job->data);
		mutex_lock(&pool->lock);
		thread->is_working = false;
		finish_job(pool, job, !ended);
	}
	mutex_unlock(&pool->lock);
	pool_disown(pool);
}

int pool_start_threads(struct baton_pool *pool, unsigned count, const char *name, const char *place)
{
	for (unsigned i = 0; i < count; i++) {
		struct pool_thread *thread = &pool->threads[i];

		thread->pool = pool;
		mutex_lock(&pool->lock);
		pool->owners++; /* before it could be one less */
		mutex_unlock(&pool->lock);
		int r = thread_start(name, place, run, thread, &thread->id);
		if (r < 0) {
			pool_disown(pool);
			return r;
		}
		pool->thread_count++;
	}
	return 0;
}
