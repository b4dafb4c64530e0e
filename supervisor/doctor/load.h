/* SPDX-License-Identifier: MIT */
/*
 * Clients of a server while it is restarted: at each of its peers some that connect anew, at a
 * moderate rate; of HTTP some that keep their connection; and, when asked for, some whose
 * request is under way. Counts how they fare.
 */
#ifndef SUPERVISOR_DOCTOR_LOAD_H
#define SUPERVISOR_DOCTOR_LOAD_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "doctor/attempt.h"

struct peer;
struct words;

struct load {
	struct ev_loop *loop;
	const struct words *words; /* borrowed */
	const struct peer *peers;  /* borrowed */
	size_t peer_count;
	ev_timer tick;
	struct list visits[3]; /* by enum visit_manner: ONCE, WAIT, KEEP */
	struct tally tallies[3];
	size_t open; /* visits on new connections */
};

void load_init(struct load *load, struct ev_loop *loop, const struct words *words);

/* Begins, and counts from 0. The peers are borrowed until load_stop. */
void load_start(struct load *load, const struct peer *peers, size_t count);

/* No client comes any more; those that are here have what they wait for. */
void load_ebb(struct load *load);

/* Whether none is here any more but those that keep their connections. */
bool load_has_ebbed(const struct load *load);

/* Ends all clients. Harmless on one that has not started. */
void load_stop(struct load *load);

/* Has a request under way at each peer that can have one, until load_go_on. */
void load_begin(struct load *load);

/* Whether they are as far as they may be. */
bool load_has_begun(const struct load *load);

void load_go_on(struct load *load);

/* Writes the counts; those that keep are counted up to now. */
void load_count(const struct load *load, struct attempt *ret);

#endif
