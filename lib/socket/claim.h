/* SPDX-License-Identifier: MIT */
/*
 * Which process has which socket of a group, of those that all generations have open: it has
 * claimed it, by a record lock (fcntl(2)). Such a lock belongs to the process, not to the
 * open file that they share; anybody who has the socket sees who it is, and the kernel lets
 * go of it when that ends, however it ends.
 *
 * The special problem of record locks: a process that closes any descriptor of the socket, a
 * duplicate too, loses its lock.
 */
#ifndef SOCKET_CLAIM_H
#define SOCKET_CLAIM_H

#include <stddef.h>
#include <sys/types.h>

struct selector_set;

enum claim_state {
	CLAIM_FREE,
	CLAIM_SERVING,  /* what is new may come to it: a write lock */
	CLAIM_DRAINING, /* finishes what it has: a read lock */
};

struct claim {
	enum claim_state state;
	unsigned generation;
	pid_t pid; /* 0: it is in a namespace that we do not see */
};

/* Claims the socket, which then is SERVING. 0; -EAGAIN if another process has it; or -errno. */
int claim_take(int fd, unsigned generation);

/* Of one that this process has: DRAINING. 0 or -errno. */
int claim_drain(int fd, unsigned generation);

/* Lets go of it. */
void claim_release(int fd);

/* Who has it, if it is another process; FREE also if it is this one. 0 or -errno. */
int claim_look(int fd, struct claim *ret);

/* The indexes of those that get what is new: the newest generation of all that serve. Pure. */
void claim_newest(const struct claim *claims, size_t count, struct selector_set *ret);

#endif
