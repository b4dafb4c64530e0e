/* SPDX-License-Identifier: MIT */
/* How far a stream of events is: what it goes on with, in this process or in the next. Pure. */
#ifndef CHILD_APP_STREAM_STATE_H
#define CHILD_APP_STREAM_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/* Of `left`: it has no end. */
#define STREAM_STATE_ENDLESS UINT64_MAX

enum {
	STREAM_STATE_SIZE = 2 * 8 + 2 * 4, /* bytes, written */
	STREAM_INTERVAL_MAX = 60 * 1000,   /* milliseconds */
	STREAM_ID_DIGITS = 18,             /* of one that a client names: there is always a next */
};

struct stream_state {
	uint64_t next_id; /* of the next event, from 1 on */
	uint64_t left;    /* events to come, at least one */
	uint32_t interval_ms;
	uint32_t due_ms; /* until the next event */
};

/*
 * What follows the event of a Last-Event-ID field, which is empty if the client
 * has had none: 0 or -EINVAL.
 */
int stream_state_follow(struct stream_state *state, const char *last_id, size_t size);

/* Adds the next event, with that text, to out, and counts it. 0 or -ENOMEM. */
int stream_state_add_event(struct stream_state *state, const char *text, struct buffer *out);

/* Whether another event is to come. */
bool stream_state_has_more(const struct stream_state *state);

/* Adds it to out. 0 or -ENOMEM. */
int stream_state_write(const struct stream_state *state, struct buffer *out);

/* What was written. 0 or -EBADMSG. */
int stream_state_read(const void *bytes, size_t size, struct stream_state *ret);

#endif
