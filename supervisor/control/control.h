/* SPDX-License-Identifier: MIT */
/*
 * The control socket: who may connect, and the sessions of those who have. The service goes on
 * whatever becomes of it.
 */
#ifndef SUPERVISOR_CONTROL_CONTROL_H
#define SUPERVISOR_CONTROL_CONTROL_H

#include <ev.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/list.h"

struct baton_listener;
struct session;

enum { CONTROL_SESSIONS_MAX = 64 };

/* A request of a client: to be answered, now or later. */
typedef void (*control_fn)(struct session *session, const json_t *request, void *data);

struct control {
	struct ev_loop *loop;
	int fd;     /* -1: there is none */
	int fd_max; /* no client may take this descriptor, or a later one */
	ev_io acceptor;
	ev_timer pause;
	struct list sessions; /* struct session::link */
	size_t session_count;
	control_fn on_request;
	void *data;
	uid_t refused;   /* the user who was last refused, and logged; our own: nobody yet */
	bool is_failing; /* accept(2) fails, which is logged */
};

/* Whether the user of a peer may speak to a supervisor of that user. */
bool control_may_speak(uid_t peer, uid_t own);

/* Begins to accept on fd, which is borrowed; -1: nobody comes. */
void control_init(
	struct control *control, struct ev_loop *loop, int fd, control_fn on_request, void *data);

/* One more session, on a descriptor that is taken; NULL: no memory. */
struct session *control_add_take(struct control *control, int fd);

/* Ends all sessions; what they have not read is lost. */
void control_finish(struct control *control);

#endif
