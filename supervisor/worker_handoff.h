/* SPDX-License-Identifier: MIT */
/*
 * Introduces a worker to the one that it replaces, so that this can pass its connections on to
 * it: see <baton/handoff.h>. What they say to each other baton does not see.
 */
#ifndef SUPERVISOR_WORKER_HANDOFF_H
#define SUPERVISOR_WORKER_HANDOFF_H

struct generation;
struct worker;

/* The worker takes connections on this link. */
void worker_handoff_offered(struct worker *worker, int take_link);

/* The generation is about to be told to stop: its workers get the links of those that replace it,
 * each that of the same number. */
void worker_handoff_introduce(struct generation *generation);

#endif
