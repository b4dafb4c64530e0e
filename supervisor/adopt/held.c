/* SPDX-License-Identifier: MIT */
/* See held.h. */
#include "adopt/held.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adopt/held_file.h"
#include "base/cleanup.h"
#include "base/container.h"
#include "base/fd.h"

struct claim {
	struct list link; /* held::claims */
	const struct held_claimant *by;
};

void held_init(struct held_table *table)
{
	*table = (struct held_table){ .steer = { .percent = 100 } };
	list_init(&table->sockets);
}

bool held_has_claim(const struct held *held, const struct held_claimant *claimant)
{
	list_for_each (link, &held->claims)
		if (container_of(link, struct claim, link)->by == claimant)
			return true;
	return false;
}

bool held_is_of(const struct held *held, unsigned generation)
{
	list_for_each (link, &held->claims)
		if (container_of(link, struct claim, link)->by->generation == generation)
			return true;
	return false;
}

/* How good a socket is for a bind. */
enum fitness { UNFIT, SHARED, CLOSED_AGAIN, UNCLAIMED, OWN };

/* Of another generation: without steering all have the same; with it what nobody has or expects. */
static enum fitness rate_foreign(const struct held_table *table, const struct held *held)
{
	if (!table->steer.is_on || !steer_can(held))
		return UNCLAIMED;
	return list_empty(&held->claims) && !steer_selects(&table->steer, held->generation)
		? UNCLAIMED
		: UNFIT;
}

static enum fitness rate(const struct held_table *table, const struct held *held,
	const struct binding *binding, const struct held_claimant *claimant)
{
	if (list_empty(&held->claims) && held->generation == claimant->generation)
		return OWN; /* of a worker that died: with what waits in its queue */
	if (!held_is_of(held, claimant->generation))
		return rate_foreign(table, held);
	return binding->is_reuseport ? UNFIT : SHARED;
}

enum held_verdict held_choose(struct held_table *table, const struct binding *binding,
	const struct held_claimant *claimant, struct held **ret)
{
	struct held *file = binding_file(binding) ? held_find_file(table, &binding->path) : NULL;
	struct held *fittest = NULL;
	enum fitness best = UNFIT;
	bool is_in_use = false, is_known = false;

	list_for_each (link, &table->sockets) {
		struct held *held = container_of(link, struct held, link);

		if (!held->is_bound || !binding_equal(&held->binding, binding) ||
			(held->is_closed && !binding_takes_new(held->fd)) ||
			(binding_file(binding) && held != file))
			continue;
		enum fitness fitness;

		is_known = true;
		if (!held_has_claim(held, claimant)) {
			fitness = rate(table, held, binding, claimant);
		} else if (claimant->has_open(claimant, held->binding.socket)) {
			is_in_use = true;
			continue;
		} else {
			fitness = CLOSED_AGAIN;
		}
		if (fitness > best) {
			best = fitness;
			fittest = held;
		}
	}
	if (is_in_use && !binding->is_reuseport)
		return HELD_IN_USE;
	if (best > UNFIT) {
		*ret = fittest;
		return HELD_GIVE;
	}
	return is_known && table->steer.is_on ? HELD_JOIN : HELD_UNKNOWN;
}

bool held_is_pending(const struct held_table *table, const struct binding *binding)
{
	list_for_each (link, &table->sockets) {
		const struct held *held = container_of(link, struct held, link);

		if (!held->is_bound && !binding_file(binding) &&
			binding_equal(&held->binding, binding))
			return true;
	}
	return false;
}

/* Takes both; NULL if memory ran out. */
static struct held *add(struct held_table *table, struct binding *binding, int fd)
{
	struct held *held = malloc(sizeof(*held));

	if (!held) {
		binding_finish(binding);
		fd_close(fd);
		return NULL;
	}
	*held = (struct held){
		.binding = *binding, .fd = fd, .position = -1, .expected = { .directory = -1 }
	};
	list_init(&held->claims);
	list_append(&table->sockets, &held->link);
	return held;
}

