/* SPDX-License-Identifier: MIT */
/* Entries (holder_message.h) by their keys, in the order in which they came first. */
#ifndef SUPERVISOR_HOLDER_HOLDER_STORE_H
#define SUPERVISOR_HOLDER_HOLDER_STORE_H

#include <stdbool.h>

#include "base/list.h"
#include "holder/holder_message.h"

struct holder_item {
	struct list link;
	struct holder_entry entry;
	bool is_seen; /* for whoever looks which of them are still wanted */
};

struct holder_store {
	struct list items;
};

void holder_store_init(struct holder_store *store);

/* Closes and frees all; the store is empty again. */
void holder_store_finish(struct holder_store *store);

/* Takes the entry's descriptors, whatever it returns, in the place of what had the key. The item,
 * borrowed; or NULL if memory ran out. */
struct holder_item *holder_store_put(struct holder_store *store, const struct holder_entry *entry);

/* The item of the key, borrowed; NULL: there is none. */
struct holder_item *holder_store_find(const struct holder_store *store, uint64_t key);

/* Closes and frees it. */
void holder_store_drop(struct holder_item *item);

#endif
