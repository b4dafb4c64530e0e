/* SPDX-License-Identifier: MIT */
/* The socket options that an address asks for, each set in the phase where it works. */
#ifndef SOCKET_LISTENER_OPTIONS_H
#define SOCKET_LISTENER_OPTIONS_H

#include <baton/address.h>

enum listener_phase {
	LISTENER_BEFORE_BIND,
	LISTENER_BEFORE_LISTEN,
};

/* Sets on fd, a socket of that family, what belongs to the phase. 0, or -errno with error set. */
int listener_options_apply(int fd, int family, enum listener_phase phase,
	const struct baton_address *address, struct baton_error *error);

#endif
