/* SPDX-License-Identifier: MIT */
/*
 * What a connection needs only while something is going on: most of them are
 * idle most of the time, and an idle one should cost little memory. A server keeps
 * some for whoever becomes busy next, with their buffers.
 */
#ifndef CHILD_BUSY_H
#define CHILD_BUSY_H

#include <baton/tracker.h>
#include <stdbool.h>

#include "http/exchange.h"

struct connection;
struct server;

struct busy {
	struct busy *next; /* among the spares */
	struct connection *connection;
	struct exchange exchange;
	struct buffer in, out;
	struct baton_task task; /* of a request that is not answered at once */
	bool has_task;
};

/* One for a connection; NULL without memory. */
struct busy *busy_take(struct server *server);

/* It is idle, or ends. */
void busy_put(struct server *server, struct busy *busy);

/* Frees the spares. */
void busy_free_spares(struct server *server);

/* The request waits for its answer, or for the rest of it: it is a task, if it is not yet. */
void busy_begin_task(struct server *server, struct busy *busy);

/* It is over. */
void busy_end_task(struct busy *busy);

#endif
