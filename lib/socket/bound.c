/* SPDX-License-Identifier: MIT */
/* See bound.h. */
#include "socket/bound.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "socket/resolve.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

static int get_name(int fd, struct socket_address *ret)
{
	*ret = (struct socket_address){ .length = sizeof(ret->un) };
	return getsockname(fd, &ret->any, &ret->length) == -1 ? -errno : 0;
}

static int format_unix(const struct socket_address *name, char *buf, size_t size)
{
	const char *path = name->un.sun_path;
	size_t length = name->length - offsetof(struct sockaddr_un, sun_path);

	/* A path ends at its NUL, if there is room for one; an abstract name at its length. */
	if (length > 0 && path[0] != '\0')
		length = strnlen(path, length);
	if (length >= size)
		return -ENAMETOOLONG;
	for (size_t i = 0; i < length; i++)
		buf[i] = path[i] == '\0' ? '@' : iscntrl((unsigned char)path[i]) ? '?' : path[i];
	buf[length] = '\0';
	return 0;
}

static int format_ipv6(const struct sockaddr_in6 *in6, char *buf, size_t size)
{
	char host[INET6_ADDRSTRLEN], zone[IF_NAMESIZE + 1] = "";

	(void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host)); /* it fits */
	if (in6->sin6_scope_id) {
		zone[0] = '%';
		if (!if_indextoname(in6->sin6_scope_id, zone + 1))
			(void)snprintf(zone + 1, sizeof(zone) - 1, "%u", in6->sin6_scope_id);
	}
	int length = snprintf(buf, size, "[%s%s]:%u", host, zone, ntohs(in6->sin6_port));

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

static int format_ipv4(const struct sockaddr_in *in, char *buf, size_t size)
{
	char host[INET_ADDRSTRLEN];

	(void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host)); /* it fits */
	int length = snprintf(buf, size, "%s:%u", host, ntohs(in->sin_port));

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

int bound_text(const struct socket_address *name, char *buf, size_t size)
{
	switch (name->any.sa_family) {
	case AF_INET:
		return format_ipv4(&name->in, buf, size);
	case AF_INET6:
		return format_ipv6(&name->in6, buf, size);
	case AF_UNIX:
		return format_unix(name, buf, size);
	}
	return -EAFNOSUPPORT;
}

int bound_format(int fd, char *buf, size_t size)
{
	struct socket_address name;
	int r = get_name(fd, &name);

	return r < 0 ? r : bound_text(&name, buf, size);
}

int bound_format_peer(int fd, char *buf, size_t size)
{
	struct socket_address name = { .length = sizeof(name.un) };

	if (getpeername(fd, &name.any, &name.length) == -1)
		return -errno;
	return bound_text(&name, buf, size);
}

int bound_port(int fd)
{
	struct socket_address name;

	if (get_name(fd, &name) < 0)
		return -1;
	switch (name.any.sa_family) {
	case AF_INET:
		return ntohs(name.in.sin_port);
	case AF_INET6:
		return ntohs(name.in6.sin6_port);
	}
	return -1;
}

uint64_t bound_network(int fd)
{
	uint64_t cookie;
	socklen_t size = sizeof(cookie);

	return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) == -1 ? 0 : cookie;
}
