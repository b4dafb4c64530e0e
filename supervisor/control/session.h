/* SPDX-License-Identifier: MIT */
/*
 * One client of the control socket: its lines in, the answers out. Nothing that it does, or
 * does not do, holds up anybody else: a line too long or too slow is refused, what it does not
 * read is kept up to a limit, and then it is closed.
 */
#ifndef SUPERVISOR_CONTROL_SESSION_H
#define SUPERVISOR_CONTROL_SESSION_H

#include <ev.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/strbuf.h"

struct session;

/* Who holds sessions. Neither function may destroy the session that it is called with. */
struct session_handler {
	/* A line, without its newline. */
	void (*on_line)(struct session *session, const char *line, size_t length, void *data);
	/* It is over: to be destroyed, now or when the caller is done with it. */
	void (*on_end)(struct session *session, void *data);
	void *data;
};

/* What it waits for; as long as it does its next line is not read. */
enum session_wait {
	SESSION_WAITS_FOR_NOTHING,
	SESSION_WAITS_FOR_UPGRADE,
	SESSION_WAITS_FOR_STOP,
	SESSION_WAITS_FOR_REEXEC,
	SESSION_FOLLOWS, /* all events */
};

/* What the clock runs for. */
enum session_limit {
	SESSION_LIMIT_IDLE,    /* until its next request begins */
	SESSION_LIMIT_REQUEST, /* until one that has begun is complete */
	SESSION_LIMIT_WRITE,   /* until it reads some of what it was sent */
	SESSION_LIMIT_NEXT,    /* none: its next request is here, and others had their turn */
	SESSION_LIMIT_NONE,    /* it waits for what it asked for: only whether it is still there */
};

struct session {
	struct list link; /* of whoever holds it */
	struct ev_loop *loop;
	struct session_handler handler;
	int fd;
	ev_io reader, writer;
	ev_timer timer;
	enum session_limit limit;
	struct strbuf input, output;
	size_t written;         /* of output */
	enum session_wait wait; /* the holder's to change: session_wait, session_resume */
	unsigned generation;    /* whose upgrade it waits for; 0: it has not begun */
	bool has_ended_input;   /* it has said all it wants to say */
	bool is_closing;        /* once its output is written */
	bool is_over;           /* on_end was called, or is about to be */
};

/* Takes the descriptor, whatever it returns: non-blocking, close-on-exec. NULL: no memory. */
struct session *session_create_take(
	int fd, struct ev_loop *loop, const struct session_handler *handler);

/* Goes on where another program of this process left off: what was read and not handled, and what
 * was not sent yet, are appended by the caller before. */
void session_go_on(struct session *session, enum session_wait what);

/* Closes the connection and frees. NULL is allowed. */
void session_destroy(struct session *session);

/* Sends a line, as much as goes at once, the rest when it can. Takes the object; NULL, for want of
 * memory, ends the session. */
void session_send_take(struct session *session, json_t *object);

/* The same with {"ok":false,"error":TEXT}. */
void session_refuse(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Closes it once all it was sent is written. */
void session_close(struct session *session);

/* Its request is answered later; and it has been. */
void session_wait(struct session *session, enum session_wait what);
void session_resume(struct session *session);

#endif
