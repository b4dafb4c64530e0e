/* SPDX-License-Identifier: MIT */
/* One client of the load: a connection at a time, a request at a time on it. */
#ifndef LOAD_CLIENT_H
#define LOAD_CLIENT_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "support/load/fastcgi.h"
#include "support/load/load.h"

enum client_state {
	CLIENT_IDLE,       /* between requests; a kept connection may be open */
	CLIENT_PAUSED,     /* as idle, until a timer ends */
	CLIENT_CONNECTING, /* until writable, or while the queue of a Unix socket is full */
	CLIENT_SENDING,
	CLIENT_RECEIVING,
	CLIENT_CLOSING, /* answered; the server is to close the connection first */
};

struct client {
	struct load *load;
	unsigned index;
	bool is_kept;
	enum client_state state;
	int fd;                 /* -1: none */
	unsigned on_connection; /* requests answered on it */
	bool was_answered;      /* ever */
	uint64_t began_us;      /* the request */
	uint64_t deadline_us;   /* of the state; 0: none */
	const struct target *target;
	size_t sent;
	union {
		struct response http;
		struct fastcgi fastcgi;
	} answer;
	ev_io io;
	ev_timer wake;
	struct list link; /* in load.resting */
};

void client_init(struct client *client, struct load *load, unsigned index, bool is_kept);

/* Begins the next request if the load has one for it. Only while it is idle. */
void client_begin(struct client *client);

/* Ends what is past its deadline. */
void client_check_deadline(struct client *client, uint64_t now_us);

/* The load stops: ends pauses and waits that are no part of a request. */
void client_stop(struct client *client);

/* Stops the watchers and closes the connection. */
void client_finish(struct client *client);

#endif
