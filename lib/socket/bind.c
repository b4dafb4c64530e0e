/* SPDX-License-Identifier: MIT */
/*
 * See bind.h. All sockets are bound before the first one listens, so that no
 * client connects to a listener that is given up again.
 */
#include "socket/bind.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "socket/address.h"
#include "socket/bound.h"
#include "socket/listener_options.h"
#include "socket/resolve.h"

enum {
	PORT_ATTEMPTS = 16, /* how often the port the system chose may be taken elsewhere */
	PRIVILEGED_PORTS = 1024,
};

/* What to do about it, for the failures that users meet. */
static const char *mend(int code, const struct baton_address *address)
{
	switch (-code) {
	case EADDRINUSE:
		return ": another socket listens there, of this process or any other";
	case EACCES:
		return address->port > 0 && address->port < PRIVILEGED_PORTS
			? ": ports below 1024 need root or CAP_NET_BIND_SERVICE"
			: "";
	case EADDRNOTAVAIL:
		return ": no interface has that address (freebind=1 binds it all the same)";
	case EMFILE:
		return ": raise the limit on descriptors (ulimit -n)";
	}
	return "";
}

static int refuse(
	const struct baton_address *address, int code, const char *step, struct baton_error *error)
{
	return address_error(error, code, address->text, "cannot %s: %s%s", step,
		strerrordesc_np(-code), mend(code, address));
}

static int open_socket(const struct baton_address *address, int family, int type)
{
	int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
	int fd = -1;

	if (address->options.mptcp) {
		fd = socket(family, type | flags, IPPROTO_MPTCP);
		/* No MPTCP: not built in, switched off (net.mptcp.enabled), before Linux 5.6. */
		if (fd == -1 && errno != EPROTONOSUPPORT && errno != ENOPROTOOPT && errno != EINVAL)
			return -errno;
	}
	if (fd == -1)
		fd = socket(family, type | flags, 0);
	return fd == -1 ? -errno : fd;
}

static int append(struct bound_sockets *sockets, int fd)
{
	if (sockets->count == sockets->capacity) {
		size_t capacity = sockets->capacity ? sockets->capacity * 2 : 4;
		int *fds = reallocarray(sockets->fds, capacity, sizeof(*fds));
		if (!fds)
			return -ENOMEM;
		sockets->fds = fds;
		sockets->capacity = capacity;
	}
	sockets->fds[sockets->count++] = fd;
	return 0;
}

static void close_sockets(struct bound_sockets *sockets)
{
	for (size_t i = 0; i < sockets->count; i++)
		fd_close(sockets->fds[i]);
	sockets->count = 0;
}

static void set_port(struct socket_address *item, int port)
{
	if (item->any.sa_family == AF_INET)
		item->in.sin_port = htons((uint16_t)port);
	else if (item->any.sa_family == AF_INET6)
		item->in6.sin6_port = htons((uint16_t)port);
}

static int bind_one(const struct baton_address *address, const struct socket_address *item,
	int type, struct bound_sockets *sockets, struct baton_error *error)
{
	int family = item->any.sa_family;
	cleanup_fd int fd = open_socket(address, family, type);
	if (fd < 0)
		return refuse(address, fd, "open a socket", error);
	int r = listener_options_apply(fd, family, LISTENER_BEFORE_BIND, address, error);
	if (r < 0)
		return r;
	if (bind(fd, &item->any, item->length) == -1)
		return refuse(address, -errno, "bind", error);
	r = append(sockets, fd);
	if (r < 0)
		return error_set(error, r, "out of memory");
	(void)take_fd(&fd); /* it is among the sockets now */
	return 0;
}

/*
 * Whether a failure to bind one of the addresses of a name is no reason to
 * fail: "localhost" is ::1 and 127.0.0.1 in /etc/hosts also where the kernel
 * has no IPv6 or where it is switched off on the loopback interface.
 */
