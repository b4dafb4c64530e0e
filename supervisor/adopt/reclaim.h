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
struct takeover;

/* What is needed. All borrowed. */
struct reclaim_options {
	struct ev_loop *loop;
	struct adopt *adopt;
	struct takeover *takeover;
	const char *name; /* of the service */
	bool is_named;    /* so by its user: others may have a command of the same name */
	const char *path; /* of the door */
};

/*
 * Takes back what there is. What goes wrong is said in the log; the service begins all the same.
 * Waits for the holder, seconds at most. Returns its door, the caller's, for when everything is
 * held elsewhere (holder_client_confirm); -1: nothing was taken.
 */
int reclaim(const struct reclaim_options *options);

#endif
