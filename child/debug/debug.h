/* SPDX-License-Identifier: MIT */
/*
 * What baton-httpd shows to its operators, on a port of its own:
 *
 *     /healthz         200: it is alive
 *     /readyz          200; 503 while it drains
 *     /metrics         counts for Prometheus
 *     /debug/tasks     what is under way; also contexts, fds, threads
 *     /shutdown        POST: drains and ends
 *
 * Told to stop, it says so and goes on to answer until the others have ended.
 */
#ifndef CHILD_DEBUG_DEBUG_H
#define CHILD_DEBUG_DEBUG_H

#include "app/app.h"
#include "server.h"

typedef void (*debug_fn)(void *data);
/* Whether it may go on to accept while it drains. */
typedef bool (*debug_accepts_fn)(void *data);

struct debug_options {
	struct server_options server; /* but for the routes, and what to do at the end */
	const struct app *app;
	unsigned generation;
	debug_fn on_shutdown; /* somebody wants it */
	debug_accepts_fn may_accept;
	void *data; /* given to both */
};

struct debug {
	struct debug_options options;
	struct routes routes;
	struct server server;
	bool app_has_ended; /* nothing is left to be shown */
};

/* 0, or -errno with the reason; debug_close is due in any case. */
int debug_open(struct debug *debug, struct ev_loop *loop, const struct debug_options *options,
	struct baton_error *error);

/* Closes everything as it is. */
void debug_close(struct debug *debug);

/* The app has ended: so does this, once it was told to stop. */
void debug_on_app_ended(struct debug *debug);

#endif
