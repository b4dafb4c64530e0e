/* SPDX-License-Identifier: MIT */
/*
 * Connections that are half-way: the client's SYN has come, and its listener is
 * chosen, but not its ACK. When new connections are steered elsewhere, these still come to
 * the old socket, and are seen nowhere but in the kernel's tables (sock_diag(7)).
 */
#ifndef SUPERVISOR_STEER_HANDSHAKES_H
#define SUPERVISOR_STEER_HANDSHAKES_H

#include <stddef.h>
#include <stdint.h>

enum { HANDSHAKES_MAX = 4096 };

/* Those of a moment. Zeroed, it is empty. */
struct handshakes {
	uint64_t *cookies; /* owned; the kernel's names for them */
	size_t count;
};

/* Notes those to any of the ports (in network byte order). 0 or -errno: it is empty then. */
int handshakes_note(struct handshakes *handshakes, const uint16_t *ports, size_t count);

/* Forgets those that are over; how many are left, or -errno. */
int handshakes_look(struct handshakes *handshakes, const uint16_t *ports, size_t count);

void handshakes_finish(struct handshakes *handshakes);

#endif
