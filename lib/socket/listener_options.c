/* SPDX-License-Identifier: MIT */
/* See listener_options.h: one table, one row an option and family. */
#include "socket/listener_options.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/container.h"
#include "socket/address.h"

enum { LEAVE = -1 }; /* a value that says: do not touch the option */

/* A restart must not wait for connections of the last one in TIME_WAIT: socket(7). Not for UDP,
 * where it lets anybody take over the port. */
static int reuseaddr_value(const struct baton_address *address)
{
	return address->kind == BATON_ADDRESS_TCP ? 1 : LEAVE;
}

static int reuseport_value(const struct baton_address *address)
{
	return address->options.reuseport > 0 ? 1 : LEAVE;
}

static int joining_value(const struct baton_address *address)
{
	return address->lets_join ? 1 : LEAVE;
}

/* Always set, as the default is a sysctl (net.ipv6.bindv6only). */
static int v6only_value(const struct baton_address *address)
{
	return address->options.v6only != -1 ? address->options.v6only : *address->host != '\0';
}

static int freebind_value(const struct baton_address *address)
{
	return address->options.freebind ? 1 : LEAVE;
}

static int fastopen_value(const struct baton_address *address)
{
	return address->options.fastopen > 0 ? address->options.fastopen : LEAVE;
}

static int defer_accept_value(const struct baton_address *address)
{
	return address->options.defer_accept > 0 ? address->options.defer_accept : LEAVE;
}

static const struct {
	const char *what;
	enum listener_phase phase;
	int family; /* AF_UNSPEC: any */
	int level, name;
	int (*value)(const struct baton_address *address);
} table[] = {
	{ "SO_REUSEADDR", LISTENER_BEFORE_BIND, AF_UNSPEC, SOL_SOCKET, SO_REUSEADDR,
		reuseaddr_value },
	{ "SO_REUSEPORT", LISTENER_BEFORE_BIND, AF_UNSPEC, SOL_SOCKET, SO_REUSEPORT,
		reuseport_value },
	{ "IPV6_V6ONLY", LISTENER_BEFORE_BIND, AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY, v6only_value },
	{ "IP_FREEBIND", LISTENER_BEFORE_BIND, AF_INET, IPPROTO_IP, IP_FREEBIND, freebind_value },
	{ "IPV6_FREEBIND", LISTENER_BEFORE_BIND, AF_INET6, IPPROTO_IPV6, IPV6_FREEBIND,
		freebind_value },
	{ "SO_REUSEPORT", LISTENER_BEFORE_LISTEN, AF_UNSPEC, SOL_SOCKET, SO_REUSEPORT,
		joining_value },
	{ "TCP_DEFER_ACCEPT", LISTENER_BEFORE_LISTEN, AF_UNSPEC, IPPROTO_TCP, TCP_DEFER_ACCEPT,
		defer_accept_value },
	{ "TCP_FASTOPEN", LISTENER_BEFORE_LISTEN, AF_UNSPEC, IPPROTO_TCP, TCP_FASTOPEN,
		fastopen_value },
};

int listener_options_apply(int fd, int family, enum listener_phase phase,
	const struct baton_address *address, struct baton_error *error)
{
	for (size_t i = 0; i < array_length(table); i++) {
		if (table[i].phase != phase ||
			(table[i].family != AF_UNSPEC && table[i].family != family))
			continue;
		int value = table[i].value(address);

		if (value == LEAVE)
			continue;
		if (setsockopt(fd, table[i].level, table[i].name, &value, sizeof(value)) == -1)
			return address_error(error, -errno, address->text, "cannot set %s: %s",
				table[i].what, strerrordesc_np(errno));
	}
	return 0;
}