static bool may_skip(const struct address_list *list, const struct socket_address *item, int code)
{
	if (!list->is_name || list->count == 1 || item->any.sa_family != AF_INET6)
		return false;
	return code == -EAFNOSUPPORT ||
		(code == -EADDRNOTAVAIL && IN6_IS_ADDR_LOOPBACK(&item->in6.sin6_addr));
}

static int bind_all(const struct baton_address *address, const struct address_list *list,
	struct bound_sockets *sockets, struct baton_error *error)
{
	int shares = address->options.reuseport > 0 ? address->options.reuseport : 1;
	int last = -EADDRNOTAVAIL;

	for (size_t i = 0; i < list->count; i++) {
		struct socket_address item = list->items[i];

		for (int share = 0; share < shares; share++) {
			/* Port 0: the system chooses for the first, the others follow. */
			if (address->port == 0 && sockets->count > 0)
				set_port(&item, bound_port(sockets->fds[0]));
			last = bind_one(address, &item, list->type, sockets, error);
			if (last < 0)
				break;
		}
		if (last < 0 && !may_skip(list, &item, last))
			return last;
	}
	return sockets->count > 0 ? 0 : last;
}

static int listen_all(const struct baton_address *address, const struct address_list *list,
	const struct bound_sockets *sockets, struct baton_error *error)
{
	/* The kernel cuts it down to its maximum, net.core.somaxconn: listen(2). */
	int backlog = address->options.backlog > 0 ? address->options.backlog : INT_MAX;

	for (size_t i = 0; i < sockets->count; i++) {
		int r = listener_options_apply(
			sockets->fds[i], AF_UNSPEC, LISTENER_BEFORE_LISTEN, address, error);
		if (r < 0)
			return r;
		/* Two sockets with SO_REUSEADDR may bind one port; the second to listen fails. */
		if (list->type != SOCK_DGRAM && listen(sockets->fds[i], backlog) == -1)
			return refuse(address, -errno, "listen", error);
	}
	return 0;
}

static int open_inet(const struct baton_address *address, const struct address_list *list,
	struct bound_sockets *sockets, struct baton_error *error)
{
	int r;

	for (int i = 0; i < PORT_ATTEMPTS; i++) {
		r = bind_all(address, list, sockets, error);
		if (r == 0)
			r = listen_all(address, list, sockets, error);
		if (r == 0)
			return 0;
		close_sockets(sockets);
		if (r != -EADDRINUSE || address->port != 0)
			break;
	}
	return r;
}

static int open_unix_path(const struct baton_address *address, const struct address_list *list,
	struct bound_sockets *sockets, struct baton_error *error)
{
	cleanup_fd int fd = open_socket(address, AF_UNIX, list->type);
	if (fd < 0)
		return refuse(address, fd, "open a socket", error);
	int r = append(sockets, fd);
	if (r < 0)
		return error_set(error, r, "out of memory");
	int socket = take_fd(&fd); /* it is among the sockets now */
	cleanup_fd int directory = unix_path_lock(address, error);
	if (directory < 0)
		return directory;
	r = unix_path_bind(socket, address, &list->items[0], directory, &sockets->path, error);
	return r < 0 ? r : listen_all(address, list, sockets, error);
}

int bind_sockets(
	const struct baton_address *address, struct bound_sockets *ret, struct baton_error *error)
{
	struct bound_sockets sockets = { 0 };
	struct address_list list;
	struct baton_error reason; /* also of what was tried again, and then worked */
	int r = address_resolve(address, &list, error);
	if (r < 0)
		return r;
	if (address_has_path(address))
		r = open_unix_path(address, &list, &sockets, &reason);
	else
		r = open_inet(address, &list, &sockets, &reason);
	address_list_finish(&list);
	if (r < 0) {
		bound_sockets_finish(&sockets);
		if (error)
			*error = reason;
		return r;
	}
	*ret = sockets;
	return 0;
}

void bound_sockets_finish(struct bound_sockets *sockets)
{
	unix_path_remove(&sockets->path); /* before its socket is closed, see there */
	close_sockets(sockets);
	free(sockets->fds);
	*sockets = (struct bound_sockets){ 0 };
}
