/* SPDX-License-Identifier: MIT */
/* See fd_store.h. */
#include "fd_store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <baton/listener.h>
#include <baton/notify.h>

#include "base/container.h"
#include "base/error.h"
#include "base/parse.h"
#include "log.h"
#include "process/notify_explain.h"
#include "store_name.h"

enum {
	/* The queue of a manager's socket may be as short as 10 (net.unix.max_dgram_qlen). */
	BURST = 8,
	BARRIER_MS = 1000,
};

struct entry {
	struct list link;                      /* fd_store::entries */
	const struct baton_listener *listener; /* borrowed */
	unsigned copy;
	size_t index_end; /* the indexes of its sockets are below */
	bool is_stored;
	char name[]; /* by which it is stored, whatever it is called later */
};

static size_t read_capacity(void)
{
	const char *text = getenv("FDSTORE");
	int capacity = 0;

	if (!text || !getenv("NOTIFY_SOCKET"))
		return 0;
	if (parse_int(text, 0, INT_MAX, &capacity) < 0)
		log_warning(NULL, "FDSTORE=\"%s\" is not a number: nothing is stored", text);
	return (size_t)capacity;
}

int fd_store_create(struct fd_store **ret)
{
	struct fd_store *store = malloc(sizeof(*store));

	if (!store)
		return -ENOMEM;
	*store = (struct fd_store){ .refs = 1, .capacity = read_capacity() };
	list_init(&store->entries);
	*ret = store;
	return 0;
}

struct fd_store *fd_store_ref(struct fd_store *store)
{
	store->refs++;
	return store;
}

static void destroy_entry(struct entry *entry)
{
	list_remove(&entry->link);
	free(entry);
}

void fd_store_unref(struct fd_store *store)
{
	if (!store || --store->refs > 0)
		return;
	list_for_each_safe (link, &store->entries)
		destroy_entry(container_of(link, struct entry, link));
	free(store->earlier);
	free(store);
}

static struct entry *find(const struct fd_store *store, const struct baton_listener *listener)
{
	list_for_each (link, &store->entries) {
		struct entry *entry = container_of(link, struct entry, link);

		if (entry->listener == listener)
			return entry;
	}
	return NULL;
}

const char *fd_store_find(const struct fd_store *store, const struct baton_listener *listener,
	unsigned *ret_copy, size_t *ret_index_end)
{
	const struct entry *entry = find(store, listener);

	if (!entry || !entry->is_stored)
		return NULL;
	*ret_copy = entry->copy;
	*ret_index_end = entry->index_end;
	return entry->name;
}

/* The first copy that no other has. */
static unsigned choose_copy(const struct fd_store *store, const char *name)
{
	unsigned copy = 0;

	list_for_each (link, &store->entries) {
		const struct entry *entry = container_of(link, struct entry, link);

		if (strcmp(entry->name, name) == 0 && entry->copy >= copy)
			copy = entry->copy + 1;
	}
	return copy;
}

static struct entry *create_entry(struct fd_store *store, const char *name, unsigned copy,
	const struct baton_listener *listener)
{
	size_t size = strlen(name) + 1;
	struct entry *entry = malloc(sizeof(*entry) + size);

	if (!entry)
		return NULL;
	*entry = (struct entry){
		.listener = listener,
		.copy = copy,
		.index_end = baton_listener_count(listener),
	};
	memcpy(entry->name, name, size);
	list_append(&store->entries, &entry->link);
	return entry;
}

int fd_store_enter(struct fd_store *store, const char *name, unsigned copy, size_t index_end,
	const struct baton_listener *listener)
{
	struct entry *entry = create_entry(store, name, copy, listener);

	if (!entry)
		return -ENOMEM;
	entry->index_end = index_end;
	entry->is_stored = true;
	store->stored += baton_listener_count(listener);
	return 0;
}

