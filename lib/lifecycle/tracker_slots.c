/* SPDX-License-Identifier: MIT */
/* See tracker_slots.h. */
#include "lifecycle/tracker_slots.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/container.h"
#include "base/mutex.h"

enum {
	CHUNK_SLOTS = 63,
	LIFE_BITS = 38, /* of the count of one slot; those above tell slots apart */
};

#define CLOSED     (UINT64_C(1) << 63)
#define SLOTS_MASK (CLOSED - 1)

struct slot {
	atomic_uint_least64_t life;
	_Atomic(const char *) label;
	_Atomic(const char *) place;
	atomic_int_least64_t begun_ms;
	unsigned index;
};

/*
 * One word says which slots are free and whether the tracker is closed. So a begin
 * cannot miss the close, and an end learns from the very operation that gives its
 * slot back whether somebody waits: after that it may not touch what, with
 * nothing under way, may be gone. Once closed `left` is what counts, under the lock.
 */
struct tracker_chunk {
	atomic_uint_least64_t free;
	struct tracker_slots *slots;
	struct tracker_chunk *next;
	struct slot slot[CHUNK_SLOTS];
};

/* Cheaper than the exact time, and good enough for people. */
static int64_t rough_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now); /* cannot fail */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct tracker_chunk *chunk_of(struct slot *slot)
{
	return container_of(slot - slot->index, struct tracker_chunk, slot[0]);
}

static size_t count_taken(uint64_t free)
{
	return (size_t)__builtin_popcountll(~free & SLOTS_MASK);
}

/* A free slot of the chunk; NULL if it has none, or is closed. */
static struct slot *claim_in(struct tracker_chunk *chunk)
{
	uint64_t free = atomic_load_explicit(&chunk->free, memory_order_relaxed);

	while ((free & SLOTS_MASK) && !(free & CLOSED)) {
		uint64_t bit = free & -free;

		if (atomic_compare_exchange_weak(&chunk->free, &free, free & ~bit))
			return &chunk->slot[__builtin_ctzll(bit)];
	}
	return NULL;
}

static void hint(struct tracker_slots *slots, struct tracker_chunk *chunk)
{
	if (atomic_load_explicit(&slots->hint, memory_order_relaxed) != chunk)
		atomic_store_explicit(&slots->hint, chunk, memory_order_release);
}

static struct slot *claim(struct tracker_slots *slots)
{
	struct tracker_chunk *chunk = atomic_load(&slots->hint);
	struct slot *slot = chunk ? claim_in(chunk) : NULL;

	if (slot)
		return slot;
	for (chunk = atomic_load(&slots->first); chunk && !slot; chunk = chunk->next) {
		slot = claim_in(chunk);
		if (slot)
			hint(slots, chunk);
	}
	return slot;
}

/* Locked: another chunk, with its first slot claimed. */
static struct slot *grow(struct tracker_slots *slots)
{
	struct tracker_chunk *chunk = calloc(1, sizeof(*chunk));

	if (!chunk)
		return NULL;
	chunk->slots = slots;
	for (unsigned i = 0; i < CHUNK_SLOTS; i++) {
		uint64_t number = (uint64_t)slots->chunks * CHUNK_SLOTS + i;

		chunk->slot[i].index = i;
		atomic_init(&chunk->slot[i].life, number << LIFE_BITS);
	}
	slots->chunks++;
	atomic_init(&chunk->free, SLOTS_MASK & ~UINT64_C(1));
	/* In front: the chunks behind are full. */
	chunk->next = atomic_load(&slots->first);
	atomic_store(&slots->first, chunk);
	hint(slots, chunk);
	return &chunk->slot[0];
}

static int claim_or_grow(struct tracker_slots *slots, struct slot **ret)
{
	int r = 0;

	mutex_lock(&slots->lock);
	/* Another thread may have been here before. */
	struct slot *slot = slots->is_closed ? NULL : claim(slots);

	if (slots->is_closed)
		r = -ESHUTDOWN;
	else if (!slot && !(slot = grow(slots)))
		r = -ENOMEM;
	mutex_unlock(&slots->lock);
	if (r == 0)
		*ret = slot;
	return r;
}

