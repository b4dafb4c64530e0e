/* SPDX-License-Identifier: MIT */
/* All workers of all generations at once: finding one, telling all. */
#ifndef SUPERVISOR_WORKERS_H
#define SUPERVISOR_WORKERS_H

#include <stddef.h>
#include <sys/types.h>

struct runtime;
struct status_entry;
struct worker;

/* The worker whose family the process is of, borrowed; NULL for a stranger. */
struct worker *workers_find(struct runtime *runtime, pid_t pid);

/* A worker whose main process had ended before the rest of its family, which is gone now as well;
 * NULL if there is none. */
struct worker *workers_find_ended(struct runtime *runtime);

/* Told of a worker that is not sent a signal. */
typedef void (*workers_spared_fn)(const struct worker *worker, void *data);

/*
 * Sends a signal to the main process of each, but for those that have no handler for it and would
 * be ended or stopped by it: the log tells of these, and so does on_spared, which may be NULL. How
 * many were sent it.
 */
unsigned workers_pass_on(
	struct runtime *runtime, int signal, workers_spared_fn on_spared, void *data);

/* Writes generation and main process of each that runs, room of them at most; how many. */
size_t workers_list(struct runtime *runtime, struct status_entry *ret, size_t room);

#endif
