/* SPDX-License-Identifier: MIT */
/* Runs the command of a worker: its environment, descriptors, channel and process. */
#ifndef SUPERVISOR_WORKER_SPAWN_H
#define SUPERVISOR_WORKER_SPAWN_H

#include <baton/error.h>

struct worker;

/*
 * Starts the process: on success the worker has pid, pidfd, channel, family, and what its
 * readiness is seen by. Returns -errno with
 * the reason otherwise; what the worker has got by then is for worker.c to free.
 */
int worker_spawn(struct worker *worker, struct baton_error *error);

/* What it was seen to wait on is of no interest any more. */
void worker_forget_sockets(struct worker *worker);

#endif
