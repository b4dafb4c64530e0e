/* SPDX-License-Identifier: MIT */
/*
 * What is to happen once the call that asked for it has returned to the loop.
 * One watcher, never started, only fed.
 */
#ifndef PROCESS_UPGRADE_REQUESTS_H
#define PROCESS_UPGRADE_REQUESTS_H

#include <ev.h>

struct baton_upgrade;

/* In the order in which they are carried out. */
enum upgrade_request {
	UPGRADE_REQUEST_DESTROY = 1, /* then nothing else is */
	UPGRADE_REQUEST_STOP = 2,    /* before START: who asks for both wants no successor */
	UPGRADE_REQUEST_START = 4,
	UPGRADE_REQUEST_COMPLETE = 8, /* no connection comes from a predecessor */
	UPGRADE_REQUEST_DRAINED = 16,
	UPGRADE_REQUEST_END = 32, /* on_end, with the status of the drain */
};

struct upgrade_requests {
	unsigned wanted; /* enum upgrade_request, or-ed */
	ev_timer watcher;
};

void upgrade_requests_init(struct baton_upgrade *upgrade);
void upgrade_requests_add(struct baton_upgrade *upgrade, enum upgrade_request request);

/* Forgets them. */
void upgrade_requests_finish(struct baton_upgrade *upgrade);

#endif
