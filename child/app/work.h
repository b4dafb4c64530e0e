/* SPDX-License-Identifier: MIT */
/*
 * /work?n=N: how many primes are below N, counted by the threads of a pool, as
 * it would hold up everybody else on the loop. When the pool's queue is full the client is
 * told so at once: 503, and when to try again.
 */
#ifndef CHILD_APP_WORK_H
#define CHILD_APP_WORK_H

#include <baton/pool.h>

#include "http/call.h"

enum { WORK_DEFAULT_N = 100 * 1000, WORK_MAX_N = 100 * 1000 * 1000 };

enum call_progress work_begin(struct call *call, struct baton_pool *pool);
void work_end(struct call *call);

#endif
