/* SPDX-License-Identifier: MIT */
/*
 * Which way of restarting to try next: from the simplest to the strongest, until one loses
 * nothing. Pure. 1. --adopt, with each signal on which servers end gracefully, TERM first, as
 * far as this one catches it; 2. --adopt --steer, with the signal on which it finished what
 * was under way, if there was one; 3. --adopt --steer --stop-signal KILL, which no server can
 * take amiss.
 */
#ifndef SUPERVISOR_DOCTOR_LADDER_H
#define SUPERVISOR_DOCTOR_LADDER_H

#include <stdint.h>

#include "doctor/attempt.h"

enum { LADDER_LENGTH_MAX = 32 }; /* more than there can be */

struct ladder {
	int restarts;          /* that a way has to take */
	uint64_t caught;       /* signals that the server has a handler for, signal 1 in bit 0 */
	bool can_steer;        /* it has sockets of IPv4 or IPv6 */
	size_t pid_file_count; /* that it is known by now to remove */
	struct attempt attempts[LADDER_LENGTH_MAX];
	size_t count;
};

/* Whether another way is to be tried, and which. */
bool ladder_next(const struct ladder *ladder, struct rung *ret);

/* Whether time ran out: none has lost nothing, but the last one, or another, still might have. */
bool ladder_is_undecided(const struct ladder *ladder);

/* The way that lost nothing; or else the one that lost least. NULL: none restarted the server. */
const struct attempt *ladder_best(const struct ladder *ladder);

#endif
