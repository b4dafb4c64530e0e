/* SPDX-License-Identifier: MIT */
/*
 * Trackers: which tasks of one kind are under way, and how to wait for them at
 * the end. Go's sync.WaitGroup with a shutdown that has a deadline, and that can
 * say what it waits for: each task has a label, the place where it began, and
 * the time.
 *
 *     struct baton_task task;
 *
 *     r = baton_tracker_begin(events, "page view", &task);
 *     if (r < 0) refuse: -ESHUTDOWN
 *     ...
 *     baton_task_end(&task);    on whichever thread
 *
 * Have a tracker for each kind of task, owned by the module whose kind it is,
 * and never one for several: then each can be waited for when its turn comes.
 *
 * Functions may be called on any thread, and by several threads at once, except
 * where one says otherwise. To begin and to end a task takes three atomic operations and
 * a look at the clock, and no lock; memory for 63 tasks at a time is allocated
 * when there are more than ever before, and kept.
 */
#ifndef BATON_TRACKER_H
#define BATON_TRACKER_H

#include <baton/context.h>
#include <baton/error.h>
#include <baton/place.h>
#include <stddef.h>
#include <stdint.h>

BATON_BEGIN

struct baton_tracker;
struct ev_loop;

/* A task under way. May be copied; as many copies, one end. Its members are the library's. */
struct baton_task {
	void *slot;
	uint64_t life;
};

/*
 * A tracker for tasks of that kind, which is for people and must stay as long as the
 * tracker, as a literal does. *ret is the caller's, to be given to
 * baton_tracker_destroy. Returns 0 or -ENOMEM.
 */
#define baton_tracker_create(kind, ret) baton_tracker_create_at((kind), (ret), BATON_HERE)
BATON_API int baton_tracker_create_at(
	const char *kind, struct baton_tracker **ret, const char *place);

/*
 * A task begins. label says what it is, for people, and must stay as long as
 * the tracker, as a literal does. Returns 0; -ESHUTDOWN once the tracker is
 * being shut down; -ENOMEM. On failure there is nothing to end.
 */
#define baton_tracker_begin(tracker, label, ret) \
	baton_tracker_begin_at((tracker), (label), (ret), BATON_HERE)
BATON_API int baton_tracker_begin_at(struct baton_tracker *tracker, const char *label,
	struct baton_task *ret, const char *place);

/* The task ends. Returns 0, or -EALREADY if it has ended before: then nothing changes. Its
 * tracker must still be there. */
BATON_API int baton_task_end(const struct baton_task *task);

/* How many are under way. */
BATON_API size_t baton_tracker_count(struct baton_tracker *tracker);

/* The kind it was made for. */
BATON_API const char *baton_tracker_kind(const struct baton_tracker *tracker);

/* A task under way, as baton_tracker_each tells of it. */
struct baton_task_info {
	const char *label;
	const char *place; /* where it began: "server.c:123" */
	int64_t age_ms;    /* for how long; exact to the kernel's tick */
	uint64_t number;   /* unlike that of any other task of this tracker */
};

/* Returns 0 to be called for the next. */
typedef int (*baton_task_fn)(const struct baton_task_info *info, void *data);

/*
 * Calls fn for each task under way. What begins or ends meanwhile may be left
 * out or be told of. Ends with the first result that is not 0, and returns it; otherwise 0.
 */
BATON_API int baton_tracker_each(struct baton_tracker *tracker, baton_task_fn fn, void *data);

/* result is 0 once nothing is under way; otherwise what baton_context_err says of the context,
 * and what is left can be told by baton_tracker_each. */
typedef void (*baton_tracker_fn)(struct baton_tracker *tracker, int result, void *data);

/*
 * From now on no task begins. on_end is called once, on the loop and from the
 * loop, as soon as none is under way or the context has ended; it may destroy the tracker.
 * Until then it keeps the loop running. After an end by the context it may be called
 * again, to wait on. On the loop's thread. Returns 0, -EALREADY if it is under way, or -ENOMEM;
 * no task begins then, either.
 */
BATON_API int baton_tracker_shutdown(struct baton_tracker *tracker, struct ev_loop *loop,
	struct baton_context *context, baton_tracker_fn on_end, void *data);

/*
 * Frees it. Tasks may not be under way any more, as their ends would touch what is
 * gone: returns -EBUSY and leaves it alone if there are some, otherwise 0. While a shutdown is
 * under way, on that loop's thread; its on_end is not called then. NULL is allowed.
 */
BATON_API int baton_tracker_destroy(struct baton_tracker *tracker);

BATON_END

#endif
