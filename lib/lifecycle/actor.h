/* SPDX-License-Identifier: MIT */
/* One actor of a group: see <baton/group.h>. */
#ifndef LIFECYCLE_ACTOR_H
#define LIFECYCLE_ACTOR_H

#include <baton/group.h>

#include "base/list.h"
#include "lifecycle/mailbox.h"

struct actor_thread;

/*
 *     WAITING -> RUNNING -> STOPPING -> ENDED      (RUNNING -> ENDED, too)
 *
 * An actor ends when its mail is delivered: result and error are final as soon as
 * that is posted. on_ended is called then, and only then.
 */
struct baton_actor {
	struct list link; /* in the group's actors */
	struct baton_actor_options options;
	enum baton_actor_state state;
	int result;
	struct baton_error error;
	const char *place;
	int64_t started_ms, ended_ms;
	struct actor_thread *thread; /* NULL: none, or left to itself */
	struct mailbox *mailbox;     /* the group's */
	struct mail mail;            /* it has ended */
	bool has_result;             /* the mail is or was posted, but not by the thread */
	struct baton_group *group;
	void (*on_ended)(struct baton_actor *actor);
};

/* 0, -EINVAL or -ENOMEM. */
int actor_create(const struct baton_actor_options *options, const char *place,
	struct mailbox *mailbox, struct baton_actor **ret, struct baton_error *error);

/* A thread that has not ended is left to itself. */
void actor_destroy(struct baton_actor *actor);

/* Starts it: RUNNING, with its end on the way if that failed or it has ended before. Returns 0, or
 * -errno: the others are not to be started. */
int actor_start(struct baton_actor *actor, struct baton_context *context);

/* Tells it to stop, if it runs and has not said that it has ended. */
void actor_stop(struct baton_actor *actor);

/* Whoever made it is gone: it has ended, and its callbacks are not called any more. */
void actor_abandon(struct baton_actor *actor);

void actor_describe(const struct baton_actor *actor, struct baton_actor_info *ret);

#endif
