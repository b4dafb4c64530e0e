/* SPDX-License-Identifier: MIT */
/*
 * What the upgrade machine is up against: the processes, timers and listeners
 * that its actions make, and the events that can come of them. It knows the
 * machine by its actions alone, judges each of them, and after each step
 * compares itself with the machine's state.
 */
#ifndef TESTS_SUPPORT_MACHINE_MODEL_H
#define TESTS_SUPPORT_MACHINE_MODEL_H

#include <stdint.h>

#include "machine.h"

/* Enough for max_draining 2 and two workers. */
#define MODEL_GENERATIONS 6
#define MODEL_WORKERS     2
#define MODEL_EVENTS      64

enum model_process {
	MODEL_NONE,
	MODEL_SPAWNING,  /* SPAWN was given, its result is to come */
	MODEL_RUNNING,   /* does not accept yet, or was killed */
	MODEL_ACCEPTING, /* said that it is ready */
};

struct model_worker {
	enum model_process process;
	bool is_killed;
	bool has_ready_timer;
	bool has_restart_timer;
	bool is_given_up;
	unsigned failures; /* in a row */
};

struct model_generation {
	unsigned number; /* 0: none */
	bool is_serving;
	bool is_successor; /* of an upgrade without an outcome yet */
	bool is_told;      /* to stop, by whatever signal */
	bool is_told_stop; /* by the signal for the end of the service */
	bool is_killed;
	bool gets_new; /* connections: it was steered to */
	bool has_bake_timer;
	bool has_drain_timer;
	struct model_worker workers[MODEL_WORKERS];
};

struct model {
	const struct machine_config *config;
	struct model_generation generations[MODEL_GENERATIONS]; /* oldest first */
	enum machine_exit exit;                                 /* the reason that is due */
	bool has_started;
	bool has_served;
	bool is_remembered;  /* one more upgrade */
	bool is_configuring; /* CONFIGURE was given, its answer is to come */
	bool is_told_stop;   /* by STOP or STOP_NOW */
	bool has_closed;     /* the listeners */
	bool has_ended;
	const char *broken; /* the rule that does not hold; NULL: all do */
};

/* Every event that can come next; returns their number, at most MODEL_EVENTS. */
unsigned model_events(const struct model *model, struct machine_event *events);

/* Feeds one of them to the machine, judges what it does, and its state. */
void model_step(struct model *model, struct machine *machine, const struct machine_event *event);

struct model_generation *model_find(struct model *model, unsigned number);

/* How many processes of the generation there are, those about to start included. */
unsigned model_live(const struct model *model, const struct model_generation *generation);

/* From now on it only exits; whether it accepted is of no account any more. */
void model_kill(struct model_worker *worker);

#endif
