/* SPDX-License-Identifier: MIT */
/* Time that passes, which no change of the time of day touches. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in milliseconds. */
int64_t clock_ms(void);

/* What the calling thread has used of a processor so far, in ms: CLOCK_THREAD_CPUTIME_ID. */
int64_t clock_cpu_ms(void);

/* How long ago `then` was, as an int: INT_MAX for more than 24 days. */
int clock_ms_since(int64_t then);

#endif
