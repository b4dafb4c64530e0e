/* SPDX-License-Identifier: MIT */
/* See thread.h. */
#include "lifecycle/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mutex.h"

enum { NAME_SIZE = 16 }; /* PR_SET_NAME, prctl(2) */

struct thread {
	struct list link; /* in threads */
	pid_t tid;
	const char *place;
	char name[NAME_SIZE];
	void (*fn)(void *data);
	void *data;
};

static pthread_mutex_t threads_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list threads = { &threads, &threads };

static void *run(void *data)
{
	struct thread *thread = data;

	(void)prctl(PR_SET_NAME, thread->name); /* fails for a bad address only */
	mutex_lock(&threads_lock);
	thread->tid = gettid();
	list_append(&threads, &thread->link);
	mutex_unlock(&threads_lock);
	thread->fn(thread->data);
	mutex_lock(&threads_lock);
	list_remove(&thread->link);
	mutex_unlock(&threads_lock);
	free(thread);
	return NULL;
}

/* Signals are for the loop's thread; but what a thread has done wrong itself only that thread
 * can be told. */
static void fill_mask(sigset_t *mask)
{
	static const int faults[] = { SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP };

	(void)sigfillset(mask); /* valid arguments: cannot fail */
	for (size_t i = 0; i < array_length(faults); i++)
		(void)sigdelset(mask, faults[i]);
}

int thread_start(
	const char *name, const char *place, void (*fn)(void *data), void *data, pthread_t *ret)
{
	struct thread *thread = malloc(sizeof(*thread));
	sigset_t mask, before;

	if (!thread)
		return -ENOMEM;
	*thread = (struct thread){ .place = place, .fn = fn, .data = data };
	(void)snprintf(thread->name, sizeof(thread->name), "%s", name); /* cut */
	fill_mask(&mask);
	/* The mask is inherited; neither call can fail with these arguments. */
	(void)pthread_sigmask(SIG_SETMASK, &mask, &before);
	int r = pthread_create(ret, NULL, run, thread);

	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		free(thread);
	return -r;
}

const char *thread_place(pid_t tid)
{
	const char *place = NULL;

	mutex_lock(&threads_lock);
	list_for_each (pos, &threads) {
		struct thread *thread = container_of(pos, struct thread, link);

		if (thread->tid == tid) {
			place = thread->place;
			break;
		}
	}
	mutex_unlock(&threads_lock);
	return place;
}
