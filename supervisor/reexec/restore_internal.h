/* SPDX-License-Identifier: MIT */
/* What the parts of restore.h have in common. */
#ifndef SUPERVISOR_REEXEC_RESTORE_INTERNAL_H
#define SUPERVISOR_REEXEC_RESTORE_INTERNAL_H

#include <ev.h>
#include <stdint.h>

#include "reexec/state.h"

struct broker;
struct capture;
struct restored;
struct service;

struct restoring {
	struct service *service;
	const struct state *state;
	const struct restored *restored;
	struct broker **brokers;   /* where the state has them; NULL: it could not be made */
	struct capture **captures; /* the same */
};

/* Sets the timer to expire at that moment, or at once if that has come; 0: not at all. */
void restoring_timer(const struct restoring *restoring, ev_timer *timer, int64_t at_ms);

/* restore_adopt.c. 0 or -ENOMEM. */
int restoring_adopt(struct restoring *restoring);

/* The broker of that number; NULL if there is none. */
struct broker *restoring_find_broker(const struct restoring *restoring, uint64_t number);

/* restore_family.c: after the brokers and captures. 0 or -ENOMEM. */
int restoring_generations(struct restoring *restoring);

#endif
