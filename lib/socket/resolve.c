/* SPDX-License-Identifier: MIT */
/* See resolve.h. Literal addresses are read here; only names go to the resolver. */
#include "socket/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/parse.h"
#include "socket/address.h"
#include "socket/name.h"

int address_socket_type(const struct baton_address *address)
{
	switch (address->kind) {
	case BATON_ADDRESS_TCP:
	case BATON_ADDRESS_UNIX:
		return SOCK_STREAM;
	case BATON_ADDRESS_UDP:
	case BATON_ADDRESS_UNIX_DGRAM:
		return SOCK_DGRAM;
	case BATON_ADDRESS_UNIX_SEQPACKET:
		return SOCK_SEQPACKET;
	case BATON_ADDRESS_FD:
	case BATON_ADDRESS_SYSTEMD:
		break;
	}
	return 0;
}

static bool has_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	fd_close(fd);
	return fd != -1 || errno != EAFNOSUPPORT;
}

static bool same_address(const struct socket_address *a, const struct socket_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	if (a->any.sa_family == AF_INET6)
		return IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr) &&
			a->in6.sin6_scope_id == b->in6.sin6_scope_id;
	return a->length == b->length && memcmp(&a->un, &b->un, a->length) == 0;
}

/* Adds a copy, unless it is there: /etc/hosts may well name an address twice. */
static int append(struct address_list *list, const struct socket_address *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (same_address(&list->items[i], item))
			return 0;
	struct socket_address *items =
		reallocarray(list->items, list->count + 1, sizeof(*list->items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	list->items[list->count++] = *item;
	return 0;
}

static int append_ipv4(struct address_list *list, struct in_addr host, int port)
{
	struct socket_address item = { .length = sizeof(item.in) };

	item.in.sin_family = AF_INET;
	item.in.sin_addr = host;
	item.in.sin_port = htons((uint16_t)port);
	return append(list, &item);
}

static int append_ipv6(
	struct address_list *list, const struct in6_addr *host, unsigned scope, int port)
{
	struct socket_address item = { .length = sizeof(item.in6) };

	item.in6.sin6_family = AF_INET6;
	item.in6.sin6_addr = *host;
	item.in6.sin6_scope_id = scope;
	item.in6.sin6_port = htons((uint16_t)port);
	return append(list, &item);
}

static int resolve_unix(const struct baton_address *address, struct address_list *list)
{
	struct socket_address item = { 0 };
	size_t length = strlen(address->path);

	/* An abstract name has a NUL in place of the '@' and none behind it: unix(7). */
	item.un.sun_family = AF_UNIX;
	memcpy(item.un.sun_path, address->path, length);
	if (address->path[0] == '@')
		item.un.sun_path[0] = '\0';
	else
		length++;
	item.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return append(list, &item);
}

static int resolve_ipv6(
	const struct baton_address *address, struct address_list *list, struct baton_error *error)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1] = "";
	struct in6_addr binary;
	unsigned scope = 0;

	strncat(host, address->host, sizeof(host) - 1);
	char *zone = strchr(host, '%');

	if (zone) {
		int index;

		*zone++ = '\0';
		scope = if_nametoindex(zone);
		if (scope == 0 && parse_int(zone, 1, INT_MAX, &index) == 0)
			scope = (unsigned)index;
		if (scope == 0)
			return address_error(error, -ENODEV, address->text,
				"no network interface is named \"%s\"", zone);
	}
	if (inet_pton(AF_INET6, host, &binary) != 1)
		return -EINVAL;
	return append_ipv6(list, &binary, scope, address->port);
}

/* Of a single word somebody may have thought that it names the listener: NAME:PORT for
 * NAME=:PORT. */
static int unknown_host(
	const struct baton_address *address, const char *reason, struct baton_error *error)
{
	const char *host = address->host;

	if (strchr(host, '.') || name_check(host, NULL) < 0)
		return address_error(error, -EHOSTUNREACH, address->text,
			"host \"%.60s\" does not resolve: %s", host, reason);
	return address_error(error, -EHOSTUNREACH, address->text,
		"host \"%.60s\" does not resolve: %s; did you mean %.60s=:%d?", host, reason, host,
		address->port);
}

static int resolve_name(
	const struct baton_address *address, struct address_list *list, struct baton_error *error)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	int r = getaddrinfo(address->host, NULL, &hints, &found);
	if (r == EAI_MEMORY)
		return -ENOMEM;
	if (r != 0)
		return unknown_host(
			address, r == EAI_SYSTEM ? strerrordesc_np(errno) : gai_strerror(r), error);
	r = 0;
	for (struct addrinfo *info = found; info && r == 0; info = info->ai_next) {
		const void *sa = info->ai_addr;

		if (info->ai_family == AF_INET)
			r = append_ipv4(
				list, ((const struct sockaddr_in *)sa)->sin_addr, address->port);
		else if (info->ai_family == AF_INET6)
			r = append_ipv6(list, &((const struct sockaddr_in6 *)sa)->sin6_addr,
				((const struct sockaddr_in6 *)sa)->sin6_scope_id, address->port);
	}
	freeaddrinfo(found);
	list->is_name = true;
	return r;
}

static int resolve_inet(
	const struct baton_address *address, struct address_list *list, struct baton_error *error)
{
	struct in_addr ipv4 = { .s_addr = htonl(INADDR_ANY) };

	if (!*address->host) {
		list->is_wildcard = address->options.v6only != 1;
		return !list->is_wildcard || has_ipv6()
			? append_ipv6(list, &in6addr_any, 0, address->port)
			: append_ipv4(list, ipv4, address->port);
	}
	if (strchr(address->host, ':'))
		return resolve_ipv6(address, list, error);
	if (inet_pton(AF_INET, address->host, &ipv4) == 1)
		return append_ipv4(list, ipv4, address->port);
	return resolve_name(address, list, error);
}

int address_resolve(
	const struct baton_address *address, struct address_list *ret, struct baton_error *error)
{
	struct address_list list = { .type = address_socket_type(address) };
	int r;

	if (address_is_unix(address))
		r = resolve_unix(address, &list);
	else if (address->host)
		r = resolve_inet(address, &list, error);
	else
		r = address_error(error, -EINVAL, address->text,
			"it names a socket that is passed, not one to open");
	if (r == -ENOMEM)
		r = error_set(error, r, "out of memory");
	if (r < 0) {
		address_list_finish(&list);
		return r;
	}
	*ret = list;
	return 0;
}

void address_list_finish(struct address_list *list)
{
	free(list->items);
	*list = (struct address_list){ 0 };
}

static int port_of(const struct socket_address *item)
{
	if (item->any.sa_family == AF_INET)
		return ntohs(item->in.sin_port);
	if (item->any.sa_family == AF_INET6)
		return ntohs(item->in6.sin6_port);
	return 0;
}

static bool is_any(const struct socket_address *item)
{
	if (item->any.sa_family == AF_INET)
		return item->in.sin_addr.s_addr == htonl(INADDR_ANY);
	return item->any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&item->in6.sin6_addr);
}

bool address_list_has(
	const struct address_list *list, const struct sockaddr *bound, socklen_t length)
{
	struct socket_address socket = { .length = length };

	if (length > sizeof(socket.un))
		return false;
	memcpy(&socket.un, bound, length);
	for (size_t i = 0; i < list->count; i++) {
		const struct socket_address *item = &list->items[i];

		if (port_of(item) != 0 && port_of(item) != port_of(&socket))
			continue;
		if (same_address(item, &socket) || (list->is_wildcard && is_any(&socket)))
			return true;
	}
	return false;
}
