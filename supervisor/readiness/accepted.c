/* SPDX-License-Identifier: MIT */
/* See accepted.h. A connection has the port or the path of the socket that it came in on. */
#include "readiness/accepted.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "procfs.h"
#include "readiness/waiting.h"
#include "socket/resolve.h"
#include "task.h"

enum { LISTENERS_MAX = 16, SOCKETS_MAX = 256 };

/* The sockets of the process, as far as there is room. */
struct found {
	struct socket_address listeners[LISTENERS_MAX];
	size_t listener_count;
	int others[SOCKETS_MAX]; /* its numbers of them */
	size_t other_count;
};

static bool read_name(pid_t pid, int fd, struct socket_address *ret, bool *ret_is_connected)
{
	cleanup_fd int ours = task_get_fd(pid, fd);
	struct socket_address peer = { .length = sizeof(peer.un) };

	*ret = (struct socket_address){ .length = sizeof(ret->un) };
	if (ours < 0 || getsockname(ours, &ret->any, &ret->length) == -1)
		return false;
	*ret_is_connected = getpeername(ours, &peer.any, &peer.length) == 0;
	return true;
}

static void find(pid_t pid, const struct waiting_sockets *sockets, struct found *found)
{
	char path[32];
	struct procfs_dir dir;
	ino_t inode;
	bool is_connected;
	int fd;

	found->listener_count = found->other_count = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	if (procfs_dir_open(&dir, path) < 0)
		return;
	while (found->listener_count < LISTENERS_MAX && found->other_count < SOCKETS_MAX &&
		procfs_dir_next(&dir, &fd) > 0) {
		inode = task_fd_socket(pid, fd);
		if (!inode)
			continue;
		if (!waiting_has(sockets, inode))
			found->others[found->other_count++] = fd;
		else if (read_name(
				 pid, fd, &found->listeners[found->listener_count], &is_connected))
			found->listener_count++;
	}
	procfs_dir_close(&dir);
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

bool accepted_from(pid_t pid, const struct waiting_sockets *sockets)
{
	struct found found;
	struct socket_address name;
	bool is_connected;

	find(pid, sockets, &found);
	for (size_t i = 0; found.listener_count && i < found.other_count; i++) {
		if (!read_name(pid, found.others[i], &name, &is_connected) || !is_connected)
			continue;
		for (size_t k = 0; k < found.listener_count; k++)
			if (comes_from(&name, &found.listeners[k]))
				return true;
	}
	return false;
}
