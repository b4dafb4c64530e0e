/* SPDX-License-Identifier: MIT */
/* See slow.h. */
#include "app/slow.h"

#include <ev.h>
#include <stdlib.h>

/* The route's state. */
struct slow {
	struct ev_loop *loop;
	struct call *call;
	ev_timer timer;
};

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct slow *slow = w->data;

	(void)loop, (void)revents;
	call_answered(slow->call);
}

enum call_progress slow_begin(struct call *call, struct ev_loop *loop, const char *text)
{
	int ms = call_query_number(call, "ms", 0, SLOW_MAX_MS);

	if (ms < 0)
		return call_answer_bad_number(call, "ms", SLOW_MAX_MS);
	if (buffer_append_text(&call->answer.content, text) < 0)
		return call_answer_status(call, 503);
	if (ms == 0)
		return CALL_ANSWERED;
	struct slow *slow = malloc(sizeof(*slow));
	if (!slow)
		return call_answer_status(call, 503);

	*slow = (struct slow){ .loop = loop, .call = call };
	ev_timer_init(&slow->timer, on_timer, ms / 1e3, 0);
	slow->timer.data = slow;
	ev_timer_start(loop, &slow->timer);
	call->state = slow;
	return CALL_PENDING;
}

void slow_end(struct call *call)
{
	struct slow *slow = call->state;

	if (!slow)
		return;
	ev_timer_stop(slow->loop, &slow->timer);
	free(slow);
}