struct held *held_take(struct held_table *table, struct binding *binding, int fd, pid_t binder,
	const struct held_claimant *claimant)
{
	struct held *held = add(table, binding, fd);

	if (!held)
		return NULL;
	held->binder = binder;
	if (held_claim(held, claimant) == 0)
		return held;
	held_destroy(held);
	return NULL;
}

int held_claim(struct held *held, const struct held_claimant *claimant)
{
	if (held_has_claim(held, claimant))
		return 0;
	struct claim *claim = malloc(sizeof(*claim));

	if (!claim)
		return -ENOMEM;
	claim->by = claimant;
	held->generation = claimant->generation;
	held->is_left = false;
	list_append(&held->claims, &claim->link);
	return 0;
}

/* What it was named is the address as it was asked for: only a path may be followed by anything. */
static bool is_local_name(const struct socket_address *asked, const struct socket_address *name)
{
	size_t path = offsetof(struct sockaddr_un, sun_path);

	if (name->length <= path)
		return false;
	if (asked->un.sun_path[0])
		return strncmp(asked->un.sun_path, name->un.sun_path, sizeof(name->un.sun_path)) ==
			0;
	return asked->length == name->length &&
		memcmp(asked->un.sun_path, name->un.sun_path, asked->length - path) == 0;
}

/* To the address that was asked for: it may have been bound before, or to another one since. */
static bool is_bound(const struct held *held)
{
	const struct socket_address *asked = &held->binding.address;
	struct socket_address name = { .length = sizeof(name.un) };

	if (getsockname(held->fd, &name.any, &name.length) == -1)
		return false;
	switch (name.any.sa_family) {
	case AF_INET: /* the host may be another: once it is connected, it is no wildcard */
		return name.in.sin_port == asked->in.sin_port;
	case AF_INET6:
		return name.in6.sin6_port == asked->in6.sin6_port;
	}
	return is_local_name(asked, &name);
}

static void note_bound(struct held *held)
{
	held->is_bound = true;
	held->binder = 0;
	held_note_file(held);
}

/* A bind that was let pass has worked. */
static void settle(struct held_table *table, struct held *held)
{
	note_bound(held);
	if (!table->steer.is_on || !steer_can(held))
		return;
	/* Datagrams have joined, or get too much, or nothing; a stream joins when it listens. */
	(void)(held->binding.type == SOCK_DGRAM ? steer_join(table, held)
						: steer_open_group(held->fd));
}

struct held *held_take_bound(struct held_table *table, struct binding *binding, int fd)
{
	struct held *held = add(table, binding, fd);

	if (held)
		note_bound(held);
	return held;
}

/* A client's, which chose the address that it comes from. In a group the place is kept. */
static bool is_connection(const struct held *held)
{
	struct socket_address peer = { .length = sizeof(peer.un) };

	return held->position < 0 && !held->is_passed &&
		getpeername(held->fd, &peer.any, &peer.length) == 0;
}

void held_settle(struct held_table *table, pid_t binder)
{
	list_for_each_safe (link, &table->sockets) {
		struct held *held = container_of(link, struct held, link);

		if (held->position >= 0 && !held->is_closed && !binding_takes_new(held->fd))
			(void)steer_leave(table, held); /* what can be told is told at the next */
		if (is_connection(held)) {
			held_destroy(held);
			continue;
		}
		if (!held->is_bound && is_bound(held))
			settle(table, held);
		else if (!held->is_bound && held->binder == binder)
			held_destroy(held);
		else if (held->expected.directory >= 0)
			held_note_path(held);
	}
}

static void release(struct held *held, const struct held_claimant *claimant)
{
	list_for_each_safe (link, &held->claims) {
		struct claim *claim = container_of(link, struct claim, link);

		if (claim->by != claimant)
			continue;
		list_remove(&claim->link);
		free(claim);
	}
}

