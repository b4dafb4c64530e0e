/* SPDX-License-Identifier: MIT */
/* Between readiness.c and the modes that have a file of their own. */
#ifndef SUPERVISOR_READINESS_MODE_H
#define SUPERVISOR_READINESS_MODE_H

#include "readiness/readiness.h"

/* The worker is ready: stops and tells the owner, who may free the readiness; so this comes
 * last. */
void readiness_succeed(struct readiness *readiness, enum readiness_how how);

/* Something to log; only the first since the start is passed on. */
void readiness_report(struct readiness *readiness, const char *text);

/*
 * How long to wait before looking again: a sixteenth of the time since the
 * start, between a millisecond and max seconds. However long a server takes, the
 * looking then adds at most that part to it, and is rare when it takes long.
 */
ev_tstamp readiness_pause(const struct readiness *readiness, ev_tstamp max);

/* Sets the timer off once, after that many seconds. */
void readiness_set_timer(struct readiness *readiness, ev_tstamp after);

/* accept.c: looks for a process of the family that waits on a listener. */
void readiness_accept_look(struct readiness *readiness);

/* exec.c: runs the command once; it calls back by itself. */
void readiness_exec_run(struct readiness *readiness);
void readiness_exec_stop(struct readiness *readiness);

#endif
