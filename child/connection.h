/* SPDX-License-Identifier: MIT */
/*
 * One client's connection: reads, writes, timeouts and a gentle end. It is
 * destroyed by itself when it has ended, or by its server.
 */
#ifndef CHILD_CONNECTION_H
#define CHILD_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

struct baton_accepted;
struct baton_handoff_connection;
struct connection;
struct server;

/*
 * Begins to serve a client and puts the connection into the server's list; it
 * may have been served and be gone by the return. Owns the descriptor from the call on,
 * whatever it returns: 0 or -ENOMEM.
 */
int connection_take(struct server *server, const struct baton_accepted *accepted);

/*
 * Begins to serve a client of the predecessor's. On failure the descriptor is still the
 * caller's. 0 or -errno.
 */
int connection_take_over(struct server *server, const struct baton_handoff_connection *from);

/* Likewise one of whose answer the predecessor has sent a part. */
int connection_resume(struct server *server, const struct baton_handoff_connection *from);

/* Passes it to the successor, if what is under way allows that and there is room: whether it is
 * gone from here, until connection_moved. */
bool connection_move(struct connection *connection);

/* What became of it: 0 if it is the successor's. May destroy it. */
void connection_moved(struct connection *connection, int result);

/* The successor that did not want it is gone. */
void connection_forget_refusal(struct connection *connection);

/* While the server drains it may be ended from then on. */
void connection_close_from(struct connection *connection, int64_t at_ms);

/*
 * The drain deadline: whoever has sent nothing gets a gentle end, whoever
 * waits for an answer or is sending a request is told 503, and whoever has had its end
 * is soon left.
 */
void connection_expire(struct connection *connection);

/* Closes it as it is, takes it out of the server's list and frees it. */
void connection_destroy(struct connection *connection);

/* The one after it in the server's list; NULL at the end. */
struct connection *connection_next(const struct connection *connection);

#endif
