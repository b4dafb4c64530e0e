/* SPDX-License-Identifier: MIT */
/* See inlets.h. */
#include "inlets.h"

#include <string.h>
#include <sys/socket.h>

static void note_port(struct inlets *inlets, uint16_t port)
{
	if (port == 0)
		return;
	for (size_t i = 0; i < inlets->port_count; i++)
		if (inlets->ports[i] == port)
			return;
	if (inlets->port_count < INLETS_PORTS_MAX)
		inlets->ports[inlets->port_count++] = port;
	else
		inlets->has_unseen = true;
}

static bool is_same_name(const struct socket_address *a, const struct socket_address *b)
{
	return a->length == b->length && memcmp(&a->un, &b->un, a->length) == 0;
}

static void note_name(struct inlets *inlets, const struct socket_address *name)
{
	if (name->length <= offsetof(struct sockaddr_un, sun_path))
		return;
	for (size_t i = 0; i < inlets->name_count; i++)
		if (is_same_name(&inlets->names[i], name))
			return;
	if (inlets->name_count < INLETS_NAMES_MAX)
		inlets->names[inlets->name_count++] = *name;
	else
		inlets->has_unseen = true;
}

void inlets_note(struct inlets *inlets, int fd)
{
	struct socket_address name = { .length = sizeof(name.un) };
	int type;
	socklen_t size = sizeof(type);

	if (getsockname(fd, &name.any, &name.length) == -1)
		return;
	switch (name.any.sa_family) {
	case AF_INET:
		note_port(inlets, name.in.sin_port);
		break;
	case AF_INET6:
		note_port(inlets, name.in6.sin6_port);
		break;
	case AF_UNIX:
		note_name(inlets, &name);
		break;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM)
		inlets->has_unseen = true;
}

void inlets_merge(struct inlets *inlets, const struct inlets *others)
{
	for (size_t i = 0; i < others->port_count; i++)
		note_port(inlets, others->ports[i]);
	for (size_t i = 0; i < others->name_count; i++)
		note_name(inlets, &others->names[i]);
	inlets->has_unseen |= others->has_unseen;
}
