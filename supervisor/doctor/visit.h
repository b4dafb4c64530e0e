/* SPDX-License-Identifier: MIT */
/*
 * One client: it connects to a peer, says what there is to say, and wants the whole
 * answer. One that waits holds the last byte back until visit_go_on, so that a request
 * is under way as long as is wanted; one that keeps asks again on the same connection.
 */
#ifndef SUPERVISOR_DOCTOR_VISIT_H
#define SUPERVISOR_DOCTOR_VISIT_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "doctor/response.h"

struct peer;
struct visit;

/* It is over: why the last request failed, a constant, or NULL. May destroy the visit. */
typedef void (*visit_fn)(struct visit *visit, const char *reason);

enum visit_manner {
	VISIT_ONCE,   /* one request */
	VISIT_WAIT,   /* one that waits */
	VISIT_KEEP,   /* several, on one connection, which the peer may close between two */
	VISIT_LISTEN, /* none: looks what the peer does by itself */
};

struct visit_options {
	struct ev_loop *loop;
	const struct peer *peer;
	enum visit_manner manner;
	const char *request; /* borrowed; nothing of it is said to a mute peer */
	size_t length;
	int deadline_ms; /* of each request */
	visit_fn on_over;
	void *data;
};

struct visit {
	struct list link; /* the caller's */
	struct visit_options options;
	int fd; /* -1: not connected yet */
	ev_io watcher;
	ev_timer deadline; /* of the request */
	ev_timer pause;    /* before the next step */
	struct response response;
	bool is_connected;
	bool is_waiting; /* to be told to go on */
	size_t said;     /* of the request */
	int answered;    /* requests */
	bool was_greeted;
	bool was_hung_up_on;
};

/* Begins; NULL if memory ran out. on_over is not called before it has returned. */
struct visit *visit_create(const struct visit_options *options);

/* Ends it as it is, without a word to on_over. */
void visit_destroy(struct visit *visit);

/* To one that waits: now it may. */
void visit_go_on(struct visit *visit);

#endif
