/* SPDX-License-Identifier: MIT */
/*
 * One HTTP service, an actor of a group: accepts connections on any number of listeners, keeps the
 * list of those that are open, answers by its routes, and drains: stops accepting, and
 * says when the last connection has gone.
 */
#ifndef CHILD_SERVER_H
#define CHILD_SERVER_H

#include <baton/acceptor.h>
#include <baton/group.h>
#include <baton/tracker.h>
#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "http/exchange.h"
#include "http/response.h"
#include "metrics.h"

struct access_log;
struct baton_listener;
struct busy;
struct connection;
struct server;

typedef void (*server_fn)(struct server *server, void *data);
typedef void (*server_failed_fn)(struct server *server, int error, const char *text, void *data);
typedef void (*server_log_fn)(int level, const char *text, void *data); /* levels of syslog(3) */

struct server_options {
	const char *name;              /* of the service, for people; must stay */
	struct baton_context *context; /* what the server's own is below */
	const struct routes *routes;
	struct access_log *access_log; /* NULL: none */
	int keep_alive_ms;             /* how long a connection may be idle */
	int request_ms;                /* for a head; for each piece of a body or of an answer */
	int answer_ms;                 /* from a request to the beginning of its answer */
	uint64_t max_connections;      /* 0: as many as there are descriptors */
	uint64_t max_body;             /* bytes of a request's body */
	int close_spread_ms; /* over which idle connections are ended in a drain; 0: not so */
	/* Whose successor is passed connections; NULL: none is. */
	struct baton_upgrade *upgrade;
	server_fn on_stop; /* told to stop: server_drain follows. NULL: at once */
	server_fn
		on_drained; /* the last connection has gone: server_ended follows. NULL: at once */
	server_log_fn on_log; /* what the acceptor has to say */
	void *data;           /* given to all three */
};

/* Read by those who show what goes on; written by server.c, and by connections. */
struct server {
	struct ev_loop *loop;
	struct server_options options;
	struct exchange_settings settings;
	struct baton_cancel *cancel; /* of the server's context */
	struct baton_acceptor *acceptor;
	struct baton_tracker *connections_open;
	struct baton_tracker *requests_open; /* those that are not answered at once */
	struct connection *connections;      /* the newest first */
	size_t connection_count;
	size_t listener_count;
	bool is_accepting;
	bool is_expired; /* the drain deadline has passed */
	struct metrics metrics;
	char date[RESPONSE_DATE_SIZE];
	time_t date_s; /* the second that date tells */
	ev_check woken;
	struct buffer record; /* of the connection that is being passed */
	bool has_predecessor; /* it may still pass connections */
	ev_timer patience;    /* with it, while this one drains */
	bool is_spread;       /* the end of connections is spread over a time, from now on */
	struct busy *spares;  /* for connections that become busy */
	unsigned spare_count;
	struct baton_group *group;
	struct baton_actor *actor; /* of the group */
	int failure;               /* the actor's result */
	struct baton_error error;  /* and its words */
};

/* Prepares an empty server. 0, or -errno with the reason; server_finish is due in any case. */
int server_init(struct server *server, struct ev_loop *loop, const struct server_options *options,
	struct baton_error *error);

/* Adds the sockets of a listener, which must outlive the server. 0, or -errno with the reason. */
int server_add(
	struct server *server, const struct baton_listener *listener, struct baton_error *error);

/* Makes it an actor of the group: started, it accepts; a listener on which nothing can be
 * accepted any more stops them all. 0, or -errno with the reason. */
int server_join(struct server *server, struct baton_group *group, struct baton_error *error);

/* From now on every connection ends with its next answer. May go on to accept, until
 * server_drain. */
void server_begin_drain(struct server *server, bool may_accept);

/* Stops accepting and drains: on_drained follows. */
void server_drain(struct server *server);

/* The actor has ended. */
void server_ended(struct server *server);

/* Ends whatever is still open, gently: see connection_expire. */
void server_expire(struct server *server);

/* Closes everything as it is and frees what the server holds; nothing if it is zeroed. */
void server_finish(struct server *server);

/* As baton_handoff_room; -ENOTCONN for a server whose connections stay. */
int server_room(const struct server *server);

/* What that says has changed: passes on what is idle, as far as there is room. */
void server_pass_on(struct server *server);

/* A predecessor may pass connections; none comes any more. */
void server_expect_connections(struct server *server);
void server_has_all_connections(struct server *server);

/* Whether no more connections are wanted; then others wait until one of them has gone. */
bool server_is_full(const struct server *server);
void server_pause_if_full(struct server *server);

/* For connections: what answers are given by. */
const struct exchange_settings *server_settings(const struct server *server);

/* For connections: one more, one less. */
void server_count_up(struct server *server);
void server_count_down(struct server *server);

#endif
