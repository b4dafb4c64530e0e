/* SPDX-License-Identifier: MIT */
/* See threads.h. */
#include "support/threads.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DEADLINE_S = 20, SMALL_STACK = 64 * 1024 };

static pthread_t threads[THREADS_MAX];
static unsigned started;
static pthread_barrier_t all_are_there;
static void (*function)(unsigned index);

static void *run(void *data)
{
	(void)pthread_barrier_wait(&all_are_there);
	function((unsigned)(uintptr_t)data);
	return NULL;
}

/* Of the clock that sem_timedwait and pthread_timedjoin_np go by. */
static struct timespec deadline(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_REALTIME, &time); /* cannot fail */
	time.tv_sec += DEADLINE_S;
	return time;
}

static void start(unsigned count, const pthread_attr_t *attributes, void (*fn)(unsigned index))
{
	ck_assert_uint_le(count, THREADS_MAX);
	function = fn;
	ck_assert_int_eq(pthread_barrier_init(&all_are_there, NULL, count), 0);
	for (started = 0; started < count; started++) {
		void *data = (void *)(uintptr_t)started;

		ck_assert_int_eq(pthread_create(&threads[started], attributes, run, data), 0);
	}
}

void threads_start(unsigned count, void (*fn)(unsigned index))
{
	start(count, NULL, fn);
}

void threads_start_small(void (*fn)(unsigned index))
{
	pthread_attr_t attributes;

	ck_assert_int_eq(pthread_attr_init(&attributes), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attributes, SMALL_STACK), 0);
	start(1, &attributes, fn);
	ck_assert_int_eq(pthread_attr_destroy(&attributes), 0);
}

void threads_join(void)
{
	const struct timespec until = deadline();

	while (started)
		ck_assert_int_eq(pthread_timedjoin_np(threads[--started], NULL, &until), 0);
	ck_assert_int_eq(pthread_barrier_destroy(&all_are_there), 0);
}

void threads_await(sem_t *semaphore)
{
	const struct timespec until = deadline();
	int r;

	do
		r = sem_timedwait(semaphore, &until);
	while (r == -1 && errno == EINTR);
	if (r == -1) {
		(void)fprintf(stderr, "threads: a semaphore was not posted by the deadline\n");
		abort();
	}
}
