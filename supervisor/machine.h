/* SPDX-License-Identifier: MIT */
/*
 * The upgrade machine: decides everything about the generations of one
 * service. Pure: an event goes in, a list of actions comes out, and the
 * shell around it carries them out in their order. No I/O, no clock, no
 * allocation; times are integer milliseconds.
 *
 * Rules, checked in every reachable state by tests/machine_walk.c:
 *  - until it ends, one generation serves, or the first one starts; the
 *    listeners stay open, so that clients wait and are not refused;
 *  - at most one generation starts or bakes;
 *  - a generation that serves is told to stop only when its successor is
 *    ready and has baked, or when the service ends;
 *  - an upgrade has one outcome, TOOK_OVER, ROLLED_BACK or UPGRADE_REFUSED;
 *    those asked for meanwhile become one more;
 *  - a generation keeps the configuration it was started with to its end;
 *  - at most max_draining generations drain; past that the oldest is
 *    hammered, save when the service ends, where no more can follow;
 *  - a generation that drains has a deadline; it is hammered when that is over, or before, when
 *    it is said to be IDLE;
 *  - timer READY is set just while a worker of a starting or serving
 *    generation starts, RESTART while a worker is in backoff, BAKE while a
 *    generation bakes, DRAIN while it drains;
 *  - when the service ends and no generation is left, EXIT is given, once.
 */
#ifndef SUPERVISOR_MACHINE_H
#define SUPERVISOR_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "machine_names.h"

#define MACHINE_WORKERS_MAX  64
#define MACHINE_DRAINING_MAX 16

/* One serves, one starts, max_draining drain, and as many were hammered but are not gone yet:
 * an upgrade past that waits until one is gone. */
#define MACHINE_GENERATIONS_MAX (2 + 2 * MACHINE_DRAINING_MAX)

/* The longest list is a stop: timers of all workers of two generations, and three actions for
 * each generation that there is. */
#define MACHINE_ACTIONS_MAX (2 * MACHINE_WORKERS_MAX + 3 * MACHINE_GENERATIONS_MAX + 16)

struct machine_config {
	unsigned workers;      /* of generations that start with it, 1 to MACHINE_WORKERS_MAX */
	int ready_timeout_ms;  /* from WORKER_STARTED to WORKER_READY */
	int bake_ms;           /* probation of a successor; 0: none */
	int drain_timeout_ms;  /* from RETIRE to KILL */
	unsigned max_draining; /* 1 to MACHINE_DRAINING_MAX */
	bool restart;          /* serving workers that exit */
	int restart_min_ms;    /* delay after the first failure, at least 1 */
	int restart_max_ms;    /* longest delay; who lived that long has not failed in a row */
	int max_restarts;      /* of one worker in a row; -1: no limit */
	bool configures;       /* an upgrade begins with CONFIGURE */
	bool steers;           /* who accepts new connections is for the machine to say: STEER */
};

struct machine_event {
	enum machine_event_type type;
	unsigned generation; /* 1, 2, ...; of events about a generation or a worker */
	unsigned worker;     /* 0, 1, ...; of events about a worker */
	int lived_ms;        /* WORKER_EXITED: since it was ready; -1 if it never was */
	const struct machine_config
		*config; /* CONFIGURED: the next generation's, which is copied */
};

/*
 * What the members mean, by type:
 *  CONFIGURE        read the configuration anew; CONFIGURED or CONFIG_REFUSED is to come. Only if
 *                   config.configures
 *  SPAWN            start this worker; WORKER_STARTED or SPAWN_FAILED is to come
 *  STEER            new connections are this generation's from now on; if is_bake, a part of
 *                   them, and the others the serving one's. Only if config.steers
 *  RETIRE           stop signal to all live workers of the generation: --stop-signal if is_stop,
 *                   else --hup-signal; a generation that had that very signal needs no second one
 *  KILL             the hammer: SIGKILL to all that is left of the generation, whole trees
 *  KILL_WORKER      the same for one worker
 *  SET_TIMER        timer of this generation (BAKE, DRAIN) or worker (READY, RESTART), in ms
 *  CLEAR_TIMER      the same timer, if it is still set
 *  CLOSE_LISTENERS  for good
 *  REPORT           tell people: report, with cause, worker, ms and exit where the list says so
 *  FORGET           nothing is left of the generation, nor any timer of it
 *  EXIT             for the reason exit; no action follows, ever
 */
struct machine_action {
	enum machine_action_type type;
	unsigned generation;
	unsigned worker;
	int ms;
	bool is_stop;
	bool is_bake;
	enum machine_timer timer;
	enum machine_report report;
	enum machine_cause cause;
	enum machine_exit exit;
};

struct machine_actions {
	struct machine_action list[MACHINE_ACTIONS_MAX];
	size_t count;
};

struct machine_worker {
	enum machine_worker_state state;
	unsigned failures; /* in a row, as long as the generation serves */
};

struct machine_generation {
	unsigned number; /* 0: the place is free */
	enum machine_generation_state state;
	struct machine_config config;
	unsigned worker_count; /* config.workers at its start */
	struct machine_worker workers[MACHINE_WORKERS_MAX];
};

struct machine {
	struct machine_config
		config; /* of the generation that serves; before one does, of the first */
	enum machine_state state;
	enum machine_exit exit;  /* why it ends; NONE until it does */
	bool is_upgrade_pending; /* one was asked for that has not started yet */
	unsigned last_number;    /* of the newest generation */
	struct machine_generation generations[MACHINE_GENERATIONS_MAX]; /* in no order */
};

/* Prepares for START; config is copied and must be within the limits above. */
void machine_init(struct machine *machine, const struct machine_config *config);

/*
 * Takes one event and writes what is to be done for it. Carry all of it out,
 * then feed what came of it: an event that arises meanwhile (SPAWN_FAILED,
 * say) is queued, never fed from within. WORKER_STARTED comes before any
 * other event of that worker. An event about something that is gone, or
 * that is no longer awaited, is ignored: actions->count is 0.
 */
void machine_step(struct machine *machine, const struct machine_event *event,
	struct machine_actions *actions);

/* The generation of that number, borrowed until the next step; NULL if it is gone. */
const struct machine_generation *machine_find(const struct machine *machine, unsigned number);

/* Say otherwise from now on, whatever upgrade is under way: the time of whatever is told to drain
 * from here on, the number of workers of generations that start from here on. */
void machine_set_drain_timeout(struct machine *machine, int drain_timeout_ms);
void machine_set_workers(struct machine *machine, unsigned workers);

/* The event to feed when this timer of a SET_TIMER action expires. */
struct machine_event machine_expiry(const struct machine_action *set_timer);

#endif
