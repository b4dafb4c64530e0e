/* SPDX-License-Identifier: MIT */
/*
 * Finds out what a peer speaks and what it does by itself, as long as nobody
 * restarts it: later that is what is to be expected of it.
 */
#ifndef SUPERVISOR_DOCTOR_LESSON_H
#define SUPERVISOR_DOCTOR_LESSON_H

#include <stdbool.h>

struct ev_loop;
struct peer;
struct visit;
struct words;

struct lesson {
	struct ev_loop *loop;
	const struct words *words;
	struct peer *peer;   /* borrowed, until it is done */
	struct visit *visit; /* owned; NULL: none is under way */
	int question;
};

/* Begins; lesson_is_done says when what is known has been written to the peer. */
void lesson_start(
	struct lesson *lesson, struct ev_loop *loop, const struct words *words, struct peer *peer);

bool lesson_is_done(const struct lesson *lesson);

/* Ends it early. Harmless on one that is done. */
void lesson_stop(struct lesson *lesson);

#endif
