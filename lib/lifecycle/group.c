/* SPDX-License-Identifier: MIT */
/* See <baton/group.h>; what is one actor's alone is in actor.c. */
#include "lifecycle/group.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>

#include "base/container.h"
#include "base/error.h"
#include "base/options.h"
#include "lifecycle/actor.h"

enum group_state {
	GROUP_WAITING,
	GROUP_RUNNING,
	GROUP_STOPPING,
	GROUP_ENDED, /* on_end was called, or nobody is to be told any more */
};

struct baton_group {
	enum group_state state;
	struct baton_group_options options;
	struct ev_loop *loop;
	struct mailbox *mailbox;
	struct mail stop; /* the stop was asked for */
	struct mail over; /* all have ended */
	ev_timer timer;   /* of the stop */
	struct baton_cancel *cancel;
	struct baton_context_watch *watch; /* of the own context */
	struct list actors;                /* in the order in which they were added */
	struct group_observer *observer;   /* NULL: none */
	int result;                        /* the first error so far */
};

#define actor_of(pos) container_of(pos, struct baton_actor, link)

static bool all_have_ended(const struct baton_group *group)
{
	list_for_each (pos, &group->actors) {
		enum baton_actor_state state = actor_of(pos)->state;

		if (state == BATON_ACTOR_RUNNING || state == BATON_ACTOR_STOPPING)
			return false;
	}
	return true;
}

/* The group may be gone afterwards. */
static void end(struct baton_group *group, int result)
{
	group->state = GROUP_ENDED;
	ev_timer_stop(group->loop, &group->timer);
	ev_unref(group->loop);
	if (group->observer)
		group->observer->on_over(group->observer);
	if (group->options.on_end)
		group->options.on_end(group, result, group->options.data);
}

static void on_over(struct mail *mail)
{
	struct baton_group *group = container_of(mail, struct baton_group, over);

	if (group->state == GROUP_STOPPING)
		end(group, group->result);
}

static void on_stop_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct baton_group *group = container_of(w, struct baton_group, timer);

	(void)loop, (void)revents;
	/* The last end and the timeout may be found in the same turn. */
	end(group, all_have_ended(group) ? group->result : -ETIMEDOUT);
}

static void start_timer(struct baton_group *group)
{
	if (!group->options.stop_timeout_ms)
		return;
	ev_now_update(group->loop); /* the actors may have taken long to stop */
	ev_timer_set(&group->timer, group->options.stop_timeout_ms / 1e3, 0);
	ev_timer_start(group->loop, &group->timer);
}

static void cancel(struct baton_group *group)
{
	baton_cancel_now(group->cancel, -ECANCELED, "the group stops");
}

/* In the opposite order of the start: each may still rely on those before it. */
static void stop(struct baton_group *group)
{
	if (group->state != GROUP_RUNNING)
		return;
	group->state = GROUP_STOPPING;
	cancel(group);
	for (struct list *pos = group->actors.prev; pos != &group->actors; pos = pos->prev)
		actor_stop(actor_of(pos));
	if (group->observer)
		group->observer->on_stopping(group->observer);
	start_timer(group);
	if (all_have_ended(group))
		mailbox_post(group->mailbox, &group->over);
}

static void on_actor_ended(struct baton_actor *actor)
{
	struct baton_group *group = actor->group;
	struct baton_actor_info info;

	if (group->state != GROUP_RUNNING && group->state != GROUP_STOPPING)
		return;
	if (!group->result && actor->result < 0)
		group->result = actor->result;
	actor_describe(actor, &info);
	if (group->options.on_actor_ended)
		group->options.on_actor_ended(group, &info, group->options.data);
	stop(group);
	if (all_have_ended(group))
		mailbox_post(group->mailbox, &group->over);
}

static void on_stop_wanted(struct mail *mail)
{
	struct baton_group *group = container_of(mail, struct baton_group, stop);

	if (group->state == GROUP_WAITING)
		cancel(group); /* which is found at the start */
	stop(group);
}

static void on_context_ended(struct baton_context *context, void *data)
{
	(void)context;
	stop(data);
}

