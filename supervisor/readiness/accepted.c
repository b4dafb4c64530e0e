/* SPDX-License-Identifier: MIT */
/* See accepted.h. */
#include "readiness/accepted.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "procfs.h"
#include "readiness/waiting.h"
#include "socket/resolve.h"
#include "task.h"

enum { LISTENERS_MAX = 16 };

/* What is done with each socket of the process: 0 to go on, 1 to end, or -errno. */
typedef int (*socket_fn)(pid_t pid, int fd, ino_t inode, void *data);

static int walk_sockets(pid_t pid, socket_fn fn, void *data)
{
	char path[32];
	struct procfs_dir dir;
	ino_t inode;
	int fd, result = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	int r = procfs_dir_open(&dir, path);
	if (r < 0)
		return r;
	while (result == 0 && (r = procfs_dir_next(&dir, &fd)) > 0)
		if ((inode = task_fd_socket(pid, fd)))
			result = fn(pid, fd, inode, data);
	procfs_dir_close(&dir);
	return result < 0 ? result : r < 0 ? r : 0;
}

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
	const struct socket_address *listeners;
	size_t listener_count;
	int count, max;
};

static int count_socket(pid_t pid, int fd, ino_t inode, void *data)
{
	struct counting *counting = data;
	struct socket_address name = { .length = sizeof(name.un) };
	struct socket_address peer = { .length = sizeof(peer.un) };
	cleanup_fd int ours = task_get_fd(pid, fd);

	(void)inode;
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
	struct counting counting = { listeners, count, 0, max };
	int r = walk_sockets(pid, count_socket, &counting);

	return r < 0 ? r : counting.count;
}

struct naming {
	const struct waiting_sockets *sockets;
	struct socket_address names[LISTENERS_MAX];
	size_t count;
};

static int name_listener(pid_t pid, int fd, ino_t inode, void *data)
{
	struct naming *naming = data;
	struct socket_address *name = &naming->names[naming->count];

	if (!waiting_has(naming->sockets, inode))
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

	return walk_sockets(pid, name_listener, &naming) == 0 && naming.count &&
		accepted_count(pid, naming.names, naming.count, 1) > 0;
}
