/* SPDX-License-Identifier: MIT */
/* See steer.h. */
#include "steer/steer.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "adopt/held.h"
#include "base/container.h"
#include "socket/selector.h"
#include "socket/selector_attach.h"

#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68 /* Linux 5.3 */
#endif

bool steer_selects(const struct steer *steer, unsigned generation)
{
	return generation && (generation == steer->to || generation == steer->rest);
}

bool steer_can(const struct held *held)
{
	return !held->is_shared && held->binding.address.any.sa_family != AF_UNIX &&
		held->binding.protocol != BINDING_MPTCP;
}

int steer_open_group(int socket)
{
	return setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof(int)) == -1 ? -errno
											    : 0;
}

static void add(struct selector_set *set, int position)
{
	if (set->count < SELECTOR_SOCKETS_MAX)
		set->indexes[set->count++] = (unsigned)position;
}

/* Those who have joined the group of the socket, and one of them to speak to it by; -1: nobody. */
static int collect(const struct held_table *table, const struct held *of, struct selector_set *to,
	struct selector_set *rest)
{
	int fd = -1;

	to->count = rest->count = 0;
	list_for_each (link, &table->sockets) {
		const struct held *held = container_of(link, struct held, link);

		if (held->position < 0 || !binding_equal(&held->binding, &of->binding))
			continue;
		fd = held->fd;
		if (held->is_closed)
			continue;
		if (held->generation == table->steer.to)
			add(to, held->position);
		else if (held->generation == table->steer.rest)
			add(rest, held->position);
	}
	return fd;
}

static int attach(const struct held_table *table, const struct held *of)
{
	static struct selector_set to, rest; /* too large for the stack, and for one thread */
	static struct selector selector;
	int fd = collect(table, of, &to, &rest);

	if (fd == -1 || (!to.count && !rest.count))
		return 0;
	selector_build(&selector,
		&(struct selector_plan){
			.to = &to,
			.rest = &rest,
			.percent = table->steer.percent,
			.is_flow = of->binding.type == SOCK_DGRAM,
		});
	int r = selector_attach(&selector, fd);

	/* One that was taken over, and bound as if for itself, has no group yet: the kernel makes
	 * it when the next one joins, and then it is asked again. */
	return r == -EINVAL && to.count + rest.count == 1 ? 0 : r;
}

int steer_prepare(struct held_table *table, const struct held *held)
{
	return attach(table, held);
}

int steer_join(struct held_table *table, struct held *held)
{
	int position = 0;

	list_for_each (link, &table->sockets) {
		const struct held *other = container_of(link, struct held, link);

		position += other->position >= 0 && binding_equal(&other->binding, &held->binding);
	}
	held->position = position;
	return attach(table, held);
}

int steer_close(struct held_table *table, struct held *held, bool is_closed)
{
	held->is_closed = is_closed;
	return held->position >= 0 ? attach(table, held) : 0;
}

int steer_take(struct held_table *table, struct held *held)
{
	int r = steer_open_group(held->fd);

	return r < 0 || held->position >= 0 ? r : steer_join(table, held);
}

void steer_dissolve(int socket)
{
	(void)setsockopt(socket, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &(int){ 0 }, sizeof(int));
}

/* Whether the kernel has taken it out of its group: one of any address is hashed anew when it is
 * connected (net/ipv4/udp.c, udp_lib_rehash), one of a single address goes on to have its place. */
static bool has_left(const struct held *held)
{
	const struct socket_address *name = &held->binding.address;

	if (held->binding.type == SOCK_STREAM)
		return true;
	return name->any.sa_family == AF_INET ? name->in.sin_addr.s_addr == htonl(INADDR_ANY)
					      : IN6_IS_ADDR_UNSPECIFIED(&name->in6.sin6_addr);
}

/* The last moves into its place (net/core/sock_reuseport.c, reuseport_detach_sock). */
static void close_gap(struct held_table *table, struct held *held)
{
	struct held *last = held;

	list_for_each (link, &table->sockets) {
		struct held *other = container_of(link, struct held, link);

		if (other->position > last->position &&
			binding_equal(&other->binding, &held->binding))
			last = other;
	}
	last->position = held->position;
	held->position = -1;
}

int steer_leave(struct held_table *table, struct held *held)
{
	if (has_left(held))
		close_gap(table, held);
	held->is_closed = true;
	return attach(table, held);
}

/* Whether it is the one of its group that joined first: one look at each group. */
static bool leads(const struct held *held)
{
	return held->position == 0;
}

int steer_choose(struct held_table *table, unsigned to, unsigned rest, unsigned percent)
{
	int result = 0;

	table->steer.to = to;
	table->steer.rest = rest;
	table->steer.percent = percent;
	list_for_each (link, &table->sockets) {
		const struct held *held = container_of(link, struct held, link);
		int r = leads(held) ? attach(table, held) : 0;

		if (result == 0)
			result = r;
	}
	return result;
}
