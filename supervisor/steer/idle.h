/* SPDX-License-Identifier: MIT */
/*
 * When is a generation idle that gets nothing new any more? When nothing waits in the queues of
 * its sockets, no handshake that had begun before is half-way, and no process of it has a
 * connection that came in on them. Seen from outside: it does not know that it is to end.
 */
#ifndef SUPERVISOR_STEER_IDLE_H
#define SUPERVISOR_STEER_IDLE_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "process_tree.h"
#include "steer/handshakes.h"

struct held_table;
struct idle;

/* connections: how many are left that count, 0 if it is idle; -1: nobody could see. The watching
 * has ended. */
typedef void (*idle_fn)(struct idle *idle, int connections, void *data);

struct idle_options {
	struct ev_loop *loop;
	const struct held_table *held;
	unsigned generation;
	/* Adds its processes, all of them, zombies perhaps, too. 0 or -errno. */
	int (*list)(struct process_list *list, void *data);
	bool ignores_connections; /* what it has accepted: only what waits is in the way */
	int deadline_ms;          /* from the start to the call at the latest */
	idle_fn on_idle;
	void *data; /* given to both */
};

struct idle {
	struct idle_options options;
	struct handshakes handshakes;
	struct process_list processes; /* as of the last look */
	ev_timer timer;
	ev_tstamp started;
	bool is_started;
};

/* Prepares caller's memory; the options are copied. */
void idle_init(struct idle *idle, const struct idle_options *options);

/* Begins to watch; on_idle is called once, from the loop. */
void idle_start(struct idle *idle);

/* Harmless if it does not watch. */
void idle_stop(struct idle *idle);

#endif
