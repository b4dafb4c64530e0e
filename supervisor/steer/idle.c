/* SPDX-License-Identifier: MIT */
/* See idle.h. */
#include "steer/idle.h"

#include <limits.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "adopt/held.h"
#include "base/container.h"
#include "procfs.h"
#include "readiness/accepted.h"

/* Between two looks: a part of the time since the start, and of what a look takes. */
static const ev_tstamp PAUSE_MIN = 0.001, PAUSE_MAX = 0.1, PAUSE_PART = 16, LOOK_PART = 10;

enum { LISTENERS_MAX = 64 };

/* The addresses on which the generation has sockets. */
struct addresses {
	struct socket_address names[LISTENERS_MAX];
	uint16_t ports[LISTENERS_MAX]; /* in network byte order; 0: none */
	size_t count;
};

static uint16_t port_of(const struct socket_address *name)
{
	switch (name->any.sa_family) {
	case AF_INET:
		return name->in.sin_port;
	case AF_INET6:
		return name->in6.sin6_port;
	}
	return 0;
}

/* Sockets of one port are as one: a server may have one for each of many processes. */
static bool has_address(const struct addresses *addresses, const struct socket_address *name)
{
	uint16_t port = port_of(name);

	for (size_t i = 0; port && i < addresses->count; i++)
		if (addresses->ports[i] == port &&
			addresses->names[i].any.sa_family == name->any.sa_family)
			return true;
	return false;
}

static void collect(const struct idle *idle, struct addresses *ret)
{
	ret->count = 0;
	list_for_each (link, &idle->options.held->sockets) {
		const struct held *held = container_of(link, struct held, link);

		if (!held_is_of(held, idle->options.generation) || ret->count == LISTENERS_MAX ||
			has_address(ret, &held->binding.address))
			continue;
		ret->ports[ret->count] = port_of(&held->binding.address);
		ret->names[ret->count++] = held->binding.address;
	}
}

static bool have_queues(const struct idle *idle)
{
	list_for_each (link, &idle->options.held->sockets) {
		const struct held *held = container_of(link, struct held, link);

		if (held->generation == idle->options.generation && steer_can(held) &&
			held_has_queue(held))
			return true;
	}
	return false;
}

/* The count, or -errno. */
static int count_connections(struct idle *idle, const struct addresses *addresses)
{
	struct process_list *processes = &idle->processes;

	process_list_clear(processes);
	int count = 0, r = idle->options.list(processes, idle->options.data);

	for (size_t i = 0; r >= 0 && i < processes->count; i++) {
		pid_t pid = processes->items[i].pid;

		r = accepted_count(pid, addresses->names, addresses->count, INT_MAX);
		count += r > 0 ? r : 0;
		if (r < 0 && procfs_has_ended(pid))
			r = 0;
	}
	return r < 0 ? r : count;
}

/* In the order in which a connection goes: what leaves one place is then seen in the next. Whether
 * it is idle; *ret is how many connections there are, -1 if that cannot be seen. */
static bool look(struct idle *idle, int *ret)
{
	struct addresses addresses;

	collect(idle, &addresses);
	bool is_expecting =
		handshakes_look(&idle->handshakes, addresses.ports, addresses.count) > 0 ||
		have_queues(idle);
	int count = idle->options.ignores_connections ? 0 : count_connections(idle, &addresses);

	*ret = count < 0 ? -1 : count;
	return count == 0 && !is_expecting;
}

/* When to look again after a look that took so long: not past the deadline. */
static ev_tstamp pause_after(ev_tstamp cost, ev_tstamp elapsed, ev_tstamp left)
{
	ev_tstamp pause = elapsed / PAUSE_PART;

	pause = pause < PAUSE_MIN ? PAUSE_MIN : pause > PAUSE_MAX ? PAUSE_MAX : pause;
	if (pause < cost * LOOK_PART)
		pause = cost * LOOK_PART;
	return pause < left ? pause : left;
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct idle *idle = container_of(w, struct idle, timer);
	ev_tstamp begin = ev_time(), elapsed = ev_now(loop) - idle->started;
	ev_tstamp left = idle->options.deadline_ms / 1e3 - elapsed;
	int count;

	(void)revents;
	bool is_idle = look(idle, &count);

	if (is_idle || left <= 0) {
		idle_stop(idle);
		idle->options.on_idle(idle, count, idle->options.data);
		return;
	}
	ev_timer_set(w, pause_after(ev_time() - begin, elapsed, left), 0);
	ev_timer_start(loop, w);
}

void idle_init(struct idle *idle, const struct idle_options *options)
{
	*idle = (struct idle){ .options = *options };
	ev_timer_init(&idle->timer, on_timer, 0, 0);
}

void idle_start(struct idle *idle)
{
	struct addresses addresses;

	collect(idle, &addresses);
	/* Without it what is half-way now may be lost: of a local client nothing ever is. */
	(void)handshakes_note(&idle->handshakes, addresses.ports, addresses.count);
	ev_now_update(idle->options.loop);
	idle->started = ev_now(idle->options.loop);
	idle->is_started = true;
	ev_timer_set(&idle->timer, PAUSE_MIN, 0);
	ev_timer_start(idle->options.loop, &idle->timer);
}

void idle_stop(struct idle *idle)
{
	if (!idle->is_started)
		return;
	idle->is_started = false;
	ev_timer_stop(idle->options.loop, &idle->timer);
	handshakes_finish(&idle->handshakes);
	process_list_finish(&idle->processes);
}
