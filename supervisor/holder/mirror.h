/* SPDX-License-Identifier: MIT */
/*
 * Baton's side of the holder (holder.h): starts it, sees to it that it has what is to be held, and
 * starts another if it dies. What that is its user says anew before the loop waits each time;
 * only what has changed since is sent.
 */
#ifndef SUPERVISOR_HOLDER_MIRROR_H
#define SUPERVISOR_HOLDER_MIRROR_H

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>

#include "family.h"
#include "holder/holder_store.h"
#include "process_tree.h"

struct mirror;

/* Calls mirror_put for everything that is to be held now. */
typedef void (*mirror_fill_fn)(struct mirror *mirror, void *data);

struct mirror {
	struct ev_loop *loop;
	char *path; /* of the door, owned; NULL: there is no holder and never was */
	mirror_fill_fn fill;
	void *data;
	int link; /* -1: it does not run */
	struct family_registry *families;
	struct family family;     /* its own, so that it is taken for nobody else's */
	struct holder_store sent; /* without descriptors: it has them */
	struct list *next;        /* of sent, where what comes next is likely to be */
	int former;               /* the door of a holder before it, which may go once this one has
	                           * everything; -1: none */
	bool is_behind;           /* a message of this round did not get through */
	int64_t behind_since_ms;  /* 0: the last round did */
	int64_t started_ms;
	bool has_complained;
	ev_io watcher;
	ev_prepare before_waiting;
	ev_timer again; /* to start it, or to go on */
};

/* Prepares caller's memory; nothing is started. families is borrowed. */
void mirror_init(struct mirror *mirror, struct ev_loop *loop, struct family_registry *families);

/* What it is about. */
struct mirror_options {
	char *path; /* of the door, taken */
	int former; /* a door of another holder, taken: it may go once this one has everything; -1 */
	mirror_fill_fn fill;
	void *data;
};

/* Starts a holder. If that fails it is said, and tried again from time to time: the service can do
 * without. */
void mirror_start(struct mirror *mirror, const struct mirror_options *take_options);

/* The holder that another program of this process had started. */
struct mirror_past {
	int link; /* taken; -1: it did not run */
	struct process holder;
};

/* Goes on with that holder, which has entries of these keys: all of them are sent anew, as nobody
 * knows any more what they were. */
void mirror_resume(struct mirror *mirror, const struct mirror_options *take_options,
	const struct mirror_past *past);

/* For mirror_resume, before it: the holder has this. 0 or -ENOMEM. */
int mirror_remember(struct mirror *mirror, uint64_t key);

/* Whether a holder is there. */
bool mirror_runs(const struct mirror *mirror);

/* For the fill function: this is to be held. The descriptors stay the caller's. */
void mirror_put(struct mirror *mirror, const struct holder_entry *entry);

/* Fills and sends now. */
void mirror_refresh(struct mirror *mirror);

/* Baton ends: the holder ends, too, if is_over, and otherwise waits for another baton. Harmless
 * if nothing was started. */
void mirror_finish(struct mirror *mirror, bool is_over);

#endif
