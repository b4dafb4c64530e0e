/* SPDX-License-Identifier: MIT */
/* Mutexes with the default attributes, of which none of this can fail but by a mistake of ours. */
#ifndef BASE_MUTEX_H
#define BASE_MUTEX_H

#include <assert.h>
#include <pthread.h>

static inline void mutex_init(pthread_mutex_t *mutex)
{
	int r = pthread_mutex_init(mutex, NULL);

	assert(r == 0);
	(void)r;
}

static inline void mutex_finish(pthread_mutex_t *mutex)
{
	int r = pthread_mutex_destroy(mutex);

	assert(r == 0);
	(void)r;
}

static inline void mutex_lock(pthread_mutex_t *mutex)
{
	int r = pthread_mutex_lock(mutex);

	assert(r == 0);
	(void)r;
}

static inline void mutex_unlock(pthread_mutex_t *mutex)
{
	int r = pthread_mutex_unlock(mutex);

	assert(r == 0);
	(void)r;
}

#endif
