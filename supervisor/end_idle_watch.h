/* SPDX-License-Identifier: MIT */
/* Looks at the connections of a generation that drains, for --end-idle: see end_idle.h. */
#ifndef SUPERVISOR_END_IDLE_WATCH_H
#define SUPERVISOR_END_IDLE_WATCH_H

#include <ev.h>

#include "end_idle.h"

struct generation;

struct end_idle_watch {
	struct generation *generation;
	struct end_idle idle;
	ev_timer timer;
};

/* Prepares caller's memory. */
void end_idle_watch_init(struct end_idle_watch *watch, struct generation *generation);

/* The generation was told to stop: feeds IDLE once its time is over, if its settings say so. Again,
 * it changes nothing. */
void end_idle_watch_start(struct end_idle_watch *watch);

/* Harmless if it does not watch. */
void end_idle_watch_stop(struct end_idle_watch *watch);

#endif