int fd_store_add_earlier(struct fd_store *store, ino_t socket)
{
	ino_t *earlier =
		reallocarray(store->earlier, store->earlier_count + 1, sizeof(*store->earlier));

	if (!earlier)
		return -ENOMEM;
	earlier[store->earlier_count++] = socket;
	store->earlier = earlier;
	return 0;
}

/* 0 or -errno, with the reason. */
static int put_socket(const struct entry *entry, size_t index, struct baton_error *error)
{
	char stored[STORE_NAME_SIZE], message[STORE_NAME_SIZE + 64];
	int fd = baton_listener_fd(entry->listener, index);
	int r = store_name_format(entry->name, entry->copy, index, stored);
	if (r < 0)
		return error_set(error, r, "its name is too long for it");
	/* The manager drops one that has ended, which is right, as nothing comes to it any more.
	 * But a datagram socket may have an error, and goes on. */
	(void)snprintf(message, sizeof(message), "FDSTORE=1\nFDNAME=%s%s", stored,
		baton_listener_type(entry->listener) == SOCK_DGRAM ? "\nFDPOLL=0" : ""); /* fits */
	r = baton_notify_with_fds(message, &fd, 1);
	return r < 0 ? notify_explain(r, error) : 0;
}

/* A manager that does not answer is waited for once. */
static void wait_for_manager(struct fd_store *store)
{
	if (!store->is_serving && baton_notify_barrier(BARRIER_MS) < 0)
		store->is_serving = true;
}

/* All sockets, or -errno with the reason. What was sent before may be sent again: the manager knows
 * a socket that it has. */
static int put_all(struct fd_store *store, const struct entry *entry, struct baton_error *error)
{
	size_t count = baton_listener_count(entry->listener);

	if (store->stored + count > store->capacity)
		return error_set(error, -ENOSPC,
			"it has room for %zu sockets only: raise FileDescriptorStoreMax=",
			store->capacity);
	for (size_t i = 0; i < count; i++) {
		int r = put_socket(entry, i, error);
		if (r < 0)
			return r;
		if ((store->stored + i + 1) % BURST == 0)
			wait_for_manager(store);
	}
	return 0;
}

void fd_store_put(struct fd_store *store, const char *name, struct baton_listener *listener)
{
	const struct log_where at = { .listener = name };
	struct entry *entry = find(store, listener);
	bool is_again = entry != NULL;
	struct baton_error error;

	if (store->capacity == 0 || (entry && entry->is_stored))
		return;
	if (!entry)
		entry = create_entry(store, name, choose_copy(store, name), listener);
	if (!entry) {
		log_warning(&at, "is not left in the manager's store: out of memory");
		return;
	}
	if (put_all(store, entry, &error) < 0) {
		if (!is_again)
			log_warning(&at, "is not left in the manager's store: %s", error.text);
		return;
	}
	entry->is_stored = true;
	store->stored += baton_listener_count(listener);
	baton_listener_keep_path(listener);
	log_info(&at, "left in the manager's store");
}

void fd_store_leave(struct fd_store *store, struct baton_listener *listener)
{
	struct entry *entry = find(store, listener);

	if (entry)
		destroy_entry(entry);
}

void fd_store_remove(struct fd_store *store, struct baton_listener *listener)
{
	struct entry *entry = find(store, listener);
	char stored[STORE_NAME_SIZE];

	if (!entry)
		return;
	/* It may have some of one that it was not known to have. */
	for (size_t i = 0; i < entry->index_end; i++)
		if (store_name_format(entry->name, entry->copy, i, stored) == 0)
			(void)baton_notifyf("FDSTOREREMOVE=1\nFDNAME=%s",
				stored); /* if it fails, the next baton gets it, and closes it */
	if (entry->is_stored) {
		store->stored -= baton_listener_count(listener);
		(void)baton_listener_own_path(listener); /* without memory it is left behind */
	}
	destroy_entry(entry);
}
