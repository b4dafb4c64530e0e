/* SPDX-License-Identifier: MIT */
/*
 * Threads of the library: they take no signals, which belong to the loop's
 * thread, have a name that ps(1) shows, and are on a list with the place where they were started.
 */
#ifndef LIFECYCLE_THREAD_H
#define LIFECYCLE_THREAD_H

#include <pthread.h>
#include <sys/types.h>

/*
 * Starts one that runs fn(data). name is cut to 15 bytes; place must stay for
 * ever. The caller joins or detaches it. 0 or -errno of pthread_create(3).
 */
int thread_start(
	const char *name, const char *place, void (*fn)(void *data), void *data, pthread_t *ret);

/* The place of the thread of this process with that tid; NULL if it is not one of ours. */
const char *thread_place(pid_t tid);

#endif
