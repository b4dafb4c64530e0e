/* SPDX-License-Identifier: MIT */
/*
 * SIGUSR2 and `baton reexec`: the running baton becomes the binary that is on the disk now, with
 * the same pid, children and sockets (execve(2) keeps them all). What is under way is finished
 * first; then the new binary has to prove that it can read the state (rehearsal.h), and only
 * then is it executed: that very file. Signals are blocked over that, and wait for it. The holder
 * (holder/holder.h), which has next to nothing to do, stays what it is.
 *
 *     state.h          all there is to know, and how it is written (state_shapes.c, fields.h)
 *     save.h           from the service to the state
 *     restore.h        and back, in the new binary (resume.h)
 *     execute.h        what passes between the two
 */
#ifndef SUPERVISOR_REEXEC_REEXEC_H
#define SUPERVISOR_REEXEC_REEXEC_H

#include <ev.h>
#include <stdbool.h>

#include "reexec/program.h"
#include "reexec/rehearsal.h"

struct service;

enum reexec_state {
	REEXEC_IDLE,
	REEXEC_WAITING, /* until the service is at rest */
	REEXEC_TRYING,  /* the rehearsal runs */
	REEXEC_PROVEN,  /* it has succeeded; until the service is at rest again */
	REEXEC_DUE,     /* now: the loop has been broken off */
};

struct reexec {
	struct service *service;
	enum reexec_state state;
	struct program program; /* that is, or was, tried */
	struct rehearsal rehearsal;
	ev_prepare before_waiting; /* while it is not idle: whether the time has come */
};

/* Prepares caller's memory. */
void reexec_init(struct reexec *reexec, struct service *service);

/* Begins. Whoever waits (SESSION_WAITS_FOR_REEXEC) is told what comes of it. */
void reexec_ask(struct reexec *reexec);

/* Whether the loop was broken off for it. */
bool reexec_is_due(const struct reexec *reexec);

/* Executes the new binary. Returns if that was not possible, which was said, or not yet: then the
 * loop is to go on. */
void reexec_now(struct reexec *reexec);

/* Tells those who wait that baton goes on as it is, and why. */
void reexec_refuse(struct service *service, const char *reason);

/* At the end of the service. Harmless if nothing was begun. */
void reexec_finish(struct reexec *reexec);

#endif
