/* SPDX-License-Identifier: MIT */
/*
 * One client's connection: reads, writes, timeouts and a gentle end. It is
 * destroyed by itself when it has ended, or by its server.
 */
#ifndef CHILD_CONNECTION_H
#define CHILD_CONNECTION_H

struct baton_accepted;
struct connection;
struct server;

/*
 * Begins to serve a client and puts the connection into the server's list; it
 * may have been served and be gone by the return. Owns the descriptor from the call on,
 * whatever it returns: 0 or -ENOMEM.
 */
int connection_take(struct server *server, const struct baton_accepted *accepted);

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
