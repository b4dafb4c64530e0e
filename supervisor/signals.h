/* SPDX-License-Identifier: MIT */
/*
 * The signals of `baton run`, each with what it asks for: one table. All others
 * that can be caught, and do not tell of a fault or of a child, are passed on to
 * the workers.
 */
#ifndef SUPERVISOR_SIGNALS_H
#define SUPERVISOR_SIGNALS_H

#include <ev.h>
#include <signal.h>

enum signals_request {
	SIGNALS_PASS_ON, /* the default of the table */
	SIGNALS_UPGRADE,
	SIGNALS_STOP,
	SIGNALS_STOP_NOW,
	SIGNALS_REEXEC,
	SIGNALS_LEAVE, /* not ours: faults, the child's end, the terminal's */
};

typedef void (*signals_fn)(enum signals_request request, int signal, void *data);

struct signals {
	struct ev_loop *loop;
	signals_fn on_signal;
	void *data;
	ev_signal watchers[_NSIG];
};

/* Starts watching, and unblocks all signals; SIGPIPE is ignored from now on. Called on the
 * default loop's thread. */
void signals_init(struct signals *signals, struct ev_loop *loop, signals_fn on_signal, void *data);

/* Stops watching. */
void signals_finish(struct signals *signals);

#endif
