/* SPDX-License-Identifier: MIT */
/*
 * The tasks of a tracker: slots that are claimed and given back without a lock,
 * in chunks that are added when all are taken. A task's life is a number that its slot
 * counts up at each begin and end, odd while it lasts, so a second end finds another
 * one, also once the slot has been claimed anew.
 */
#ifndef LIFECYCLE_TRACKER_SLOTS_H
#define LIFECYCLE_TRACKER_SLOTS_H

#include <baton/tracker.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct tracker_chunk;

struct tracker_slots {
	_Atomic(struct tracker_chunk *) first; /* a chunk stays until the end */
	_Atomic(struct tracker_chunk *) hint;  /* has probably a free slot */
	pthread_mutex_t lock;
	bool is_closed;  /* under the lock */
	unsigned chunks; /* under the lock: how many there are */
	size_t left;     /* under the lock: once closed, how many have not ended */
	/* Under the lock: closed, and nothing is left. */
	void (*on_empty)(struct tracker_slots *slots);
};

void tracker_slots_init(struct tracker_slots *slots, void (*on_empty)(struct tracker_slots *slots));

/* Nothing may be under way. */
void tracker_slots_finish(struct tracker_slots *slots);

/* 0, -ENOMEM or -ESHUTDOWN. */
int tracker_slots_begin(
	struct tracker_slots *slots, const char *label, const char *place, struct baton_task *ret);

size_t tracker_slots_count(struct tracker_slots *slots);

int tracker_slots_each(struct tracker_slots *slots, baton_task_fn fn, void *data);

/* Locked: no task begins any more. */
void tracker_slots_close(struct tracker_slots *slots);

#endif
