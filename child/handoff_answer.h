/* SPDX-License-Identifier: MIT */
/* The record that travels with a connection on which an answer is under way, between two pieces of
 * it. Pure. */
#ifndef CHILD_HANDOFF_ANSWER_H
#define CHILD_HANDOFF_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include <baton/handoff.h>

#include "http/buffer.h"
#include "http/exchange.h"

/* Of another version is what another generation could not read, also of a route's state. */
#define HANDOFF_ANSWER_TYPE    "http-answer"
#define HANDOFF_ANSWER_VERSION 1

enum { HANDOFF_ANSWER_FIXED = 2 * 8 + 6 * 4 /* bytes before those that are told by their size */ };

struct handoff_answer {
	struct exchange_saved saved;
	uint32_t left_ms;   /* until the client is given up, if it does not read what is unsent */
	const char *unsent; /* what the client has not taken: first of all it gets this */
	size_t unsent_size;
	const char *unread; /* what it has sent behind the request */
	size_t unread_size;
};

/* Appends it to out. 0, -ENOMEM, or -EMSGSIZE if it is too much. */
int handoff_answer_write(const struct handoff_answer *answer, struct buffer *out);

/* What was written; what it points to is in `bytes`. 0, or -EBADMSG. */
int handoff_answer_read(const void *bytes, size_t size, struct handoff_answer *ret);

#endif
