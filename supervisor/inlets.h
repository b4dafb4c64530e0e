/* SPDX-License-Identifier: MIT */
/*
 * Where the connections of a generation come in: the ports and names of all sockets that there
 * have been for it. They are noted, since a socket may be closed long before the connections that
 * came in on it are.
 */
#ifndef SUPERVISOR_INLETS_H
#define SUPERVISOR_INLETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "socket/resolve.h"

enum { INLETS_PORTS_MAX = 256, INLETS_NAMES_MAX = 16 };

/* Zeroed: none. */
struct inlets {
	uint16_t ports[INLETS_PORTS_MAX]; /* of TCP and UDP, each once, in network byte order */
	size_t port_count;
	struct socket_address names[INLETS_NAMES_MAX]; /* of unix sockets, each once */
	size_t name_count;
	bool has_unseen; /* whose peers cannot be counted: datagrams, or more than there is room for */
};

/* Notes where the socket is bound; what is not bound, or no socket, is left out. */
void inlets_note(struct inlets *inlets, int fd);

/* Notes all those of others. */
void inlets_merge(struct inlets *inlets, const struct inlets *others);

#endif
