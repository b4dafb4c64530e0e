/* SPDX-License-Identifier: MIT */
/* One start of the service's command: its workers and its two timers. */
#ifndef SUPERVISOR_GENERATION_H
#define SUPERVISOR_GENERATION_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "end_idle_watch.h"
#include "inlets.h"
#include "steer/idle.h"
#include "worker.h"

struct runtime;
struct settings;
struct setup;

struct generation {
	struct list link; /* runtime::generations */
	struct runtime *runtime;
	struct setup *setup;             /* that it was started with; has a reference */
	const struct settings *settings; /* of that setup */
	struct inlets inlets;            /* of its connections, those closed already too */
	unsigned number;
	bool is_retired; /* was told to stop, or hammered: what exits now was meant to */
	int64_t started_at_ms;
	int64_t retired_at_ms; /* 0: not yet */
	struct idle idle;      /* until it can be stopped, where connections are steered */
	int stop_signal;       /* that it gets then */
	ev_timer bake_timer;
	ev_timer drain_timer;
	struct end_idle_watch end_idle;
	char *program; /* of this one alone, owned; NULL: the settings' command */
	unsigned worker_count;
	struct worker workers[]; /* worker_count of them */
};

/* For one that is told to stop because it was not idle when the time to drain was over. */
enum { GENERATION_LAST_MOMENT_MS = 1000 };

/* A new generation at the end of the service's list; NULL if memory ran out. */
struct generation *generation_create(struct runtime *runtime, unsigned number);

/* The same of that setup, with so many workers. */
struct generation *generation_create_of(
	struct runtime *runtime, struct setup *setup, unsigned number, unsigned workers);

/* Unlinks and frees it. NULL is allowed. */
void generation_destroy(struct generation *generation);

/* The generation of that number, borrowed; NULL if there is none. */
struct generation *generation_find(struct runtime *runtime, unsigned number);

/* Tells all its workers to stop; where connections are steered, once it is idle, or the time to
 * drain is over. */
void generation_retire(struct generation *generation, int signal);

/* The second half of it: stop_signal is sent once it is idle, or after so many ms. */
void generation_await_idle(struct generation *generation, int deadline_ms);

/* Tells them at once. */
void generation_stop(struct generation *generation, int signal);

/* Begins to look whether it is to end for having no connection, if it was told to stop. */
void generation_watch_idle(struct generation *generation);

/* The hammer. */
void generation_kill(struct generation *generation);

/* The timers of the machine: BAKE and DRAIN. */
void generation_set_timer(struct generation *generation, enum machine_timer timer, int ms);
void generation_clear_timer(struct generation *generation, enum machine_timer timer);

#endif
