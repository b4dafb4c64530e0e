/* SPDX-License-Identifier: MIT */
/* See peer.h. */
#include "doctor/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <baton/address.h>

#include "base/cleanup.h"

static void use_loopback(struct socket_address *address)
{
	if (address->any.sa_family == AF_INET && address->in.sin_addr.s_addr == INADDR_ANY)
		address->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (address->any.sa_family == AF_INET6 &&
		IN6_IS_ADDR_UNSPECIFIED(&address->in6.sin6_addr))
		address->in6.sin6_addr = in6addr_loopback;
}

static int resolve(struct peer *peer, const struct baton_address *address)
{
	struct address_list list;
	int r = address_resolve(address, &list, NULL);
	if (r < 0)
		return -EINVAL;
	if (list.count > 0) {
		peer->address = list.items[0];
		peer->type = list.type;
	}
	r = list.count > 0 ? 0 : -EINVAL;
	address_list_finish(&list);
	return r;
}

int peer_init(struct peer *peer, const char *name)
{
	struct baton_address *address;

	*peer = (struct peer){ .name = name };
	if (baton_address_parse(name, &address, NULL) < 0)
		return -EINVAL;
	int r = resolve(peer, address);

	baton_address_destroy(address);
	if (r == 0)
		use_loopback(&peer->address);
	return r;
}

bool peer_is_ip(const struct peer *peer)
{
	return peer->address.any.sa_family != AF_UNIX;
}

bool peer_can_be_visited(const struct peer *peer)
{
	return !peer->is_absent && (peer->type != SOCK_DGRAM || peer->speech == PEER_SENT);
}

const char *peer_speech_name(const struct peer *peer)
{
	if (peer->is_absent)
		return "nobody accepts there";
	switch (peer->speech) {
	case PEER_HTTP:
		return "HTTP";
	case PEER_SENT:
		return "what is sent";
	case PEER_MUTE:
		break;
	}
	return peer->type == SOCK_DGRAM ? "not tried" : "connections only";
}

int peer_connect(const struct peer *peer, int *ret)
{
	cleanup_fd int fd =
		socket(peer->address.any.sa_family, peer->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd == -1)
		return -errno;
	r = connect(fd, &peer->address.any, peer->address.length);
	if (r == -1 && errno != EINPROGRESS)
		return -errno;
	r = r == -1 ? -EINPROGRESS : 0;
	*ret = take_fd(&fd);
	return r;
}