static int copy_options(struct baton_group_options *own, const struct baton_group_options *options,
	struct baton_error *error)
{
	if (options_copy(own, sizeof(*own), options,
		    options_bytes(struct baton_group_options, on_end)) < 0)
		return error_set(error, -EINVAL, "bad size of group options");
	if (own->stop_timeout_ms < 0)
		return error_set(error, -EINVAL, "the stop timeout is negative");
	return 0;
}

int baton_group_create_at(struct ev_loop *loop, struct baton_context *context,
	const struct baton_group_options *options, struct baton_group **ret,
	struct baton_error *error, const char *place)
{
	struct baton_group_options own;

	if (!loop || !context || !ret)
		return error_set(error, -EINVAL, "no loop, no context, or no place for the result");
	int r = copy_options(&own, options, error);
	if (r < 0)
		return r;
	struct baton_group *group = malloc(sizeof(*group));
	if (!group)
		return error_set_errno(error, -ENOMEM, "cannot create the group");

	*group = (struct baton_group){ .options = own, .loop = loop };
	list_init(&group->actors);
	mail_init(&group->stop, on_stop_wanted);
	mail_init(&group->over, on_over);
	ev_timer_init(&group->timer, on_stop_timeout, 0, 0);
	r = mailbox_open(loop, &group->mailbox);
	if (r == 0)
		r = baton_context_with_deadline_at(
			context, BATON_CONTEXT_NEVER, &group->cancel, place);
	if (r < 0) {
		baton_group_destroy(group);
		return error_set_errno(error, r, "cannot create the group");
	}
	*ret = group;
	return 0;
}

int baton_group_add_at(struct baton_group *group, const struct baton_actor_options *options,
	struct baton_actor **ret, struct baton_error *error, const char *place)
{
	struct baton_actor *actor;

	if (!group || group->state != GROUP_WAITING)
		return error_set(error, -EINVAL, "actors are added before the start");
	int r = actor_create(options, place, group->mailbox, &actor, error);
	if (r < 0)
		return r;
	actor->group = group;
	actor->on_ended = on_actor_ended;
	list_append(&group->actors, &actor->link);
	if (ret)
		*ret = actor;
	return 0;
}

int baton_group_start(struct baton_group *group)
{
	struct baton_context *context;

	if (!group)
		return -EINVAL;
	if (group->state != GROUP_WAITING)
		return -EALREADY;
	context = baton_cancel_context(group->cancel);
	int r = baton_context_watch(context, group->loop, on_context_ended, group, &group->watch);
	if (r < 0)
		return r;
	group->state = GROUP_RUNNING;
	ev_ref(group->loop);
	list_for_each (pos, &group->actors)
		if (actor_start(actor_of(pos), context) < 0)
			break;
	if (list_empty(&group->actors))
		baton_group_stop(group); /* there is nobody to wait for */
	return 0;
}

void baton_group_stop(struct baton_group *group)
{
	if (group)
		mailbox_post(group->mailbox, &group->stop);
}

struct baton_context *baton_group_context(struct baton_group *group)
{
	return baton_cancel_context(group->cancel);
}

void baton_group_each(struct baton_group *group, baton_actor_fn fn, void *data)
{
	struct baton_actor_info info;

	list_for_each (pos, &group->actors) {
		actor_describe(actor_of(pos), &info);
		fn(group, &info, data);
	}
}

int group_observe(struct baton_group *group, struct group_observer *observer)
{
	if (group->observer)
		return -EBUSY;
	group->observer = observer;
	observer->group = group;
	return 0;
}

void group_unobserve(struct group_observer *observer, struct baton_actor *actor)
{
	if (observer->group && actor)
		actor_abandon(actor);
	if (observer->group)
		observer->group->observer = NULL;
	observer->group = NULL;
}

void baton_group_destroy(struct baton_group *group)
{
	if (!group)
		return;
	if (group->observer)
		group_unobserve(group->observer, NULL);
	if (group->state == GROUP_RUNNING || group->state == GROUP_STOPPING)
		ev_unref(group->loop);
	ev_timer_stop(group->loop, &group->timer);
	baton_context_unwatch(group->watch);
	baton_cancel_destroy(group->cancel);
	list_for_each_safe (pos, &group->actors)
		actor_destroy(actor_of(pos));
	if (group->mailbox) {
		mailbox_retract(group->mailbox, &group->stop);
		mailbox_retract(group->mailbox, &group->over);
		mailbox_close(group->mailbox);
	}
	free(group);
}