bool held_has_queue(const struct held *held)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);
	int bytes = 0;

	if (held->binding.address.any.sa_family == AF_UNIX)
		return false;
	if (held->binding.type == SOCK_DGRAM)
		return ioctl(held->fd, FIONREAD, &bytes) == 0 && bytes > 0;
	return getsockopt(held->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
		info.tcpi_state == TCP_LISTEN && info.tcpi_unacked > 0;
}

void held_empty_queue(const struct held *held)
{
	int fd;

	while (held->binding.type == SOCK_STREAM && held_has_queue(held) &&
		(fd = accept4(held->fd, NULL, NULL, SOCK_CLOEXEC)) != -1)
		fd_close(fd);
}

void held_release(struct held_table *table, const struct held_claimant *claimant)
{
	held_settle(table, 0); /* what it bound last nobody has looked at yet */
	list_for_each_safe (link, &table->sockets) {
		struct held *held = container_of(link, struct held, link);

		if (!held_has_claim(held, claimant))
			continue;
		release(held, claimant);
		if (!list_empty(&held->claims))
			continue;
		held->is_left = claimant->is_retired;
		if (!held->is_bound)
			held_destroy(held);
		else if (table->steer.is_on && !steer_selects(&table->steer, held->generation))
			held_empty_queue(held);
	}
}

/* One that a crash has left without claims waits for the next worker of its generation. */
static bool is_wanted(const struct held *held)
{
	list_for_each (link, &held->claims)
		if (!container_of(link, struct claim, link)->by->is_retired)
			return true;
	return list_empty(&held->claims) ? !held->is_left : !held->binding.is_reuseport;
}

/* Those that are steered go together, or another would move into the place of one in the group;
 * and only when nobody has them any more. */
static bool is_group_wanted(const struct held_table *table, const struct held *of)
{
	list_for_each (link, &table->sockets) {
		const struct held *held = container_of(link, struct held, link);

		if (binding_equal(&held->binding, &of->binding) &&
			(!list_empty(&held->claims) || !held->is_left))
			return true;
	}
	return false;
}

struct held *held_find_unwanted(const struct held_table *table)
{
	list_for_each (link, &table->sockets) {
		struct held *held = container_of(link, struct held, link);
		bool is_steered = table->steer.is_on && held->position >= 0;

		if (held->is_passed)
			continue;
		if (is_steered ? !is_group_wanted(table, held) : !is_wanted(held))
			return held;
	}
	return NULL;
}

bool held_is_abandoned(struct held *held)
{
	bool had_queue = held->had_queue;

	held->had_queue = held_has_queue(held);
	if (!had_queue || !held->had_queue || list_empty(&held->claims))
		return false;
	list_for_each (link, &held->claims) {
		const struct held_claimant *by = container_of(link, struct claim, link)->by;

		if (by->has_open(by, held->binding.socket))
			return false;
	}
	return true;
}

struct held *held_find_socket(const struct held_table *table, ino_t socket)
{
	list_for_each (link, &table->sockets) {
		struct held *held = container_of(link, struct held, link);

		if (held->binding.socket == socket)
			return held;
	}
	return NULL;
}

void held_destroy(struct held *held)
{
	list_for_each_safe (link, &held->claims)
		free(container_of(link, struct claim, link));
	list_remove(&held->link);
	binding_finish(&held->binding);
	fd_close(held->expected.directory);
	fd_close(held->fd);
	free(held);
}

void held_remove(struct held *held)
{
	held_remove_file(held);
	held_destroy(held);
}

void held_finish(struct held_table *table, bool removes_files)
{
	held_settle(table, 0);
	list_for_each_safe (link, &table->sockets) {
		struct held *held = container_of(link, struct held, link);

		if (removes_files)
			held_remove_file(held);
		held_destroy(held);
	}
}
