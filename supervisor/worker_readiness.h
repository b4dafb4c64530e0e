/* SPDX-License-Identifier: MIT */
/* How it is seen that a worker is ready: what readiness.h has to know of it. */
#ifndef SUPERVISOR_WORKER_READINESS_H
#define SUPERVISOR_WORKER_READINESS_H

#include <baton/error.h>

struct worker;

/* Prepares worker->readiness: it has a family, and is not watched. */
void worker_readiness_init(struct worker *worker);

/* The same, and begins to watch. 0, or -errno with the reason. */
int worker_readiness_start(struct worker *worker, struct baton_error *error);

#endif
