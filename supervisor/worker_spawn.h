/* SPDX-License-Identifier: MIT */
/* Runs the command of a worker: its environment, descriptors, channel and process. */
#ifndef SUPERVISOR_WORKER_SPAWN_H
#define SUPERVISOR_WORKER_SPAWN_H

#include <stddef.h>

#include <baton/error.h>

struct worker;

/*
 * Starts the process: on success the worker has pid, pidfd, channel and kin. Returns -errno with
 * the reason otherwise; what the worker has got by then is for worker.c to free.
 */
int worker_spawn(struct worker *worker, struct baton_error *error);

/* Writes worker->inodes: of the sockets it is given, which accept detection looks for. 0 or -errno. */
int worker_list_inodes(struct worker *worker, size_t *ret_count);

#endif
