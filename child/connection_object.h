/* SPDX-License-Identifier: MIT */
/*
 * The inside of a connection.
 *
 *     connection.c        its beginning and end, what the loop tells it
 *     connection_run.c    what follows from that
 *     connection_send.c   what goes out
 *     connection_move.c   its way to the successor, and from the predecessor
 */
#ifndef CHILD_CONNECTION_OBJECT_H
#define CHILD_CONNECTION_OBJECT_H

#include <baton/context.h>
#include <baton/tracker.h>
#include <ev.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct busy;
struct server;

/* The time of what is not to happen. */
#define CONNECTION_NEVER_MS INT64_MAX

enum connection_state {
	CONNECTION_OPEN,
	CONNECTION_CLOSING, /* the last answer is being sent */
	CONNECTION_MOVING,  /* passed to the successor, whose answer is awaited: it is left alone */
	CONNECTION_LINGERING, /* it is sent, and SHUT_WR done: reading to the client's end */
};

union connection_peer {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct connection {
	struct server *server;
	struct connection *next, **link; /* in the server's list; *link is this one */
	struct busy *busy;               /* NULL while it is idle, or lingers */
	struct baton_cancel *cancel;     /* of its context */
	struct baton_task task;
	ev_io io;
	ev_timer timer;
	int64_t deadline_ms;
	int64_t close_at_ms; /* while the server drains: it is not ended before */
	int64_t until_ms;    /* of the answer that is waited for, or of the lingering */
	enum connection_state state;
	bool stays;     /* the successor does not want it */
	bool is_at_end; /* the client has sent FIN */
	bool is_probed; /* and was sent something, which a client that is gone answers with RST */
	union connection_peer peer;
};

/* The time of this turn of the loop. */
int64_t connection_now_ms(const struct connection *connection);

/* It is busy no more, if it was. */
void connection_put_busy(struct connection *connection);

/*
 * Puts a connection into the server's list, which owns the descriptor then and watches
 * nothing yet. 0 or -errno.
 */
int connection_create(struct server *server, int fd, const struct sockaddr *peer, size_t peer_size,
	struct connection **ret);

/* Undoes that: the descriptor is the caller's again. */
void connection_give_back(struct connection *connection);

/* 0 or -ENOMEM. */
int connection_take_busy(struct connection *connection);

/* Settles what the server's end means for it, before an answer is given or a request begun. */
void connection_plan(struct connection *connection);

/* Waits for what comes next, until the deadline that it has; nothing is sent or answered now. */
void connection_rest(struct connection *connection, int64_t deadline_ms);

/* Whether the client is gone altogether, and has not just stopped sending. */
bool connection_has_left(const struct connection *connection);

/* Sends what there is to send, as far as it goes, of a file a piece. 0 or -errno. */
int connection_send(struct connection *connection);

/* Goes on after anything that happened. May destroy the connection: the last thing to call. */
void connection_run(struct connection *connection);

/* Nothing more is sent; reads on to the client's end, or for so long: less after the drain
 * deadline. */
void connection_linger(struct connection *connection);

/* The client has sent something that nobody wants, while the connection lingers. */
void connection_linger_on(struct connection *connection);

#endif
