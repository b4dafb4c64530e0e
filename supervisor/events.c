/* SPDX-License-Identifier: MIT */
/* See events.h. */
#include "events.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"

int events_init(struct events *events)
{
	*events = (struct events){
		.recent = calloc(EVENTS_KEPT, sizeof(*events->recent)),
		.outcomes = calloc(EVENTS_OUTCOMES_KEPT, sizeof(*events->outcomes)),
	};
	if (events->recent && events->outcomes)
		return 0;
	events_finish(events);
	return -ENOMEM;
}

void events_finish(struct events *events)
{
	free(take_ptr(&events->recent));
	free(take_ptr(&events->outcomes));
	events->count = events->outcome_count = 0;
	events->on_event = NULL;
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_outcome(enum machine_report what)
{
	return what == MACHINE_REPORT_SERVING || what == MACHINE_REPORT_START_FAILED ||
		what == MACHINE_REPORT_TOOK_OVER || what == MACHINE_REPORT_ROLLED_BACK ||
		what == MACHINE_REPORT_UPGRADE_REFUSED;
}

void events_add(struct events *events, const struct event *event)
{
	if (!events->recent)
		return;
	struct event *kept = &events->recent[events->count % EVENTS_KEPT];

	*kept = *event;
	kept->number = ++events->count;
	kept->at_ms = now_ms();
	events->counts[event->what]++;
	if (is_outcome(event->what))
		events->outcomes[events->outcome_count++ % EVENTS_OUTCOMES_KEPT] = *kept;
	if (events->on_event)
		events->on_event(kept, events->data);
}

uint64_t events_first(const struct events *events)
{
	return events->count > EVENTS_KEPT ? events->count - EVENTS_KEPT + 1 : 1;
}

const struct event *events_get(const struct events *events, uint64_t number)
{
	if (number < events_first(events) || number > events->count)
		return NULL;
	return &events->recent[(number - 1) % EVENTS_KEPT];
}

const struct event *events_outcome(const struct events *events, size_t ago)
{
	if (ago >= events->outcome_count || ago >= EVENTS_OUTCOMES_KEPT)
		return NULL;
	return &events->outcomes[(events->outcome_count - 1 - ago) % EVENTS_OUTCOMES_KEPT];
}
