/* SPDX-License-Identifier: MIT */
/* See connections.h. */
#include "connections.h"

#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#include <linux/inet_diag.h>

#include "base/cleanup.h"
#include "task.h"
#include "tcp_diag.h"

static int min_ms(uint32_t ms)
{
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

/* The kernel does not keep when a connection was made, but when data came and went last, which
 * begins with its first moment: net/ipv4/tcp_minisocks.c, tcp_create_openreq_child. */
static int age_of(const struct tcp_info *info)
{
	if (!info)
		return 0;
	return min_ms(info->tcpi_last_data_recv > info->tcpi_last_data_sent
			? info->tcpi_last_data_recv
			: info->tcpi_last_data_sent);
}

static void take(const struct inet_diag_msg *found, const struct tcp_info *info, void *data)
{
	struct connections *into = data;

	if (found->idiag_inode == 0) /* nobody has accepted it yet, or has it any more */
		return;
	if (into->count == into->capacity) {
		size_t capacity = into->capacity ? 2 * into->capacity : 64;
		struct connection *items =
			reallocarray(into->items, capacity, sizeof(*into->items));

		if (!items) {
			into->is_broken = true;
			return;
		}
		into->items = items;
		into->capacity = capacity;
	}
	into->items[into->count++] =
		(struct connection){ .inode = found->idiag_inode, .age_ms = age_of(info) };
}

static int compare(const void *a, const void *b)
{
	const struct connection *left = a, *right = b;

	return (left->inode > right->inode) - (left->inode < right->inode);
}

int connections_look(struct connections *connections, const uint16_t *ports, size_t count)
{
	*connections = (struct connections){ 0 };
	if (count == 0)
		return 0;
	int r = tcp_diag(&(struct tcp_diag_query){
		.states = 1 << TCP_ESTABLISHED | 1 << TCP_FIN_WAIT1 | 1 << TCP_FIN_WAIT2 |
			1 << TCP_CLOSE_WAIT | 1 << TCP_LAST_ACK | 1 << TCP_CLOSING,
		.ports = ports,
		.port_count = count,
		.fn = take,
		.data = connections,
		.wants_info = true,
	});

	if (connections->count > 0)
		qsort(connections->items, connections->count, sizeof(*connections->items), compare);
	return r == 0 && connections->is_broken ? -ENOMEM : r;
}

struct counting {
	struct connections *connections;
	unsigned mark;
	struct connections_tally *tally;
};

static int count_fd(pid_t pid, int fd, void *data)
{
	struct counting *counting = data;
	struct connections *all = counting->connections;
	const struct connection key = { .inode = task_fd_socket(pid, fd) };
	struct connection *found =
		key.inode ? bsearch(&key, all->items, all->count, sizeof(key), compare) : NULL;

	if (!found || found->marked == counting->mark)
		return 0;
	found->marked = counting->mark;
	counting->tally->count++;
	if (counting->tally->oldest_ms < found->age_ms)
		counting->tally->oldest_ms = found->age_ms;
	return 0;
}

int connections_count(
	struct connections *connections, pid_t pid, unsigned mark, struct connections_tally *tally)
{
	struct counting counting = { connections, mark, tally };

	if (connections->count == 0)
		return 0;
	int r = task_walk_fds(pid, count_fd, &counting);

	return r == -ENOENT || r == -ESRCH ? 0 : r; /* it has ended: it has none */
}

void connections_finish(struct connections *connections)
{
	free(take_ptr(&connections->items));
	*connections = (struct connections){ 0 };
}
