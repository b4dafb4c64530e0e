/* SPDX-License-Identifier: MIT */
/*
 * Groups: services that live and end together, one out, all out. Go's errgroup
 * and oklog/run. An actor is something that runs on once it was started: a
 * listener that is served, a signal that is waited for, a thread. The first
 * that ends, for whatever reason, has the others stopped, and the group ends
 * when all have, with the first error.
 *
 *     r = baton_group_create(loop, context, &options, &group, &error);
 *     r = baton_group_add(group, &app, NULL, &error);
 *     r = baton_group_add(group, &debug, NULL, &error);
 *     r = baton_group_start(group);
 *     ev_run(loop, 0);    until on_end breaks it
 *     baton_group_destroy(group);
 *
 * No actor ends the process, and none is cut off by another's failure: each is told
 * to stop, and finishes.
 *
 * All functions belong on the loop's thread, baton_actor_ended too, and callbacks run
 * there, except for an actor's `run`. on_actor_ended and on_end are called from the
 * loop, never before the call that caused them has returned.
 */
#ifndef BATON_GROUP_H
#define BATON_GROUP_H

#include <baton/context.h>
#include <baton/error.h>
#include <baton/place.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

BATON_BEGIN

struct baton_actor;
struct baton_group;
struct ev_loop;

enum baton_actor_state {
	BATON_ACTOR_WAITING, /* not started */
	BATON_ACTOR_RUNNING,
	BATON_ACTOR_STOPPING, /* told to stop */
	BATON_ACTOR_ENDED,
};

/* What one has to do: `start` and `stop` on the loop's thread, or `run` on a thread of its own. */
struct baton_actor_options {
	size_t size;      /* sizeof(struct baton_actor_options) */
	const char *name; /* for people; must stay. Of a thread 15 bytes are seen */
	void *data;       /* given to the callbacks */
	/*
	 * Begins and returns: 0, or -errno if it could not, which is its end. Later it
	 * calls baton_actor_ended, once. May be NULL for what is at work already, and
	 * may have ended by the start: then nothing is started behind it, and the stop begins.
	 */
	int (*start)(struct baton_actor *actor, struct baton_error *error, void *data);
	/*
	 * Runs until it has ended, on a thread of its own, where all signals are blocked but those
	 * of its own faults: programs that it starts inherit that. The result is that of the
	 * actor, error its words. It has to end soon after the context, which is the
	 * group's, has ended: see baton_context_poll.
	 */
	int (*run)(struct baton_context *context, struct baton_error *error, void *data);
	/*
	 * Tells it to stop, once, unless it has ended. An actor with `run` whose context is
	 * enough may have none. A negative result says that it cannot be stopped: it
	 * counts as ended by that, and its thread, if it has one, is left to itself with its
	 * data, which must stay.
	 */
	int (*stop)(struct baton_actor *actor, struct baton_error *error, void *data);
};

/* What is known of an actor. The texts are borrowed, until the group is destroyed. */
struct baton_actor_info {
	const char *name;
	enum baton_actor_state state;
	int result;         /* once ended */
	const char *error;  /* words for the result, "" if there are none */
	const char *place;  /* where it was added */
	int64_t running_ms; /* since it was started, until it ended */
};

/*
 * result is that of the first actor that ended with an error, which is a negative one; 0 if
 * none did. It is -ETIMEDOUT if some have not ended within the stop timeout; baton_group_each
 * tells which. The group may be destroyed in it.
 */
typedef void (*baton_group_fn)(struct baton_group *group, int result, void *data);
typedef void (*baton_actor_fn)(
	struct baton_group *group, const struct baton_actor_info *actor, void *data);

struct baton_group_options {
	size_t size;         /* sizeof(struct baton_group_options) */
	int stop_timeout_ms; /* from the first end to on_end at the latest; 0: as long as it takes */
	void *data;          /* given to the callbacks */
	/* One actor has ended: the place to report its error. May not destroy the group. May be
	 * NULL. */
	baton_actor_fn on_actor_ended;
	/* Called once. May be NULL if the upgrade object has joined the group. */
	baton_group_fn on_end;
};

/*
 * A group without actors yet. Its own context is one below `context`, whose
 * end stops it. The options are copied. *ret is the caller's, to be given to baton_group_destroy.
 * Returns 0, -EINVAL or -ENOMEM.
 */
#define baton_group_create(loop, context, options, ret, error) \
	baton_group_create_at((loop), (context), (options), (ret), (error), BATON_HERE)
BATON_API int baton_group_create_at(struct ev_loop *loop, struct baton_context *context,
	const struct baton_group_options *options, struct baton_group **ret,
	struct baton_error *error, const char *place);

/* Adds an actor, before the start. The options are copied; ret (may be NULL) is borrowed from the
 * group. Returns 0, -EINVAL (also after the start) or -ENOMEM. */
#define baton_group_add(group, options, ret, error) \
	baton_group_add_at((group), (options), (ret), (error), BATON_HERE)
BATON_API int baton_group_add_at(struct baton_group *group,
	const struct baton_actor_options *options, struct baton_actor **ret,
	struct baton_error *error, const char *place);

/*
 * Starts the actors, in the order in which they were added. If one cannot be started,
 * those after it are not, and those before it are stopped: that, too, ends with
 * on_end. From here to there the group keeps the loop running. Returns 0, -EALREADY, or
 * -ENOMEM: nothing has been started then.
 */
BATON_API int baton_group_start(struct baton_group *group);

/*
 * An actor with `start` has ended: result is 0 or -errno, error (may be NULL) its
 * words, which are copied. May be called in any callback, `start` and `stop` too.
 */
BATON_API void baton_actor_ended(
	struct baton_actor *actor, int result, const struct baton_error *error);

/* Stops all, the last added first, as the end of an actor does. Before the start: as soon as they
 * are started. Nothing happens if they are being stopped already. */
BATON_API void baton_group_stop(struct baton_group *group);

/* The group's context, which ends when the stop begins. Borrowed. */
BATON_API struct baton_context *baton_group_context(struct baton_group *group);

/* Calls fn for each actor, in the order in which they were added. */
BATON_API void baton_group_each(struct baton_group *group, baton_actor_fn fn, void *data);

/*
 * Frees the group; no callback is called any more. Actors should have ended: a thread that
 * has not is left to itself, with its data, which must stay. NULL is allowed.
 */
BATON_API void baton_group_destroy(struct baton_group *group);

BATON_END

#endif
