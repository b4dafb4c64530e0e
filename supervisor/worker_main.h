/* SPDX-License-Identifier: MIT */
/* Which process of a worker is its main one: whose end is the worker's, and who gets signals. */
#ifndef SUPERVISOR_WORKER_MAIN_H
#define SUPERVISOR_WORKER_MAIN_H

#include <stdbool.h>
#include <sys/types.h>

struct worker;

/* The main process is another one from now on: a member of the family. 0, or -errno, which was
 * logged. */
int worker_take_main(struct worker *worker, pid_t pid);

/* The main process has ended well. Whether another one of the worker took its place. */
bool worker_follow(struct worker *worker);

#endif
