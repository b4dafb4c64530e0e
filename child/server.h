/* SPDX-License-Identifier: MIT */
/*
 * Accepts connections on any number of listeners, keeps the list of those
 * that are open, and drains: stops accepting, and says when the last has gone.
 */
#ifndef CHILD_SERVER_H
#define CHILD_SERVER_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "exchange.h"
#include "response.h"

struct baton_listener;
struct connection;
struct server;

typedef void (*server_fn)(struct server *server, void *data);
typedef void (*server_log_fn)(int level, const char *text, void *data); /* levels of syslog(3) */

struct server_options {
	int keep_alive_ms;      /* how long a connection may be idle */
	int request_ms;         /* for a head; for each piece of a body or of an answer */
	size_t max_connections; /* 0: as many as there are descriptors */
	uint64_t max_body;      /* bytes of a request's body */
	server_fn on_drained;   /* called once: draining, and the last connection has gone */
	server_log_fn on_log;
	void *data; /* given to both */
};

/* Zero-initialised by server_init; what follows `options` is for server.c and connection.c. */
struct server {
	struct ev_loop *loop;
	struct server_options options;
	struct exchange_context context;
	char identity[64];
	char date[RESPONSE_DATE_SIZE];
	time_t date_s; /* the second that date tells */
	ev_io *acceptors;
	size_t acceptor_count;
	struct connection *connections; /* the newest first */
	size_t connection_count;
	bool is_accepting;
	bool has_drained;
	double backoff_s; /* how long the next pause for want of descriptors is */
	ev_tstamp complained_at;
	ev_timer backoff;
	ev_prepare drained; /* tells of the end from the loop, not from inside a call */
};

/* Prepares an empty server, which is generation number `generation` on answers. */
void server_init(struct server *server, struct ev_loop *loop, const struct server_options *options,
	unsigned generation);

/*
 * Adds the sockets of a listener, which must outlive the server. Returns 0,
 * -EPROTOTYPE if it is not a listener of streams, or -ENOMEM.
 */
int server_add(struct server *server, const struct baton_listener *listener);

/* Begins to accept. */
void server_start(struct server *server);

/* Stops accepting; every connection ends with its next answer. */
void server_drain(struct server *server);

/* Ends whatever is still open, gently: see connection_expire. */
void server_expire(struct server *server);

/* Closes everything as it is and frees what the server holds. */
void server_finish(struct server *server);

/* For connections: the context of the next answer, its date brought up to now. */
const struct exchange_context *server_context(struct server *server);

/* For connections: one more, one less. */
void server_count_up(struct server *server);
void server_count_down(struct server *server);

#endif
