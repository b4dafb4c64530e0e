/* SPDX-License-Identifier: MIT */
/* One request of a command to its supervisor, and how what comes of it ends the program. */
#ifndef SUPERVISOR_CONTROL_CONVERSATION_H
#define SUPERVISOR_CONTROL_CONVERSATION_H

#include <jansson.h>

#include <baton/error.h>

struct command_options;

/* What is done with an event that comes before the answer. */
typedef void (*conversation_event_fn)(const json_t *event, void *data);

struct conversation {
	const struct command_options *options;
	json_t *request;                /* taken; NULL: no memory */
	conversation_event_fn on_event; /* NULL: none is expected */
	void *data;
	int timeout_ms; /* for the answer; -1: none */
	const char
		*late;  /* what it means if that is over, in words; NULL: the supervisor is late */
	int end_status; /* if the supervisor closes before it has answered; 0: that is an answer */
};

/*
 * Asks, and waits for the answer. EX_OK and *ret, which the caller releases, NULL if the
 * supervisor has ended instead; or the exit status, of which the reason is printed: 1 if the
 * supervisor refused.
 */
int conversation_hold(const struct conversation *conversation, json_t **ret);

/* Prints why the supervisor cannot be found or heard; the exit status for that -errno. */
int conversation_fail(int error, const struct baton_error *reason);

#endif
