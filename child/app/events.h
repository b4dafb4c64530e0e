/* SPDX-License-Identifier: MIT */
/*
 * Work in the background that a request starts and does not wait for, such as an event
 * for the statistics: each is a tracked task, and the end of the server waits for
 * all of them, or says which are lost.
 */
#ifndef CHILD_APP_EVENTS_H
#define CHILD_APP_EVENTS_H

#include <baton/tracker.h>
#include <stdint.h>

#include "http/call.h"

struct ev_loop;
struct event;

enum { EVENTS_DEFAULT_MS = 100, EVENTS_MAX_MS = 10 * 60 * 1000 };

struct events {
	struct ev_loop *loop;
	struct baton_tracker *tracker;
	struct event *first; /* those under way */
	uint64_t recorded;   /* so far */
};

/* 0 or -ENOMEM. */
int events_open(struct events *events, struct ev_loop *loop);

/* Gives up what is under way. */
void events_close(struct events *events);

/* /event?ms=N: an event that takes N milliseconds to be recorded. Answers 202 at once. */
enum call_progress events_begin(struct call *call, struct events *events);

#endif
