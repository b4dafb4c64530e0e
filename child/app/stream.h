/* SPDX-License-Identifier: MIT */
/*
 * Events as they happen, one after the other in one answer (Server-Sent Events, HTML Living
 * Standard, section 9.2). Each has an id, the one before it and one: so a client that lost
 * its connection goes on behind the last that it has, by a Last-Event-ID field.
 */
#ifndef CHILD_APP_STREAM_H
#define CHILD_APP_STREAM_H

#include "http/call.h"

struct ev_loop;

enum {
	STREAM_DEFAULT_MS = 1000,
	STREAM_COUNT_MAX = 1000 * 1000 * 1000,
};

/* /events?interval=MS&count=N: N events, or without end, whose data is the text, which must stay.
 * With an interval of 0 each as soon as the client has taken the one before. */
enum call_progress stream_begin(struct call *call, struct ev_loop *loop, const char *text);

void stream_end(struct call *call);

/* The stream in the next process: see route. */
int stream_save(const struct call *call, struct buffer *out);
int stream_resume(
	struct call *call, struct ev_loop *loop, const char *text, const void *state, size_t size);

#endif
