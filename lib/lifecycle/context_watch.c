/* SPDX-License-Identifier: MIT */
/* Waiting for the end of a context on a loop: see context_object.h. */
#include <errno.h>
#include <ev.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/container.h"
#include "base/mutex.h"
#include "lifecycle/context_object.h"
#include "lifecycle/mailbox.h"

struct baton_context_watch {
	struct list link; /* in watches */
	uint64_t number;
	struct context_waiter waiter;
	struct baton_context *context; /* a reference */
	struct mailbox *mailbox;
	struct mail mail;
	ev_timer deadline;
	atomic_bool is_over; /* on_done was called */
	baton_context_fn on_done;
	void *data;
	const char *place;
	int64_t born_ms;
};

static pthread_mutex_t watches_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list watches = { &watches, &watches };
static uint64_t last_number; /* under watches_lock */

static void join_list(struct baton_context_watch *watch)
{
	mutex_lock(&watches_lock);
	watch->number = ++last_number;
	list_append(&watches, &watch->link);
	mutex_unlock(&watches_lock);
}

static void drop_from_list(struct baton_context_watch *watch)
{
	mutex_lock(&watches_lock);
	list_remove(&watch->link);
	mutex_unlock(&watches_lock);
}

/* Any thread, under the context's lock. */
static void on_ended(struct context_waiter *waiter)
{
	struct baton_context_watch *watch =
		container_of(waiter, struct baton_context_watch, waiter);

	mailbox_post(watch->mailbox, &watch->mail);
}

static void set_over(struct baton_context_watch *watch)
{
	struct ev_loop *loop = mailbox_loop(watch->mailbox);

	if (watch->is_over)
		return;
	watch->is_over = true;
	ev_timer_stop(loop, &watch->deadline);
	ev_unref(loop);
}

static void on_mail(struct mail *mail)
{
	struct baton_context_watch *watch = container_of(mail, struct baton_context_watch, mail);

	set_over(watch);
	watch->on_done(watch->context, watch->data);
}

static void start_timer(struct baton_context_watch *watch)
{
	struct ev_loop *loop = mailbox_loop(watch->mailbox);
	int64_t deadline_ms = watch->context->deadline_ms, now_ms = clock_ms();

	if (deadline_ms == BATON_CONTEXT_NEVER)
		return;
	/* It may have passed by any length. */
	int64_t left_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 0;

	ev_timer_set(&watch->deadline, (double)left_ms / 1e3, 0);
	ev_timer_start(loop, &watch->deadline);
}

/* To look is enough: if the time has come this ends the context, and so has us told. */
static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct baton_context_watch *watch = container_of(w, struct baton_context_watch, deadline);

	(void)loop, (void)revents;
	if (baton_context_err(watch->context) == 0)
		start_timer(watch); /* the loop's clock is not quite ours */
}

int baton_context_watch_at(struct baton_context *context, struct ev_loop *loop,
	baton_context_fn on_done, void *data, struct baton_context_watch **ret, const char *place)
{
	if (!context || !loop || !on_done || !ret)
		return -EINVAL;
	struct baton_context_watch *watch = malloc(sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	*watch = (struct baton_context_watch){
		.waiter.notify = on_ended,
		.on_done = on_done,
		.data = data,
		.place = place,
		.born_ms = clock_ms(),
	};
	if (mailbox_open(loop, &watch->mailbox) < 0) {
		free(watch);
		return -ENOMEM;
	}
	watch->context = baton_context_ref(context);
	mail_init(&watch->mail, on_mail);
	ev_timer_init(&watch->deadline, on_deadline, 0, 0);
	ev_ref(loop);
	join_list(watch);
	start_timer(watch);
	context_wait(context, &watch->waiter);
	*ret = watch;
	return 0;
}

void baton_context_unwatch(struct baton_context_watch *watch)
{
	if (!watch)
		return;
	drop_from_list(watch);
	context_unwait(watch->context, &watch->waiter);
	mailbox_retract(watch->mailbox, &watch->mail);
	set_over(watch);
	mailbox_close(watch->mailbox);
	baton_context_unref(watch->context);
	free(watch);
}

int context_list_watches(int (*fn)(const struct context_watch_entry *entry, void *data), void *data)
{
	int r = 0;

	mutex_lock(&watches_lock);
	for (struct list *pos = watches.next; r == 0 && pos != &watches; pos = pos->next) {
		struct baton_context_watch *watch =
			container_of(pos, struct baton_context_watch, link);
		const struct context_watch_entry entry = {
			.number = watch->number,
			.is_over = watch->is_over,
			.born_ms = watch->born_ms,
			.place = watch->place,
		};

		r = fn(&entry, data);
	}
	mutex_unlock(&watches_lock);
	return r;
}
