/* SPDX-License-Identifier: MIT */
/*
 * Which socket of a group (SO_REUSEPORT) gets a new connection or datagram: a
 * program in classic BPF, whose result is an index into the group
 * (SO_ATTACH_REUSEPORT_CBPF, socket(7)). Pure.
 */
#ifndef SOCKET_SELECTOR_H
#define SOCKET_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>

enum {
	SELECTOR_SOCKETS_MAX = 256, /* of one generation on one address; more get nothing */
	SELECTOR_ROUTES_MAX = 4,
	SELECTOR_ROUTE_LENGTH = 10,
	SELECTOR_LENGTH_MAX = 2 * (2 * SELECTOR_SOCKETS_MAX + 4) + 40 +
		SELECTOR_ROUTES_MAX * SELECTOR_ROUTE_LENGTH,
};

/* The indexes of a generation's sockets. */
struct selector_set {
	unsigned indexes[SELECTOR_SOCKETS_MAX];
	size_t count;
};

struct selector {
	struct sock_filter code[SELECTOR_LENGTH_MAX];
	struct sock_fprog program; /* points to code: the structure must stay where it is */
};

/* Where a datagram has an id: see struct baton_steer_route, which it is of. */
struct selector_route {
	unsigned match_offset;
	uint8_t match_mask;
	uint8_t match_value;
	unsigned id_offset;
	uint8_t id_mask;
};

/* What is to be chosen. All is borrowed, for the length of the call. */
struct selector_plan {
	const struct selector_set *to;
	const struct selector_set *rest; /* may be NULL if percent is 100 */
	unsigned percent;
	bool is_flow;
	/* Of datagrams: an id below id_count is the index of a socket, any other is none. */
	const struct selector_route *routes;
	size_t route_count;
	unsigned id_count;
};

/*
 * Writes the program. What has an id goes there; of all else, which is new, that percentage to
 * `to`, and the others to `rest`; equally to each socket of a set. A flow of datagrams (is_flow)
 * has one socket, by its client's address and port; a connection any. A set that is empty gives
 * its part to the other.
 */
void selector_build(struct selector *selector, const struct selector_plan *plan);

#endif
