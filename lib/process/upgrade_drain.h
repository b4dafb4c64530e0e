/* SPDX-License-Identifier: MIT */
/* Drain, deadline, hammer, end: one timer in turn for each. */
#ifndef PROCESS_UPGRADE_DRAIN_H
#define PROCESS_UPGRADE_DRAIN_H

#include <ev.h>

struct baton_upgrade;

/*
 * - The timer runs in RUNNING (until the deadline) and PAST_DEADLINE (until the
 *   hammer) while the state is DRAINING, and never else.
 * - ENDED is reached once, also from NONE (SIGQUIT); status is valid from then on,
 *   and on_end has been called or is about to be.
 */
enum upgrade_drain_phase {
	UPGRADE_DRAIN_NONE,
	UPGRADE_DRAIN_RUNNING,
	UPGRADE_DRAIN_PAST_DEADLINE,
	UPGRADE_DRAIN_ENDED,
};

struct upgrade_drain {
	enum upgrade_drain_phase phase;
	int status; /* to end with */
	ev_timer timer;
};

/* Also fills in the times that the host left to us. */
void upgrade_drain_init(struct baton_upgrade *upgrade);

/* State DRAINING: the host is told, the sockets let go. */
void upgrade_drain_begin(struct baton_upgrade *upgrade);

/* Once while it runs, the host is told to close what is open; the hammer follows. */
void upgrade_drain_deadline(struct baton_upgrade *upgrade, const char *reason);

/* The host has finished: no deadline follows. */
void upgrade_drain_complete(struct baton_upgrade *upgrade);

/* The end of this process's part, at most once; the host is told from the loop. */
void upgrade_drain_end(struct baton_upgrade *upgrade, int status);
void upgrade_drain_finish(struct baton_upgrade *upgrade);

#endif
