/* SPDX-License-Identifier: MIT */
/*
 * What baton-httpd serves to everybody:
 *
 *     /                hello pid=N generation=N
 *     /slow?ms=N       the same kind of line, after N milliseconds
 *     /echo            the method on a line, then the body of the request
 *     /event?ms=N      work in the background: events.h
 *     /events          a stream of events, such as "pid=N generation=N": stream.h
 *     /work?n=N        work for a pool of threads: work.h
 *     /files/...       files and lists of directories: files.h
 *
 * It ends in the order in which things depend on each other: first nothing is
 * accepted, then the connections finish, then what they have started.
 */
#ifndef CHILD_APP_APP_H
#define CHILD_APP_APP_H

#include <baton/pool.h>

#include "app/events.h"
#include "app/files.h"
#include "server.h"

struct app_options {
	struct server_options server; /* but for the routes, and what to do at the end */
	const char *root;             /* directory of /files/; NULL: none */
	unsigned work_threads;        /* 0: one for each processor */
	size_t work_queue;            /* 0: 16 for each thread */
	unsigned generation;
	/* Bounds the time for what requests have started: ended at the drain deadline. */
	struct baton_context *drain;
	void (*on_ended)(void *data); /* nothing is under way any more */
	void *data;
};

struct app {
	struct app_options options;
	struct ev_loop *loop;
	char hello[64], slow[64], event[64]; /* what /, /slow and the events of /events say */
	struct routes routes;
	struct server server;
	struct events events;
	struct files files;
	struct baton_pool *pool;
};

/* 0, or -errno with the reason; app_close is due in any case. */
int app_open(struct app *app, struct ev_loop *loop, const struct app_options *options,
	struct baton_error *error);

/* Closes everything as it is; nothing if it was never opened. */
void app_close(struct app *app);

#endif
