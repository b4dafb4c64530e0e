/* SPDX-License-Identifier: MIT */
/* See stream.h. */
#include "app/stream.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>

#include "app/stream_state.h"

/* The route's state. */
struct stream {
	struct ev_loop *loop;
	struct call *call;
	const char *text;
	struct stream_state state; /* but for due_ms, which the timer has */
	ev_timer timer;            /* to the next event */
};

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct stream *stream = w->data;

	(void)loop, (void)revents;
	call_more(stream->call);
}

static void await(struct stream *stream, uint32_t due_ms)
{
	ev_timer_set(&stream->timer, due_ms / 1e3, 0);
	ev_timer_start(stream->loop, &stream->timer);
}

/* One event, however fast the client is: between two of them the stream can be left. */
static int produce(void *source, struct buffer *out)
{
	struct stream *stream = source;
	int r = stream_state_add_event(&stream->state, stream->text, out);

	if (r < 0 || !stream_state_has_more(&stream->state))
		return r;
	await(stream, stream->state.interval_ms);
	return -EAGAIN;
}

/* 0 or -ENOMEM. */
static int open_stream(
	struct call *call, struct ev_loop *loop, const char *text, const struct stream_state *state)
{
	struct stream *stream = malloc(sizeof(*stream));
	if (!stream)
		return -ENOMEM;
	*stream = (struct stream){ .loop = loop, .call = call, .text = text, .state = *state };
	ev_init(&stream->timer, on_timer);
	stream->timer.data = stream;
	call->state = stream;
	call->answer.type = "text/event-stream";
	call->answer.produce = produce;
	call->answer.source = stream;
	call->answer.is_endless = state->left == STREAM_STATE_ENDLESS;
	return 0;
}

enum call_progress stream_begin(struct call *call, struct ev_loop *loop, const char *text)
{
	struct request_part last_id = call->request->kept[REQUEST_LAST_EVENT_ID];
	int interval = call_query_number(call, "interval", STREAM_DEFAULT_MS, STREAM_INTERVAL_MAX);
	int count = call_query_number(call, "count", 0, STREAM_COUNT_MAX);
	struct stream_state state = {
		.left = count > 0 ? (uint64_t)count : STREAM_STATE_ENDLESS,
		.interval_ms = (uint32_t)interval,
	};

	if (interval < 0)
		return call_answer_bad_number(call, "interval", STREAM_INTERVAL_MAX);
	if (count < 0)
		return call_answer_bad_number(call, "count", STREAM_COUNT_MAX);
	if (stream_state_follow(&state, request_text(call->head, last_id), last_id.size) < 0)
		return call_answer_bad_query(
			call, "Last-Event-ID", "not a number of up to 18 digits");
	if (buffer_append_text(&call->answer.fields, "Cache-Control: no-store\r\n") < 0 ||
		open_stream(call, loop, text, &state) < 0)
		return call_answer_status(call, 503);
	return CALL_ANSWERED;
}

int stream_save(const struct call *call, struct buffer *out)
{
	const struct stream *stream = call->state;
	struct stream_state state = stream->state;
	double left = ev_is_active(&stream->timer)
		? ev_timer_remaining(stream->loop, (ev_timer *)&stream->timer)
		: 0; /* it waits for the client */

	state.due_ms = left > 0 ? (uint32_t)(left * 1e3) : 0;
	if (state.due_ms > state.interval_ms)
		state.due_ms = state.interval_ms; /* the loop has not looked at its clock since */
	return stream_state_write(&state, out);
}

int stream_resume(
	struct call *call, struct ev_loop *loop, const char *text, const void *state, size_t size)
{
	struct stream_state saved;
	int r = stream_state_read(state, size, &saved);

	if (r == 0)
		r = open_stream(call, loop, text, &saved);
	if (r == 0)
		await(call->state, saved.due_ms);
	return r;
}

void stream_end(struct call *call)
{
	struct stream *stream = call->state;

	if (!stream)
		return;
	ev_timer_stop(stream->loop, &stream->timer);
	free(stream);
}
