/* SPDX-License-Identifier: MIT */
/* See binding.h. */
#include "adopt/binding.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "adopt/directory.h"
#include "base/cleanup.h"
#include "base/container.h"
#include "socket/bound.h"

#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62 /* Linux 5.0 */
#endif

static int get_option(int socket, int level, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(socket, level, option, &value, &size) == -1 ? 0 : value;
}

/* Addresses that a successor can ask for again, of sockets that can be shared. */
static bool can_be_held(int socket, const struct socket_address *address)
{
	/* Of every socket that is bound to such an address, raw ones for instance, and SCTP's. */
	int protocol = get_option(socket, SOL_SOCKET, SO_PROTOCOL);
	bool is_known = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
		protocol == IPPROTO_UDPLITE || protocol == BINDING_MPTCP;

	switch (address->any.sa_family) {
	case AF_INET:
		return address->length >= sizeof(address->in) && address->in.sin_port && is_known;
	case AF_INET6:
		return address->length >= sizeof(address->in6) && address->in6.sin6_port &&
			is_known;
	case AF_UNIX: /* without a name the kernel chooses one */
		return address->length > offsetof(struct sockaddr_un, sun_path);
	}
	return false;
}

static bool can_be_shared(int socket, int family)
{
	if (family == AF_UNIX)
		return false;
	return get_option(socket, SOL_SOCKET, SO_REUSEPORT) ||
		(get_option(socket, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM &&
			get_option(socket, SOL_SOCKET, SO_REUSEADDR));
}

/* The kernel asks whoever is bound already, each time that another is (net/ipv4): it may be set
 * late. SO_REUSEADDR of streams is about another thing. */
int binding_share(int held, int fresh)
{
	static const int options[] = { SO_REUSEPORT, SO_REUSEADDR };

	for (size_t i = 0; i < array_length(options); i++)
		if (get_option(fresh, SOL_SOCKET, options[i]) &&
			setsockopt(held, SOL_SOCKET, options[i], &(int){ 1 }, sizeof(int)) == -1)
			return -errno;
	return 0;
}

/* Only of all addresses: on one of its own the kernel sets it by itself, when that is bound. */
static bool is_v6only(int socket, const struct socket_address *address)
{
	return address->any.sa_family == AF_INET6 &&
		IN6_IS_ADDR_UNSPECIFIED(&address->in6.sin6_addr) &&
		get_option(socket, IPPROTO_IPV6, IPV6_V6ONLY);
}

int binding_read(int socket, const struct socket_address *address, struct binding *ret)
{
	struct stat status;
	int flags = fcntl(socket, F_GETFL);

	if (flags == -1 || fstat(socket, &status) == -1)
		return -errno;
	if (get_option(socket, SOL_SOCKET, SO_DOMAIN) != address->any.sa_family ||
		!can_be_held(socket, address))
		return -EAFNOSUPPORT;
	*ret = (struct binding){
		.type = get_option(socket, SOL_SOCKET, SO_TYPE),
		.protocol = get_option(socket, SOL_SOCKET, SO_PROTOCOL),
		.is_v6only = is_v6only(socket, address),
		.is_reuseport = can_be_shared(socket, address->any.sa_family),
		.is_nonblocking = flags & O_NONBLOCK,
		.interface = get_option(socket, SOL_SOCKET, SO_BINDTOIFINDEX),
		.network = bound_network(socket),
		.socket = status.st_ino,
		.address = *address,
		.path = { .directory = -1 },
	};
	return 0;
}

void binding_finish(struct binding *binding)
{
	fd_close(binding->path.directory);
	binding->path.directory = -1;
}

static bool address_equal(const struct socket_address *a, const struct socket_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	switch (a->any.sa_family) {
	case AF_INET:
		return a->in.sin_port == b->in.sin_port &&
			a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	case AF_INET6:
		return a->in6.sin6_port == b->in6.sin6_port &&
			a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
			memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr)) == 0;
	}
	return a->length == b->length && memcmp(&a->un, &b->un, a->length) == 0;
}

bool binding_equal(const struct binding *a, const struct binding *b)
{
	return a->type == b->type && a->protocol == b->protocol && a->is_v6only == b->is_v6only &&
		a->interface == b->interface && a->network == b->network &&
		(binding_file(a) ? binding_file(b) != NULL
				 : address_equal(&a->address, &b->address));
}

const char *binding_file(const struct binding *binding)
{
	const struct sockaddr_un *un = &binding->address.un;

	return un->sun_family == AF_UNIX && un->sun_path[0] ? un->sun_path : NULL;
}

int binding_path_open(pid_t tid, int directory, const char *path, struct binding_path *ret)
{
	const char *name;
	int r = directory_open(tid, directory, path, &name);
	if (r < 0)
		return r;
	cleanup_fd int opened = r;

	if (strlen(name) >= sizeof(ret->name))
		return -ENAMETOOLONG;
	memcpy(ret->name, name, strlen(name) + 1);
	ret->directory = take_fd(&opened);
	return 0;
}

int binding_open_file(struct binding *binding, pid_t tid)
{
	const char *file = binding_file(binding);

	return file ? binding_path_open(tid, AT_FDCWD, file, &binding->path) : 0;
}

bool binding_path_stat(const struct binding_path *path, struct stat *ret)
{
	return path->directory >= 0 &&
		fstatat(path->directory, path->name, ret, AT_SYMLINK_NOFOLLOW) == 0;
}

bool binding_listens(int socket)
{
	return get_option(socket, SOL_SOCKET, SO_ACCEPTCONN);
}

bool binding_takes_new(int socket)
{
	struct socket_address peer = { .length = sizeof(peer.un) };

	return binding_listens(socket) ||
		(get_option(socket, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM &&
			getpeername(socket, &peer.any, &peer.length) == -1);
}

static const char *scheme(const struct binding *binding)
{
	if (binding->address.any.sa_family != AF_UNIX)
		return binding->type == SOCK_DGRAM ? "udp://" : "tcp://";
	if (binding->type == SOCK_DGRAM)
		return "unix-dgram:";
	return binding->type == SOCK_SEQPACKET ? "unix-seqpacket:" : "unix:";
}

const char *binding_text(const struct binding *binding, char *buf, size_t size)
{
	char where[BOUND_SIZE];

	if (bound_text(&binding->address, where, sizeof(where)) < 0)
		where[0] = '\0';
	(void)snprintf(buf, size, "%s%s", scheme(binding), where); /* cut short if it must be */
	return buf;
}
