/* SPDX-License-Identifier: MIT */
/* See events.h. */
#include "app/events.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>

struct event {
	struct events *events;
	struct event *next, **link; /* in the events' list; *link is this one */
	struct baton_task task;
	ev_timer timer;
};

static void end(struct event *event)
{
	ev_timer_stop(event->events->loop, &event->timer);
	*event->link = event->next;
	if (event->next)
		event->next->link = event->link;
	(void)baton_task_end(&event->task); /* it has begun */
	free(event);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct event *event = w->data;

	(void)loop, (void)revents;
	event->events->recorded++;
	end(event);
}

/* 0, -ENOMEM, or -ESHUTDOWN. */
static int start(struct events *events, int ms)
{
	struct event *event = malloc(sizeof(*event));
	if (!event)
		return -ENOMEM;
	*event = (struct event){ .events = events };
	int r = baton_tracker_begin(events->tracker, "event", &event->task);
	if (r < 0) {
		free(event);
		return r;
	}
	event->next = events->first;
	event->link = &events->first;
	if (event->next)
		event->next->link = &event->next;
	events->first = event;
	ev_timer_init(&event->timer, on_timer, ms / 1e3, 0);
	event->timer.data = event;
	ev_timer_start(events->loop, &event->timer);
	return 0;
}

enum call_progress events_begin(struct call *call, struct events *events)
{
	int ms = call_query_number(call, "ms", EVENTS_DEFAULT_MS, EVENTS_MAX_MS);

	if (ms < 0)
		return call_answer_bad_number(call, "ms", EVENTS_MAX_MS);
	return call_answer_status(call, start(events, ms) < 0 ? 503 : 202);
}

int events_open(struct events *events, struct ev_loop *loop)
{
	*events = (struct events){ .loop = loop };
	return baton_tracker_create("events", &events->tracker);
}

void events_close(struct events *events)
{
	while (events->first)
		end(events->first);
	(void)baton_tracker_destroy(events->tracker); /* nothing is under way */
}