/*
 * Release and acquire, here and in each(): whoever reads a label of the next
 * task of the slot finds that the life has changed since.
 */
int tracker_slots_begin(
	struct tracker_slots *slots, const char *label, const char *place, struct baton_task *ret)
{
	struct slot *slot = claim(slots);

	if (!slot) {
		int r = claim_or_grow(slots, &slot);
		if (r < 0)
			return r;
	}
	uint64_t life = atomic_load_explicit(&slot->life, memory_order_relaxed) + 1;

	atomic_store_explicit(&slot->label, label, memory_order_release);
	atomic_store_explicit(&slot->place, place, memory_order_release);
	atomic_store_explicit(&slot->begun_ms, rough_ms(), memory_order_release);
	atomic_store_explicit(&slot->life, life, memory_order_release);
	*ret = (struct baton_task){ slot, life };
	return 0;
}

static void ended_closed(struct tracker_slots *slots)
{
	mutex_lock(&slots->lock);
	if (--slots->left == 0)
		slots->on_empty(slots);
	mutex_unlock(&slots->lock);
}

int baton_task_end(const struct baton_task *task)
{
	if (!task)
		return -EINVAL;
	struct slot *slot = task->slot;
	uint64_t life = task->life;

	if (!slot || !atomic_compare_exchange_strong(&slot->life, &life, life + 1))
		return -EALREADY;
	struct tracker_chunk *chunk = chunk_of(slot);
	struct tracker_slots *slots = chunk->slots;

	hint(slots, chunk); /* now: see struct tracker_chunk */
	if (atomic_fetch_or(&chunk->free, UINT64_C(1) << slot->index) & CLOSED)
		ended_closed(slots);
	return 0;
}

size_t tracker_slots_count(struct tracker_slots *slots)
{
	size_t count = 0;

	for (struct tracker_chunk *chunk = atomic_load(&slots->first); chunk; chunk = chunk->next)
		count += count_taken(atomic_load(&chunk->free));
	return count;
}

/* Whether a task was there, the same from the first look to the last. */
static bool read_slot(struct slot *slot, struct baton_task_info *ret)
{
	uint64_t life = atomic_load_explicit(&slot->life, memory_order_acquire);

	if (life % 2 == 0)
		return false;
	ret->number = life;
	ret->label = atomic_load_explicit(&slot->label, memory_order_acquire);
	ret->place = atomic_load_explicit(&slot->place, memory_order_acquire);
	int64_t begun_ms = atomic_load_explicit(&slot->begun_ms, memory_order_acquire);

	ret->age_ms = rough_ms() - begun_ms; /* in this order, or it might be negative */
	return atomic_load_explicit(&slot->life, memory_order_relaxed) == life;
}

int tracker_slots_each(struct tracker_slots *slots, baton_task_fn fn, void *data)
{
	struct baton_task_info info;
	int r = 0;

	for (struct tracker_chunk *chunk = atomic_load(&slots->first); chunk; chunk = chunk->next)
		for (unsigned i = 0; i < CHUNK_SLOTS && r == 0; i++)
			if (read_slot(&chunk->slot[i], &info))
				r = fn(&info, data);
	return r;
}

void tracker_slots_close(struct tracker_slots *slots)
{
	if (slots->is_closed)
		return;
	slots->is_closed = true;
	for (struct tracker_chunk *chunk = atomic_load(&slots->first); chunk; chunk = chunk->next)
		slots->left += count_taken(atomic_fetch_or(&chunk->free, CLOSED));
}

void tracker_slots_init(struct tracker_slots *slots, void (*on_empty)(struct tracker_slots *slots))
{
	*slots = (struct tracker_slots){ .on_empty = on_empty };
	mutex_init(&slots->lock);
}

void tracker_slots_finish(struct tracker_slots *slots)
{
	struct tracker_chunk *next;

	for (struct tracker_chunk *chunk = slots->first; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	mutex_finish(&slots->lock);
}
