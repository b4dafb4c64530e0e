/* SPDX-License-Identifier: MIT */
/* See holder_store.h. */
#include "holder/holder_store.h"

#include <stdlib.h>

#include "base/container.h"

void holder_store_init(struct holder_store *store)
{
	list_init(&store->items);
}

void holder_store_drop(struct holder_item *item)
{
	list_remove(&item->link);
	holder_entry_close(&item->entry);
	free(item);
}

void holder_store_finish(struct holder_store *store)
{
	list_for_each_safe (link, &store->items)
		holder_store_drop(container_of(link, struct holder_item, link));
}

struct holder_item *holder_store_find(const struct holder_store *store, uint64_t key)
{
	list_for_each (link, &store->items) {
		struct holder_item *item = container_of(link, struct holder_item, link);

		if (item->entry.key == key)
			return item;
	}
	return NULL;
}

struct holder_item *holder_store_put(struct holder_store *store, const struct holder_entry *entry)
{
	struct holder_item *item = holder_store_find(store, entry->key);

	if (item) {
		holder_entry_close(&item->entry);
	} else {
		item = malloc(sizeof(*item));
		if (!item) {
			struct holder_entry lost = *entry;

			holder_entry_close(&lost);
			return NULL;
		}
		list_append(&store->items, &item->link);
	}
	item->entry = *entry;
	item->is_seen = true;
	return item;
}
