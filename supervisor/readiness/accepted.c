/* SPDX-License-Identifier: MIT */
/* See accepted.h. */
#include "readiness/accepted.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "readiness/waiting.h"
#include "socket/resolve.h"
#include "task.h"

enum { LISTENERS_MAX = 16 };

static bool comes_from(
	const struct socket_address *connection, const struct socket_address *listener)
{
	if (connection->any.sa_family != listener->any.sa_family)
		return false;
	switch (listener->any.sa_family) {
	case AF_INET:
		return connection->in.sin_port == listener->in.sin_port;
	case AF_INET6:
		return connection->in6.sin6_port == listener->in6.sin6_port;
	}
	return connection->length == listener->length &&
		listener->length > offsetof(struct sockaddr_un, sun_path) &&
		memcmp(&connection->un, &listener->un, listener->length) == 0;
}

struct counting {
	int task;
	const struct socket_address *listeners;
	size_t listener_count;
	int count, max;
};

static int count_socket(pid_t pid, int fd, void *data)
{
	struct counting *counting = data;
	struct socket_address name = { .length = sizeof(name.un) };
	struct socket_address peer = { .length = sizeof(peer.un) };

	if (!task_fd_socket(pid, fd))
		return 0;
	cleanup_fd int ours = task_copy_fd(counting->task, fd);

	if (ours == -EPERM || ours == -EACCES)
		return ours;
	if (ours < 0 || getsockname(ours, &name.any, &name.length) == -1 ||
		getpeername(ours, &peer.any, &peer.length) == -1)
		return 0; /* closed meanwhile, or no connection */
	for (size_t i = 0; i < counting->listener_count; i++)
		if (comes_from(&name, &counting->listeners[i]))
			return ++counting->count >= counting->max;
	return 0;
}

int accepted_count(pid_t pid, const struct socket_address *listeners, size_t count, int max)
{
	cleanup_fd int task = task_open(pid);
	if (task < 0)
		return task;
	struct counting counting = { task, listeners, count, 0, max };
	int r = task_walk_fds(pid, count_socket, &counting);

	return r < 0 ? r : counting.count;
}

struct naming {
	const struct waiting_sockets *sockets;
	struct socket_address names[LISTENERS_MAX];
	size_t count;
};

static int name_listener(pid_t pid, int fd, void *data)
{
	struct naming *naming = data;
	struct socket_address *name = &naming->names[naming->count];
	ino_t inode = task_fd_socket(pid, fd);

	if (!inode || !waiting_has(naming->sockets, inode))
		return 0;
	cleanup_fd int ours = task_get_fd(pid, fd);

	*name = (struct socket_address){ .length = sizeof(name->un) };
	if (ours >= 0 && getsockname(ours, &name->any, &name->length) == 0)
		naming->count++;
	return naming->count == LISTENERS_MAX;
}

bool accepted_from(pid_t pid, const struct waiting_sockets *sockets)
{
	struct naming naming = { .sockets = sockets };

	return task_walk_fds(pid, name_listener, &naming) >= 0 && naming.count &&
		accepted_count(pid, naming.names, naming.count, 1) > 0;
}
