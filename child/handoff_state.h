/* SPDX-License-Identifier: MIT */
/* The record that travels with a connection to the next generation. Pure. */
#ifndef CHILD_HANDOFF_STATE_H
#define CHILD_HANDOFF_STATE_H

#include <stddef.h>
#include <stdint.h>

#include <baton/handoff.h>

#include "http/buffer.h"

/* Of another version is what another generation could not read. */
#define HANDOFF_STATE_TYPE    "http"
#define HANDOFF_STATE_VERSION 1

enum {
	HANDOFF_STATE_FIXED = 4, /* bytes before what is unread */
	HANDOFF_STATE_UNREAD_MAX = BATON_HANDOFF_STATE_MAX - HANDOFF_STATE_FIXED,
};

struct handoff_state {
	uint32_t left_ms;   /* until the client is given up, if nothing comes */
	const char *unread; /* what was received and not used: requests, or the beginning of one */
	size_t unread_size;
};

/* Appends it to out. 0, -ENOMEM, or -EMSGSIZE if too much is unread. */
int handoff_state_write(const struct handoff_state *state, struct buffer *out);

/* What was written, unread being in `bytes`. 0, or -EBADMSG. */
int handoff_state_read(const void *bytes, size_t size, struct handoff_state *ret);

#endif
