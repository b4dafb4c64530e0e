/* SPDX-License-Identifier: MIT */
/* See status_listeners.h. */
#include "control/status_listeners.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include <baton/listener.h>

#include "adopt/adopt.h"
#include "base/container.h"
#include "listeners.h"
#include "runtime.h"
#include "setup.h"
#include "socket/bound.h"
#include "socket/resolve.h"
#include "socket_load.h"

static json_t *number_or_null(int64_t value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static json_t *describe(
	const char *name, const char *address, int sockets, const struct socket_load *load)
{
	return json_pack("{ss?,ss*,si,so,so,so}", "name", name, "address", address, "sockets",
		sockets, "queue", number_or_null(load->queue), "backlog",
		number_or_null(load->backlog), "drops", number_or_null(load->drops));
}

static void add_load(struct socket_load *sum, int fd)
{
	struct socket_load load;

	socket_load_read(fd, &load);
	socket_load_add(sum, &load);
}

/* Whether it has that address, and is bound there by a server (or passed by us). */
static bool is_held_at(const struct held *held, bool is_passed, const char *address)
{
	char other[BOUND_SIZE];

	return held->is_bound && held->is_passed == is_passed &&
		bound_text(&held->binding.address, other, sizeof(other)) == 0 &&
		strcmp(other, address) == 0;
}

/* How many there are, whose load is added. */
static int add_held_at(struct socket_load *sum, const struct held_table *table, bool is_passed,
	const char *address)
{
	int count = 0;

	list_for_each (link, &table->sockets) {
		const struct held *held = container_of(link, struct held, link);

		if (!is_held_at(held, is_passed, address))
			continue;
		add_load(sum, held->fd);
		count++;
	}
	return count;
}

/* Sockets of one address are as one; where connections are steered each generation has its own. */
static void add_listener(
	json_t *list, const struct held_table *table, const struct listeners_item *item)
{
	const size_t shares = baton_listener_shares(item->listener);

	for (size_t i = 0; i < baton_listener_count(item->listener); i += shares) {
		const char *address = baton_listener_bound(item->listener, i);
		struct socket_load sum = { 0, 0, 0 };
		int sockets = add_held_at(&sum, table, true, address);

		for (size_t j = 0; j < shares && sockets < (int)shares; j++, sockets++)
			add_load(&sum, baton_listener_fd(item->listener, i + j));
		(void)json_array_append_new(list, describe(item->name, address, sockets, &sum));
	}
}

/* Whether an earlier one has that address: they were summed with it. */
static bool has_come_before(
	const struct held_table *table, const struct held *held, const char *address)
{
	list_for_each (link, &table->sockets) {
		const struct held *before = container_of(link, struct held, link);

		if (before == held)
			return false;
		if (is_held_at(before, false, address))
			return true;
	}
	return false;
}

static void add_held(json_t *list, const struct held_table *table, const struct held *first)
{
	char address[BOUND_SIZE];
	struct socket_load sum = { 0, 0, 0 };

	if (!first->is_bound || first->is_passed ||
		bound_text(&first->binding.address, address, sizeof(address)) < 0 ||
		has_come_before(table, first, address))
		return;
	int sockets = add_held_at(&sum, table, false, address);

	(void)json_array_append_new(list, describe(NULL, address, sockets, &sum));
}

json_t *status_listeners(const struct runtime *runtime)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < runtime->setup->listeners.count; i++)
		add_listener(list, runtime->held, &runtime->setup->listeners.items[i]);
	if (!list || !runtime->adopt)
		return list;
	list_for_each (link, &runtime->adopt->held.sockets)
		add_held(list, &runtime->adopt->held, container_of(link, struct held, link));
	return list;
}

json_t *status_queue(const struct runtime *runtime, unsigned generation)
{
	struct socket_load sum = { 0, 0, 0 };

	if (!runtime->held->steer.is_on)
		return json_null();
	list_for_each (link, &runtime->held->sockets) {
		const struct held *held = container_of(link, struct held, link);

		/* Who has it alone: not a unix socket, which generations share. */
		if (held->is_bound && held_is_of(held, generation) && held->position >= 0)
			add_load(&sum, held->fd);
	}
	return number_or_null(sum.queue);
}
