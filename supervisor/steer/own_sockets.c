/* SPDX-License-Identifier: MIT */
/* See own_sockets.h. */
#include "steer/own_sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "adopt/held.h"
#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/fd.h"
#include "listeners.h"
#include "log.h"
#include "socket/twin.h"
#include "steer/steer.h"

/* Who inherits a socket goes on to have it, whatever is bound. */
static bool has_open(const struct held_claimant *claimant, ino_t socket)
{
	(void)claimant;
	(void)socket;
	return true;
}

void own_sockets_init(struct own_sockets *own, struct held_table *held)
{
	*own = (struct own_sockets){ .held = held };
	list_init(&own->sets);
}

struct own_sockets_set *own_sockets_add_set(struct own_sockets *own)
{
	struct own_sockets_set *set = calloc(1, sizeof(*set) + own->count * sizeof(struct held *));

	if (!set)
		return NULL;
	set->claimant.has_open = has_open;
	list_append(&own->sets, &set->link);
	return set;
}

static void remove_set(struct own_sockets_set *set)
{
	list_remove(&set->link);
	free(set);
}

static struct held *first_of(const struct own_sockets *own, size_t index)
{
	return container_of(own->sets.next, struct own_sockets_set, link)->sockets[index];
}

/* Why its generations share it; NULL: they need not. */
static const char *why_shared(const struct held *held)
{
	if (held->binding.address.any.sa_family == AF_UNIX)
		return "it is a unix socket";
	if (!steer_can(held))
		return "it is of MPTCP";
	switch (-twin_check(held->fd)) {
	case 0:
		return NULL;
	case EPERM:
		return "it belongs to another user";
	case EXDEV:
		return "it is of another network namespace";
	}
	return "no other can be opened beside it";
}

/* Takes the descriptor. 0 with NULL if it is of a kind that cannot be held. */
static int hold_first(struct own_sockets *own, int fd, struct held **ret)
{
	struct socket_address address = { .length = sizeof(address.un) };
	cleanup_fd int ours = fd;
	struct binding binding;

	*ret = NULL;
	if (getsockname(ours, &address.any, &address.length) == -1)
		return -errno;
	if (binding_read(ours, &address, &binding) < 0)
		return 0;
	struct held *held = held_take_bound(own->held, &binding, take_fd(&ours));
	if (!held)
		return -ENOMEM;
	held->is_passed = true;
	*ret = held;
	return 0;
}

static int add_first(
	struct own_sockets *own, const struct listeners_item *item, size_t index, struct held **ret)
{
	const char *bound = baton_listener_bound(item->listener, index);
	int ours = fd_dup(baton_listener_fd(item->listener, index));
	struct held *held;
	int r = ours < 0 ? ours : hold_first(own, ours, &held);
	if (r < 0)
		return r;
	const char *why = held ? why_shared(held) : "it is of another kind";

	*ret = held;
	if (!why)
		return steer_take(own->held, held);
	log_notice(&(struct log_where){ .listener = item->name },
		"%s cannot be steered, as %s: the generations share it", bound, why);
	if (held)
		held->is_shared = true;
	return 0;
}

int own_sockets_resume(struct own_sockets *own, const int *fds, size_t count, bool is_nonblocking)
{
	own->is_nonblocking = is_nonblocking;
	own->fds = calloc(count + 1, sizeof(*own->fds));
	if (!own->fds)
		return -ENOMEM;
	memcpy(own->fds, fds, count * sizeof(*fds));
	own->count = count;
	return 0;
}

/* 0 or -ENOMEM. */
static int note_listeners(struct own_sockets *own, const struct listeners *listeners)
{
	size_t count = listeners_socket_count(listeners);

	own->fds = calloc(count + 1, sizeof(*own->fds));
	if (!own->fds)
		return -ENOMEM;
	for (size_t i = 0; i < listeners->count; i++)
		for (size_t j = 0; j < baton_listener_count(listeners->items[i].listener); j++)
			own->fds[own->count++] = baton_listener_fd(listeners->items[i].listener, j);
	return 0;
}

int own_sockets_begin(struct own_sockets *own, const struct listeners *listeners,
	bool is_nonblocking, struct baton_error *error)
{
	int known = note_listeners(own, listeners);
	struct own_sockets_set *set = known < 0 ? NULL : own_sockets_add_set(own);
	size_t place = 0;

	own->is_nonblocking = is_nonblocking;
	if (!set)
		return error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < listeners->count; i++) {
		const struct listeners_item *item = &listeners->items[i];

		for (size_t j = 0; j < baton_listener_count(item->listener); j++) {
			int r = add_first(own, item, j, &set->sockets[place++]);
			if (r < 0)
				return error_set_errno(
					error, r, "cannot steer listener \"%.100s\"", item->name);
		}
	}
	return 0;
}

