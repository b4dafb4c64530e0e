/* SPDX-License-Identifier: MIT */
/*
 * The manager's store of descriptors (systemd's FileDescriptorStoreMax=): baton leaves duplicates
 * of its listeners there, and a later baton of the same unit takes them back (stored.h), whether
 * this one was killed or told to stop. Meanwhile clients wait in the queues.
 *
 * The manager says by $FDSTORE how many descriptors it keeps.
 */
#ifndef SUPERVISOR_FD_STORE_H
#define SUPERVISOR_FD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/list.h"

struct baton_listener;

/* Shared by the sets of listeners. */
struct fd_store {
	unsigned refs;
	size_t capacity;     /* how many descriptors the manager keeps; 0: there is no store */
	size_t stored;       /* how many it has of ours */
	struct list entries; /* struct entry: the listeners that it has or that it was to have */
	bool is_serving;     /* clients are served by now, and nobody waits for the manager */
	ino_t *earlier;      /* sockets that the workers of an earlier baton may have */
	size_t earlier_count;
};

/* Reads $FDSTORE. 0 or -ENOMEM. */
int fd_store_create(struct fd_store **ret);

struct fd_store *fd_store_ref(struct fd_store *store);

/* Frees it once nobody has it any more; what is stored stays so. NULL is allowed. */
void fd_store_unref(struct fd_store *store);

/* The manager has the listener's sockets, by the name and copy of store_name.h, and by indexes
 * below index_end: there are gaps if it dropped some. 0 or -ENOMEM. */
int fd_store_enter(struct fd_store *store, const char *name, unsigned copy, size_t index_end,
	const struct baton_listener *listener);

/* The name by which the manager has the listener's sockets, borrowed, with copy and index_end as
 * fd_store_enter takes them; NULL if it has none. */
const char *fd_store_find(const struct fd_store *store, const struct baton_listener *listener,
	unsigned *ret_copy, size_t *ret_index_end);

/* Remembers a socket that was there before this baton. 0 or -ENOMEM. */
int fd_store_add_earlier(struct fd_store *store, ino_t socket);

/*
 * Sees to it that the manager has duplicates of the listener's sockets, under that name if it has
 * none yet. A unix path is kept from then on, since the next baton needs both. What goes
 * wrong is said in the log, once for each listener. Waits for the manager now and then until
 * is_serving is set, a second at most.
 */
void fd_store_put(struct fd_store *store, const char *name, struct baton_listener *listener);

/* The listener is closed soon: what the manager has of it stays there for the next baton. */
void fd_store_leave(struct fd_store *store, struct baton_listener *listener);

/* The listener is closed soon, for ever: the manager has to close it, too, and its path is removed
 * with it. */
void fd_store_remove(struct fd_store *store, struct baton_listener *listener);

#endif
