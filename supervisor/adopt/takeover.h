/* SPDX-License-Identifier: MIT */
/*
 * --takeover: a server that runs already, without baton. Its listening sockets are held as if it
 * had bound them under baton's eyes; the first generation gets them, and once that serves the
 * server is told to stop. If it never does, the server goes on as if nothing had been.
 */
#ifndef SUPERVISOR_ADOPT_TAKEOVER_H
#define SUPERVISOR_ADOPT_TAKEOVER_H

#include <ev.h>
#include <sys/types.h>

#include <baton/error.h>

#include "adopt/held.h"
#include "base/list.h"
#include "process_tree.h"
#include "steer/idle.h"

struct adopt;
struct settings;

struct takeover {
	struct ev_loop *loop;
	struct adopt *adopt;           /* borrowed */
	struct held_claimant claimant; /* of what was held for them all */
	struct list servers; /* struct server: their main processes; empty: nothing is taken over */
	struct process_list processes; /* of all of them, when they were told to stop */
	struct idle idle;              /* until they can be told */
	int signal;                    /* that they get then */
	bool is_own;                   /* they are another baton's of this service: see reclaim.h */
	bool is_last;                  /* the loop ends with the last of them */
	ev_timer hammer;
};

/* Prepares caller's memory: nothing is taken over. adopt is borrowed. */
void takeover_init(struct takeover *takeover, struct ev_loop *loop, struct adopt *adopt);

/*
 * Duplicates the listening sockets of the process, and of all below it, into what is held. Returns
 * 0; -ESRCH if there is no such process; -EPERM if it may not be looked into; -ENOENT if it listens
 * nowhere; or another -errno.
 */
int takeover_begin(struct takeover *takeover, pid_t pid, struct baton_error *error);

/* The process, too, is told to stop with the others, once. 1; 0: it was added before; -ESRCH if it
 * has ended; or -errno. */
int takeover_add(struct takeover *takeover, struct process process);

/* The same of each process of the family whose parent is none, if any is left: those of the marker
 * (family.h). 0 or -errno. */
int takeover_add_family(struct takeover *takeover, const char *marker);

/* Holds what the processes listen on that were added, as far as that is not held. How many sockets
 * that are, or -errno of the first that could not be looked into. */
int takeover_hold(struct takeover *takeover);

/*
 * Tells them to stop, once, as the settings say, where connections are steered not
 * before they are idle; kills what is left of them when the time to drain is over. Nothing
 * happens if nothing is taken over. The settings are borrowed.
 */
void takeover_complete(struct takeover *takeover, const struct settings *settings);

/*
 * The service ends. Whether there is anything to wait for: those that have been told, or are told
 * now, have what is left of the time to drain; then, or when the last has ended, the loop is
 * broken off. If no generation has served in their place they go on, unless they are our own
 * and have to stop, too (stops).
 */
bool takeover_end(struct takeover *takeover, const struct settings *settings, bool stops);

/* Whether nobody is left who was taken over, or nobody ever was. */
bool takeover_is_over(const struct takeover *takeover);

/* Kills those that have been told. */
void takeover_kill(struct takeover *takeover);

/* Lets go of them, wherever that stands. */
void takeover_finish(struct takeover *takeover);

#endif
