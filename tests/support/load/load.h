/* SPDX-License-Identifier: MIT */
/*
 * One run: the clients, the pace of their requests, and when it ends. The run
 * is over once it was told to stop and the requests under way have ended.
 */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/strbuf.h"
#include "support/load/options.h"
#include "support/load/statistics.h"

struct client;

struct load {
	const struct load_options *options;
	struct statistics statistics;
	struct ev_loop *loop;
	struct client *clients; /* owned */
	size_t client_count;
	size_t busy;         /* clients with a request or a closing connection under way */
	size_t unanswered;   /* clients that had no answer yet */
	uint64_t taken;      /* requests begun */
	uint64_t rate_taken; /* of them, those that --rate gave out */
	bool is_stopping;
	unsigned serial;          /* of the next connection */
	struct list resting;      /* kept clients that wait for --rate */
	struct strbuf request[2]; /* bytes of a request; [true] of one that keeps the connection */
	ev_timer pace, sweep, end;
	ev_signal on_term, on_int;
};

/* Runs to the end and leaves the statistics. 0, or -ENOMEM. */
int load_run(struct load *load, const struct load_options *options);
void load_finish(struct load *load);

/* Monotonic microseconds. */
uint64_t load_now_us(void);

/*
 * For a client that could begin a request: true, and *ret_us is when it began
 * or, with --rate, when it was due, so that waiting for a free client counts.
 */
bool load_take_request(struct load *load, bool is_kept, uint64_t *ret_us);

/* A client became busy or had nothing more under way. */
void load_client_busy(struct load *load);
void load_client_idle(struct load *load);

/* A client had its first answer. */
void load_client_answered(struct load *load);

#endif
