/* SPDX-License-Identifier: MIT */
/*
 * What a baton that was killed has left with its holder: the sockets, and the workers, which wait
 * for an answer. They are taken back: the sockets are held again, the workers are
 * answered, and told to stop once a generation of this baton serves (takeover.h).
 */
#ifndef SUPERVISOR_ADOPT_RECLAIM_H
#define SUPERVISOR_ADOPT_RECLAIM_H

#include <stdbool.h>

struct adopt;
struct ev_loop;
struct record_service;
struct takeover;

struct reclaim {
	int door; /* of the holder, which waits for us to say that we have it; -1: nothing was left */
};

/* What is needed. All borrowed. */
struct reclaim_options {
	struct ev_loop *loop;
	struct adopt *adopt;
	struct takeover *takeover;
	const struct record_service *service;
	const char *path; /* of the door */
	bool is_named; /* the service, by its user: then another command is taken for a new one of
	                    * the same service */
};

/* Takes back what there is. What goes wrong is said in the log; the service begins all the same.
 * Waits for the holder, seconds at most. */
void reclaim_begin(struct reclaim *reclaim, const struct reclaim_options *options);

/* It is held elsewhere by now: the old holder may go. */
void reclaim_complete(struct reclaim *reclaim);

#endif
