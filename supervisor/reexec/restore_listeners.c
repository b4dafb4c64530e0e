/* SPDX-License-Identifier: MIT */
/* Listeners, and the manager's store of them: see restore.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <baton/listener.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "fd_store.h"
#include "reexec/restore.h"
#include "reexec/state.h"
#include "setup.h"
#include "socket/listener.h"

struct opening {
	struct restored *restored;
	const struct state *state;
	unsigned **users; /* of each listener: see listeners.h; NULL: nobody has it yet */
};

static int restore_listener(
	const struct state_listener *from, struct baton_listener **ret, struct baton_error *error)
{
	cleanup_free int *fds = calloc(from->socket_count, sizeof(*fds));

	if (!fds)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < from->socket_count; i++)
		fds[i] = from->sockets[i].fd;
	return listener_resume(from->name, fds, from->socket_count,
		&(struct listener_past){
			.shares = from->shares,
			.owns_path = from->owns_path,
			.device = (dev_t)from->path_device,
			.inode = (ino_t)from->path_inode,
		},
		ret, error);
}

static int use_listener(
	struct opening *opening, struct listeners *listeners, const struct state_use *use)
{
	char *name = strdup(use->name);
	unsigned **users = &opening->users[use->listener];

	if (!*users)
		*users = calloc(1, sizeof(**users));
	if (!name || !*users) {
		free(name);
		return -ENOMEM;
	}
	++**users;
	listeners->items[listeners->count++] = (struct listeners_item){
		.name = name,
		.listener = opening->restored->listeners[use->listener],
		.origin = use->origin,
		.users = *users,
	};
	return 0;
}

static int use_listeners(
	struct opening *opening, struct setup *setup, const struct state_setup *from)
{
	int r = 0;

	setup->listeners.store = fd_store_ref(opening->restored->store);
	setup->listeners.items = calloc(from->listener_count + 1, sizeof(*setup->listeners.items));
	if (!setup->listeners.items)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < from->listener_count; i++)
		r = use_listener(opening, &setup->listeners, &from->listeners[i]);
	return r;
}

/* Nobody waits for the manager any more: clients are served. */
static int open_store(struct opening *opening)
{
	const struct state *state = opening->state;
	struct restored *restored = opening->restored;
	int r = fd_store_create(&restored->store);
	if (r < 0)
		return r;
	restored->store->capacity = (size_t)state->store_capacity;
	restored->store->is_serving = true;
	for (size_t i = 0; r == 0 && i < state->listener_count; i++) {
		const struct state_listener *from = &state->listeners[i];

		if (from->store_name)
			r = fd_store_enter(restored->store, from->store_name, from->store_copy,
				from->store_index_end, restored->listeners[i]);
	}
	return r;
}

static int open_all(struct opening *opening, struct baton_error *error)
{
	const struct state *state = opening->state;
	struct restored *restored = opening->restored;
	int r = 0;

	restored->listeners = calloc(state->listener_count + 1, sizeof(*restored->listeners));
	if (!restored->listeners || !opening->users)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < state->listener_count; i++)
		r = restore_listener(&state->listeners[i], &restored->listeners[i], error);
	if (r < 0)
		return r;
	r = open_store(opening);
	for (size_t i = 0; r == 0 && i < state->setup_count; i++)
		r = use_listeners(opening, restored->setups[i], &state->setups[i]);
	return r < 0 ? error_set(error, r, "out of memory") : 0;
}

int restored_open(struct restored *restored, const struct state *state, struct baton_error *error)
{
	struct opening opening = {
		.restored = restored,
		.state = state,
		.users = calloc(state->listener_count + 1, sizeof(*opening.users)),
	};
	int r = open_all(&opening, error);

	free(opening.users);
	return r;
}
