/* SPDX-License-Identifier: MIT */
/* From an address to the socket addresses that it means on this machine. */
#ifndef SOCKET_RESOLVE_H
#define SOCKET_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <baton/address.h>

struct socket_address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t length;
};

struct address_list {
	struct socket_address *items; /* owned; in the order in which they are opened */
	size_t count;
	int type;         /* SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET */
	bool is_wildcard; /* no host was given: every address, IPv6 and IPv4 alike */
	bool is_name;     /* the host was a name and was looked up */
};

/* The type of the sockets of an address; 0 for fd and systemd ones, where it is what was passed. */
int address_socket_type(const struct baton_address *address);

/*
 * Resolves; names are looked up, which may block. An address without a host
 * becomes [::], meant with IPV6_V6ONLY off, or 0.0.0.0 where the kernel has no
 * IPv6. Returns 0, then the list is the caller's to finish; -EINVAL for fd and
 * systemd addresses, -EHOSTUNREACH for a name that does not resolve, -ENODEV
 * for a zone that is no interface, -ENOMEM.
 */
int address_resolve(
	const struct baton_address *address, struct address_list *ret, struct baton_error *error);

/* Frees what address_resolve gave; an empty list is allowed. */
void address_list_finish(struct address_list *list);

/*
 * Whether a socket bound to bound (from getsockname) serves the list: it is
 * one of its items, or either wildcard if the list is one. A port of 0 in the list matches
 * any port.
 */
bool address_list_has(
	const struct address_list *list, const struct sockaddr *bound, socklen_t length);

#endif
