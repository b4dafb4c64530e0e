/* SPDX-License-Identifier: MIT */
/*
 * What a service has that binds for itself: what is held (adopt.h), a server that is taken over
 * (takeover.h), a holder (holder/holder.h) and what the one before has left (reclaim.h).
 */
#ifndef SUPERVISOR_ADOPT_ADOPTING_H
#define SUPERVISOR_ADOPT_ADOPTING_H

#include <ev.h>

#include <baton/error.h>

#include "adopt/adopt.h"
#include "adopt/deposit.h"
#include "adopt/takeover.h"
#include "holder/mirror.h"

struct settings;

struct adopting {
	struct adopt adopt;
	struct takeover takeover;
	struct mirror mirror;
	struct deposit deposit;
	ev_timer timer; /* for adopt_look */
};

enum { ADOPTING_OFF = 0, ADOPTING_ON = 1 };

/* Prepares caller's memory; nothing is begun. All are borrowed. */
void adopting_init(struct adopting *adopting, struct ev_loop *loop,
	struct family_registry *families, const struct settings *settings);

/*
 * Begins as the settings say. Where it is forbidden the service runs all the
 * same, as one that inherits its sockets: but for a server that is to be taken over. ADOPTING_ON,
 * ADOPTING_OFF, or -errno with the reason.
 */
int adopting_begin(
	struct adopting *adopting, const struct settings *settings, struct baton_error *error);

/* Goes on with what another program of this process had begun: servers that bind for themselves, if
 * is_on, and its holder, whose link is taken. What is held, and by whom, is put there by the
 * caller before the loop runs. */
void adopting_resume(struct adopting *adopting, const struct settings *settings, bool is_on,
	const struct mirror_past *holder);

/* The holder, if it is to survive us; NULL otherwise. Borrowed. */
const struct process *adopting_holder(const struct adopting *adopting);

/* At the end of the service; harmless if it was never begun. */
void adopting_finish(struct adopting *adopting);

#endif
