/* SPDX-License-Identifier: MIT */
/* See <baton/tracker.h>; what is fast about it is in tracker_slots.c. */
#include "lifecycle/tracker.h"

#include <errno.h>
#include <stdlib.h>

#include "base/container.h"
#include "base/list.h"
#include "base/mutex.h"
#include "lifecycle/mailbox.h"
#include "lifecycle/tracker_slots.h"

/* A shutdown that is under way: there is one while mailbox is not NULL. */
struct shutdown {
	struct mailbox *mailbox; /* under the lock of the slots */
	struct mail mail;        /* nothing is left */
	struct baton_context_watch *watch;
	baton_tracker_fn on_end;
	void *data;
};

struct baton_tracker {
	struct list link; /* in trackers */
	struct tracker_slots slots;
	struct shutdown shutdown;
	const char *kind;
	const char *place;
	uint64_t number;
};

static pthread_mutex_t trackers_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list trackers = { &trackers, &trackers };
static uint64_t last_number; /* under trackers_lock */

/* Any thread, under the lock. */
static void on_empty(struct tracker_slots *slots)
{
	struct baton_tracker *tracker = container_of(slots, struct baton_tracker, slots);

	if (tracker->shutdown.mailbox)
		mailbox_post(tracker->shutdown.mailbox, &tracker->shutdown.mail);
}

/* Nobody waits any more. */
static void forget_shutdown(struct baton_tracker *tracker)
{
	struct shutdown *shutdown = &tracker->shutdown;
	struct mailbox *mailbox = shutdown->mailbox;

	if (!mailbox)
		return;
	mutex_lock(&tracker->slots.lock);
	shutdown->mailbox = NULL;
	mutex_unlock(&tracker->slots.lock);
	mailbox_retract(mailbox, &shutdown->mail);
	baton_context_unwatch(shutdown->watch);
	mailbox_close(mailbox);
}

/* The tracker may be gone afterwards. */
static void end_shutdown(struct baton_tracker *tracker, int result)
{
	baton_tracker_fn on_end = tracker->shutdown.on_end;
	void *data = tracker->shutdown.data;

	forget_shutdown(tracker);
	on_end(tracker, result, data);
}

static void on_mail(struct mail *mail)
{
	end_shutdown(container_of(mail, struct baton_tracker, shutdown.mail), 0);
}

static void on_context_done(struct baton_context *context, void *data)
{
	struct baton_tracker *tracker = data;

	mutex_lock(&tracker->slots.lock);
	bool is_empty = tracker->slots.left == 0; /* both at once: all is well */

	mutex_unlock(&tracker->slots.lock);
	end_shutdown(tracker, is_empty ? 0 : baton_context_err(context));
}

int baton_tracker_create_at(const char *kind, struct baton_tracker **ret, const char *place)
{
	if (!kind || !ret)
		return -EINVAL;
	struct baton_tracker *tracker = calloc(1, sizeof(*tracker));

	if (!tracker)
		return -ENOMEM;
	tracker->kind = kind;
	tracker->place = place;
	tracker_slots_init(&tracker->slots, on_empty);
	mail_init(&tracker->shutdown.mail, on_mail);
	mutex_lock(&trackers_lock);
	tracker->number = ++last_number;
	list_append(&trackers, &tracker->link);
	mutex_unlock(&trackers_lock);
	*ret = tracker;
	return 0;
}

int baton_tracker_begin_at(
	struct baton_tracker *tracker, const char *label, struct baton_task *ret, const char *place)
{
	if (!tracker || !label || !ret)
		return -EINVAL;
	return tracker_slots_begin(&tracker->slots, label, place, ret);
}

size_t baton_tracker_count(struct baton_tracker *tracker)
{
	return tracker_slots_count(&tracker->slots);
}

const char *baton_tracker_kind(const struct baton_tracker *tracker)
{
	return tracker->kind;
}

int baton_tracker_each(struct baton_tracker *tracker, baton_task_fn fn, void *data)
{
	return tracker && fn ? tracker_slots_each(&tracker->slots, fn, data) : -EINVAL;
}

/* Locked. */
static void close_slots(struct baton_tracker *tracker)
{
	tracker_slots_close(&tracker->slots);
	if (tracker->slots.left == 0)
		on_empty(&tracker->slots);
}

int baton_tracker_shutdown(struct baton_tracker *tracker, struct ev_loop *loop,
	struct baton_context *context, baton_tracker_fn on_end, void *data)
{
	if (!tracker || !loop || !context || !on_end)
		return -EINVAL;
	struct shutdown *shutdown = &tracker->shutdown;
	struct mailbox *mailbox = NULL;
	int r = shutdown->mailbox ? -EALREADY : mailbox_open(loop, &mailbox);

	if (r == 0)
		r = baton_context_watch(context, loop, on_context_done, tracker, &shutdown->watch);
	if (r == 0) {
		shutdown->on_end = on_end;
		shutdown->data = data;
	} else {
		mailbox_close(mailbox);
	}
	mutex_lock(&tracker->slots.lock);
	if (r == 0)
		shutdown->mailbox = mailbox;
	close_slots(tracker);
	mutex_unlock(&tracker->slots.lock);
	return r;
}

int baton_tracker_destroy(struct baton_tracker *tracker)
{
	if (!tracker)
		return 0;
	struct tracker_slots *slots = &tracker->slots;

	mutex_lock(&slots->lock);
	/* Of one that is busy nothing changes. */
	if (tracker_slots_count(slots) == 0)
		tracker_slots_close(slots);
	bool is_busy = !slots->is_closed || slots->left > 0;

	mutex_unlock(&slots->lock);
	if (is_busy)
		return -EBUSY;
	forget_shutdown(tracker);
	mutex_lock(&trackers_lock);
	list_remove(&tracker->link);
	mutex_unlock(&trackers_lock);
	tracker_slots_finish(slots);
	free(tracker);
	return 0;
}

uint64_t tracker_number(const struct baton_tracker *tracker)
{
	return tracker->number;
}

int tracker_list(int (*fn)(struct baton_tracker *tracker, void *data), void *data)
{
	int r = 0;

	mutex_lock(&trackers_lock);
	for (struct list *pos = trackers.next; r == 0 && pos != &trackers; pos = pos->next)
		r = fn(container_of(pos, struct baton_tracker, link), data);
	mutex_unlock(&trackers_lock);
	return r;
}
