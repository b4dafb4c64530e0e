/* SPDX-License-Identifier: MIT */
/* See pool_object.h. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mutex.h"
#include "base/options.h"
#include "lifecycle/pool_object.h"

enum { QUEUE_PER_THREAD = 16, THREADS_MAX = 1024 };

static int copy_options(struct baton_pool_options *own, const struct baton_pool_options *options,
	struct baton_error *error)
{
	if (options_copy(own, sizeof(*own), options,
		    options_bytes(struct baton_pool_options, queue_length)) < 0)
		return error_set(error, -EINVAL, "bad size of pool options");
	if (!own->name)
		return error_set(error, -EINVAL, "a pool needs a name");
	if (own->threads > THREADS_MAX)
		return error_set(error, -EINVAL, "pool \"%s\": %u threads, %d at most", own->name,
			own->threads, THREADS_MAX);
	if (!own->threads) {
		long processors = sysconf(_SC_NPROCESSORS_ONLN);
		own->threads = processors < 1      ? 1
			: processors > THREADS_MAX ? THREADS_MAX
						   : (unsigned)processors;
	}
	if (!own->queue_length)
		own->queue_length = (size_t)own->threads * QUEUE_PER_THREAD;
	return 0;
}

static struct baton_pool *create(const struct baton_pool_options *options, const char *place)
{
	struct baton_pool *pool = calloc(1, sizeof(*pool));
	pthread_condattr_t attributes;

	if (!pool)
		return NULL;
	pool->owners = 1;
	pool->queue_length = options->queue_length;
	list_init(&pool->queued);
	list_init(&pool->running);
	list_init(&pool->done);
	mutex_init(&pool->lock);
	(void)pthread_cond_init(&pool->wanted, NULL); /* with these attributes it cannot fail */
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&pool->ended, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	pool->threads = calloc(options->threads, sizeof(*pool->threads));
	if (!pool->threads || baton_tracker_create_at(options->name, &pool->tasks, place) < 0) {
		pool_disown(pool);
		return NULL;
	}
	return pool;
}

int baton_pool_create_at(struct ev_loop *loop, struct baton_context *context,
	const struct baton_pool_options *options, struct baton_pool **ret,
	struct baton_error *error, const char *place)
{
	struct baton_pool_options own;

	if (!loop || !context || !ret)
		return error_set(error, -EINVAL, "no loop, no context, or no place for the result");
	int r = copy_options(&own, options, error);
	if (r < 0)
		return r;
	struct baton_pool *pool = create(&own, place);
	if (!pool)
		return error_set_errno(error, -ENOMEM, "cannot create pool \"%s\"", own.name);

	r = pool_open_loop(pool, loop, context);
	if (r == 0)
		r = pool_start_threads(pool, own.threads, own.name, place);
	if (r < 0) {
		baton_pool_destroy(pool);
		return error_set_errno(error, r, "cannot start pool \"%s\"", own.name);
	}
	*ret = pool;
	return 0;
}

/* Locked. 0 or -errno: it is not refused for want of memory, that is for later. */
static int judge(struct baton_pool *pool)
{
	size_t idle = pool->thread_count - pool->counts.running;

	if (pool->is_closed)
		return -ESHUTDOWN;
	/* Of what is queued idle threads are about to take as many. */
	if (pool->counts.queued < idle || pool->counts.queued - idle < pool->queue_length)
		return 0;
	pool->counts.refused++;
	return -EAGAIN;
}

int baton_pool_submit_at(struct baton_pool *pool, struct baton_context *context, const char *label,
	baton_pool_work_fn work, baton_pool_done_fn done, void *data, const char *place)
{
	if (!pool || !context || !label || !work)
		return -EINVAL;
	struct pool_job *job = malloc(sizeof(*job));
	if (!job)
		return -ENOMEM;
	*job = (struct pool_job){ .work = work, .done = done, .data = data };
	list_init(&job->link);
	int r = baton_context_with_deadline_at(context, BATON_CONTEXT_NEVER, &job->cancel, place);

	mutex_lock(&pool->lock);
	if (r == 0)
		r = judge(pool);
	if (r == 0)
		r = baton_tracker_begin_at(pool->tasks, label, &job->task, place);
	if (r == 0) {
		list_append(&pool->queued, &job->link);
		pool->counts.queued++;
		(void)pthread_cond_signal(&pool->wanted); /* cannot fail */
	}
	mutex_unlock(&pool->lock);
	if (r < 0)
		pool_free_job(job);
	return r;
}

void baton_pool_get_counts(struct baton_pool *pool, struct baton_pool_counts *ret)
{
	mutex_lock(&pool->lock);
	*ret = pool->counts;
	mutex_unlock(&pool->lock);
}

struct baton_tracker *baton_pool_tasks(struct baton_pool *pool)
{
	return pool->tasks;
}

void pool_free_job(struct pool_job *job)
{
	list_remove(&job->link);
	(void)baton_task_end(&job->task); /* which may not have begun */
	baton_cancel_destroy(job->cancel);
	free(job);
}

void pool_disown(struct baton_pool *pool)
{
	mutex_lock(&pool->lock);
	bool is_last = --pool->owners == 0;

	mutex_unlock(&pool->lock);
	if (!is_last)
		return;
	(void)baton_tracker_destroy(pool->tasks);  /* no job is left */
	(void)pthread_cond_destroy(&pool->wanted); /* nobody waits: cannot fail */
	(void)pthread_cond_destroy(&pool->ended);
	mutex_finish(&pool->lock);
	free(pool->threads);
	free(pool);
}
