/* SPDX-License-Identifier: MIT */
/*
 * The inside of <baton/context.h>.
 *
 *     context.c         making, sharing and freeing contexts; values
 *     context_end.c     how they end, and what is asked about that
 *     context_watch.c   waiting for it on a loop
 *     context_poll.c    waiting for it in a thread without one
 *
 * A context is in its parent's list until it is freed, ended or not, and holds
 * a reference to its parent: so everything below a root can be walked. The lock
 * of the root is that of all below it. A context whose last reference is gone
 * may still be met in the list, under the lock; then nobody waits for it.
 *
 * Lock order: roots, a root's, a mailbox's.
 */
#ifndef LIFECYCLE_CONTEXT_OBJECT_H
#define LIFECYCLE_CONTEXT_OBJECT_H

#include <baton/context.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct context_root;

struct baton_context {
	atomic_uint references;
	atomic_int err;               /* see baton_context_err; set once, under the lock */
	struct context_root *root;    /* NULL: the background */
	struct baton_context *parent; /* a reference; the background itself for a root */
	struct list link;             /* in the parent's children; in context_roots for a root */
	struct list children;
	struct list waiters; /* of struct context_waiter */
	int64_t deadline_ms;
	struct baton_context *deadline_owner; /* this or one above; NULL if never */
	struct baton_context *origin; /* where the end began: this or one above; holds why */
	int cause;
	char *reason; /* owned; NULL: the words for the cause */
	const void *key;
	void *value;
	const char *place;
	int64_t born_ms;
	uint64_t number; /* unlike any other's of the same root */
};

/* The same thing as what it gives the right to, under a type that does not say so. */
struct baton_cancel {
	struct baton_context context;
};

struct context_root {
	struct baton_cancel cancel;
	pthread_mutex_t lock;
	uint64_t id;          /* unlike any other root's */
	uint64_t last_number; /* under the lock */
};

/* Told under the lock that the context has ended, once. Zeroed before. */
struct context_waiter {
	struct list link;
	void (*notify)(struct context_waiter *waiter);
};

/* The background has none, and nothing of it changes. */
void context_lock(struct baton_context *context);
void context_unlock(struct baton_context *context);

/*
 * Locked: the one after context in a walk of all below top, each before those below it and in
 * the order in which they were made; NULL after the last. No recursion: the tree may be deep.
 */
struct baton_context *context_next(
	struct baton_context *top, struct baton_context *context, bool goes_below);

/* Locked: ends the context by its deadline or that of one above, if that has passed. */
void context_expire(struct baton_context *context, int64_t now_ms);

/* Has the waiter notified; under the lock of this very call if the context has ended. */
void context_wait(struct baton_context *context, struct context_waiter *waiter);

/* The waiter is not notified any more. */
void context_unwait(struct baton_context *context, struct context_waiter *waiter);

/* What is told of each context, under the lock: see context_list. */
struct context_entry {
	uint64_t root, number;
	uint64_t parent; /* number; 0: the background */
	int err;
	int64_t deadline_ms, born_ms;
	const char *place;
};

/* Calls fn for each context there is, parents first; ends with its first result that is not 0. */
int context_list(int (*fn)(const struct context_entry *entry, void *data), void *data);

struct context_watch_entry {
	uint64_t number; /* unlike any other watch's */
	bool is_over;
	int64_t born_ms;
	const char *place;
};

/* Likewise for each watch, in the order in which they were made. */
int context_list_watches(
	int (*fn)(const struct context_watch_entry *entry, void *data), void *data);

#endif
