/* SPDX-License-Identifier: MIT */
/* Opens, binds and listens: from an address to the sockets of a listener. */
#ifndef SOCKET_BIND_H
#define SOCKET_BIND_H

#include <stddef.h>

#include <baton/address.h>

#include "socket/unix_path.h"

struct bound_sockets {
	int *fds; /* owned, and so are the descriptors */
	size_t count;
	size_t capacity;
	struct unix_path path; /* of a unix address that has one */
};

/*
 * Opens every socket of the address: one for each address that its host
 * resolves to, times reuseport=N. All of them listen, or none is open. Errors
 * as baton_listener_open has them. On success ret is the caller's.
 */
int bind_sockets(
	const struct baton_address *address, struct bound_sockets *ret, struct baton_error *error);

/* Closes what is open and removes the path. */
void bound_sockets_finish(struct bound_sockets *sockets);

#endif
