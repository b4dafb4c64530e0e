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

/* Sends a signal to the main process of each. */
void workers_signal(struct runtime *runtime, int signal);

/* Writes generation and main process of each that runs, room of them at most; how many. */
size_t workers_list(struct runtime *runtime, struct status_entry *ret, size_t room);

#endif
