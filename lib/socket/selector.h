/* SPDX-License-Identifier: MIT */
/*
 * Which socket of a group (SO_REUSEPORT) gets a new connection or datagram: a
 * program in classic BPF, whose result is an index into the group
 * (SO_ATTACH_REUSEPORT_CBPF, socket(7)). Building it is pure.
 */
#ifndef SOCKET_SELECTOR_H
#define SOCKET_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/filter.h>

/* Sockets of one generation on one address; what it has more gets nothing. */
enum { SELECTOR_SOCKETS_MAX = 256, SELECTOR_LENGTH_MAX = 2 * (2 * SELECTOR_SOCKETS_MAX + 4) + 40 };

/* The indexes of a generation's sockets. */
struct selector_set {
	unsigned indexes[SELECTOR_SOCKETS_MAX];
	size_t count;
};

struct selector {
	struct sock_filter code[SELECTOR_LENGTH_MAX];
	struct sock_fprog program; /* points to code: the structure must stay where it is */
};

/*
 * Writes the program: that percentage of what is new goes to `to`, all else to `rest`, which
 * may be NULL if it is 100; equally to each socket of a set. A flow of datagrams (is_flow) has
 * one socket, by its client's address and port; a connection any. A set that is empty gives its
 * part to the other.
 */
void selector_build(struct selector *selector, const struct selector_set *to,
	const struct selector_set *rest, unsigned percent, bool is_flow);

/* Has it choose for the group of the socket, from now on. 0; -EINVAL if that is in no group; or
 * -errno. */
int selector_attach(const struct selector *selector, int socket);

#endif
