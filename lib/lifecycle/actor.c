/* SPDX-License-Identifier: MIT */
/* See actor.h. */
#include "lifecycle/actor.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/container.h"
#include "base/error.h"
#include "base/mutex.h"
#include "base/options.h"
#include "lifecycle/thread.h"

/* What the thread of an actor and its group share, until both are done with it. */
struct actor_thread {
	pthread_t id;
	pthread_mutex_t lock;
	unsigned owners;               /* under the lock */
	struct baton_actor *actor;     /* under the lock; NULL once the group is gone */
	struct baton_context *context; /* a reference */
	int (*run)(struct baton_context *context, struct baton_error *error, void *data);
	void *data;
};

static void disown(struct actor_thread *thread)
{
	mutex_lock(&thread->lock);
	bool is_last = --thread->owners == 0;

	mutex_unlock(&thread->lock);
	if (!is_last)
		return;
	baton_context_unref(thread->context);
	mutex_finish(&thread->lock);
	free(thread);
}

static void run_thread(void *data)
{
	struct actor_thread *thread = data;
	struct baton_error error = { "" };
	int result = thread->run(thread->context, &error, thread->data);

	mutex_lock(&thread->lock);
	if (thread->actor) {
		thread->actor->result = result;
		thread->actor->error = error;
		mailbox_post(thread->actor->mailbox, &thread->actor->mail);
	}
	mutex_unlock(&thread->lock);
	disown(thread);
}

static int start_thread(struct baton_actor *actor, struct baton_context *context)
{
	struct actor_thread *thread = malloc(sizeof(*thread));

	if (!thread)
		return -ENOMEM;
	*thread = (struct actor_thread){
		.owners = 2,
		.actor = actor,
		.context = baton_context_ref(context),
		.run = actor->options.run,
		.data = actor->options.data,
	};
	mutex_init(&thread->lock);
	int r = thread_start(actor->options.name, actor->place, run_thread, thread, &thread->id);
	if (r < 0) {
		thread->owners = 1;
		disown(thread);
		return r;
	}
	actor->thread = thread;
	return 0;
}

static void release_thread(struct actor_thread *thread, bool has_ended)
{
	if (!thread)
		return;
	mutex_lock(&thread->lock);
	thread->actor = NULL;
	mutex_unlock(&thread->lock);
	/* A joinable thread that we started, by us alone: neither can fail. */
	if (has_ended)
		(void)pthread_join(thread->id, NULL);
	else
		(void)pthread_detach(thread->id);
	disown(thread);
}

static void on_mail(struct mail *mail)
{
	struct baton_actor *actor = container_of(mail, struct baton_actor, mail);

	if (actor->state == BATON_ACTOR_WAITING)
		return; /* the start will find that it has ended */
	actor->state = BATON_ACTOR_ENDED;
	actor->ended_ms = clock_ms();
	actor->on_ended(actor);
}

void baton_actor_ended(struct baton_actor *actor, int result, const struct baton_error *error)
{
	if (!actor || actor->thread || actor->has_result)
		return;
	actor->has_result = true;
	actor->result = result;
	actor->error = error ? *error : (struct baton_error){ "" };
	mailbox_post(actor->mailbox, &actor->mail);
}

int actor_create(const struct baton_actor_options *options, const char *place,
	struct mailbox *mailbox, struct baton_actor **ret, struct baton_error *error)
{
	struct baton_actor_options own;

	if (options_copy(&own, sizeof(own), options,
		    options_bytes(struct baton_actor_options, stop)) < 0)
		return error_set(error, -EINVAL, "bad size of actor options");
	if (!own.name || (own.start && own.run) || (!own.stop && !own.run))
		return error_set(error, -EINVAL, "an actor needs a name, and either stop, or run");
	struct baton_actor *actor = malloc(sizeof(*actor));
	if (!actor)
		return error_set_errno(error, -ENOMEM, "cannot add actor \"%s\"", own.name);

	*actor = (struct baton_actor){ .options = own, .place = place, .mailbox = mailbox };
	list_init(&actor->link);
	mail_init(&actor->mail, on_mail);
	*ret = actor;
	return 0;
}

void actor_destroy(struct baton_actor *actor)
{
	release_thread(actor->thread, actor->state == BATON_ACTOR_ENDED);
	mailbox_retract(actor->mailbox, &actor->mail);
	list_remove(&actor->link);
	free(actor);
}

int actor_start(struct baton_actor *actor, struct baton_context *context)
{
	const struct baton_actor_options *options = &actor->options;
	struct baton_error error = { "" };

	actor->state = BATON_ACTOR_RUNNING;
	actor->started_ms = clock_ms();
	int r = 0;

	if (actor->has_result) { /* it was at work before, and has ended */
		mailbox_post(actor->mailbox, &actor->mail);
		return -ECANCELED;
	}
	if (options->run)
		r = start_thread(actor, context);
	else if (options->start)
		r = options->start(actor, &error, options->data);
	if (r < 0)
		baton_actor_ended(actor, r, &error);
	return r < 0 ? r : 0;
}

void actor_stop(struct baton_actor *actor)
{
	struct baton_error error = { "" };

	if (actor->state != BATON_ACTOR_RUNNING || actor->has_result)
		return;
	actor->state = BATON_ACTOR_STOPPING;
	if (!actor->options.stop)
		return;
	int r = actor->options.stop(actor, &error, actor->options.data);

	if (r >= 0)
		return;
	/* What a thread that has not ended comes to is of no interest any more. */
	release_thread(take_ptr(&actor->thread), false);
	baton_actor_ended(actor, r, &error);
}

void actor_abandon(struct baton_actor *actor)
{
	actor->options.start = NULL;
	actor->options.stop = NULL;
	baton_actor_ended(actor, 0, NULL);
}

void actor_describe(const struct baton_actor *actor, struct baton_actor_info *ret)
{
	bool has_ended = actor->state == BATON_ACTOR_ENDED;
	int64_t until_ms = has_ended ? actor->ended_ms : clock_ms();

	*ret = (struct baton_actor_info){
		.name = actor->options.name,
		.state = actor->state,
		.result = has_ended ? actor->result : 0,
		.error = has_ended ? actor->error.text : "",
		.place = actor->place,
		.running_ms =
			actor->state == BATON_ACTOR_WAITING ? 0 : until_ms - actor->started_ms,
	};
}
