/* SPDX-License-Identifier: MIT */
/*
 * TCP connections that came in on given ports, and whose they are: the kernel lists them all at
 * once (tcp_diag.h), and a process' descriptors say which it has. Nothing is needed of the
 * servers.
 */
#ifndef SUPERVISOR_CONNECTIONS_H
#define SUPERVISOR_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct connection {
	ino_t inode;
	int age_ms;      /* it is at least that old: so long it has been silent in one direction */
	unsigned marked; /* the last mark it was counted under */
};

/* Those of a moment; { 0 } has none. */
struct connections {
	struct connection *items; /* owned, by inode */
	size_t count;
	size_t capacity;
	bool is_broken; /* memory ran out */
};

/* How many a generation has. */
struct connections_tally {
	int count;
	int oldest_ms; /* at least so old is the oldest */
};

/* Looks which there are on those ports, in network byte order. 0 or -errno; finish in either
 * case. */
int connections_look(struct connections *connections, const uint16_t *ports, size_t count);

/*
 * Adds those that the process has open, but for those that were counted under this mark (not 0)
 * before: what a process and its child both have is one. 0, or -EACCES and its like if it may not
 * be looked into.
 */
int connections_count(
	struct connections *connections, pid_t pid, unsigned mark, struct connections_tally *tally);

void connections_finish(struct connections *connections);

#endif
