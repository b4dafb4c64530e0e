/* SPDX-License-Identifier: MIT */
/*
 * Threads of a case. What they find is for the case to check once they are
 * joined: Check's assertions are the main thread's.
 */
#ifndef TESTS_SUPPORT_THREADS_H
#define TESTS_SUPPORT_THREADS_H

#include <semaphore.h>

enum { THREADS_MAX = 16 };

/* Starts so many threads, which call fn with their index, all at the same time. */
void threads_start(unsigned count, void (*fn)(unsigned index));

/* One, with a stack of 64 KiB. */
void threads_start_small(void (*fn)(unsigned index));

/* Waits until all have ended; the case fails past the deadline. */
void threads_join(void);

/* Waits for the semaphore, in any thread; past the deadline the case fails, or what it is in. */
void threads_await(sem_t *semaphore);

#endif