/* What is chosen does not change by it. */
static int open_beside(struct own_sockets *own, const struct held *first, struct held **ret)
{
	struct binding binding;
	int r = steer_prepare(own->held, first);
	if (r < 0)
		return r;
	cleanup_fd int fd = twin_open(first->fd);
	if (fd < 0)
		return fd;
	r = binding_read(fd, &first->binding.address, &binding);
	if (r < 0)
		return r;
	struct held *held = held_take_bound(own->held, &binding, take_fd(&fd));
	if (!held)
		return -ENOMEM;
	if (binding.type == SOCK_STREAM)
		r = twin_listen(held->fd, first->fd);
	if (r == 0)
		r = steer_take(own->held, held);
	if (r == 0)
		r = fd_set_nonblock(held->fd, own->is_nonblocking);
	if (r < 0) { /* the last of its group: nobody moves into its place */
		held_destroy(held);
		return r;
	}
	held->is_passed = true;
	*ret = held;
	return 0;
}

/* The last first, for the same reason. */
static void close_all(struct own_sockets *own, struct own_sockets_set *set)
{
	for (size_t i = own->count; i-- > 0;)
		if (set->sockets[i] && !set->sockets[i]->is_shared)
			held_destroy(set->sockets[i]);
	remove_set(set);
}

static int open_set(struct own_sockets *own, struct own_sockets_set **ret)
{
	struct own_sockets_set *set = own_sockets_add_set(own);
	int r = set ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < own->count; i++) {
		struct held *first = first_of(own, i);

		if (first && !first->is_shared)
			r = open_beside(own, first, &set->sockets[i]);
		else
			set->sockets[i] = first;
	}
	if (r == 0)
		*ret = set;
	else if (set)
		close_all(own, set);
	return r;
}

static struct own_sockets_set *find(const struct own_sockets *own, unsigned generation)
{
	list_for_each (link, &own->sets) {
		struct own_sockets_set *set = container_of(link, struct own_sockets_set, link);

		if (set->is_taken && set->claimant.generation == generation)
			return set;
	}
	return NULL;
}

/* Of a generation that is gone, and gets nothing new; NULL: there is none. */
static struct own_sockets_set *find_left(const struct own_sockets *own)
{
	list_for_each (link, &own->sets) {
		struct own_sockets_set *set = container_of(link, struct own_sockets_set, link);

		if (!set->is_taken && !steer_selects(&own->held->steer, set->claimant.generation))
			return set;
	}
	return NULL;
}

/* A server may have left its socket otherwise than it found it, or ended it (shutdown(2)). */
static int renew(struct own_sockets *own, struct held **socket)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	struct held *held = *socket;
	int r;

	if (!held || held->is_shared)
		return 0;
	if (held->position < 0) {
		r = open_beside(own, held, socket);
		if (r == 0)
			held_destroy(held);
		return r;
	}
	if (held->is_closed) { /* it is connected */
		if (connect(held->fd, &nobody, sizeof(nobody)) == -1)
			return -errno;
		r = steer_close(own->held, held, false);
		if (r < 0)
			return r;
	}
	return fd_set_nonblock(held->fd, own->is_nonblocking);
}

static int claim(struct own_sockets *own, struct own_sockets_set *set, unsigned generation)
{
	int r = 0;

	set->is_taken = true;
	set->claimant.generation = generation;
	set->claimant.is_retired = false;
	held_settle(own->held, 0);
	for (size_t i = 0; r == 0 && i < own->count; i++) {
		r = renew(own, &set->sockets[i]);
		if (r == 0 && set->sockets[i])
			r = held_claim(set->sockets[i], &set->claimant);
	}
	return r;
}

int own_sockets_open(struct own_sockets *own, unsigned generation, struct baton_error *error)
{
	if (own->count == 0 || find(own, generation))
		return 0;
	struct own_sockets_set *set = find_left(own);
	int r = set ? 0 : open_set(own, &set);

	if (r == 0)
		r = claim(own, set, generation);
	if (r < 0)
		own_sockets_release(own, generation);
	return r < 0 ? error_set_errno(error, r, "cannot open sockets of its own") : 0;
}

int own_sockets_find(const struct own_sockets *own, unsigned generation, int fd)
{
	const struct own_sockets_set *set = find(own, generation);

	for (size_t i = 0; set && i < own->count; i++)
		if (own->fds[i] == fd && set->sockets[i])
			return set->sockets[i]->fd;
	return fd;
}

void own_sockets_release(struct own_sockets *own, unsigned generation)
{
	struct own_sockets_set *set = find(own, generation);

	if (!set)
		return;
	set->is_taken = false;
	set->claimant.is_retired = true;
	held_release(own->held, &set->claimant);
}

void own_sockets_finish(struct own_sockets *own)
{
	list_for_each_safe (link, &own->sets)
		remove_set(container_of(link, struct own_sockets_set, link));
	free(own->fds);
	own_sockets_init(own, own->held);
}
