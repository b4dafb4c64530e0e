/* SPDX-License-Identifier: MIT */
/*
 * The special problem of epoll and a connection that has been passed on: a set
 * lets go of a descriptor when the open file is closed, and that stays open in the
 * successor. So the old process would be woken by each request that is no longer its own;
 * libev then builds its whole set anew, for that is all that one can do about a descriptor
 * which is closed.
 */
#ifndef SOCKET_HANDOFF_EPOLL_H
#define SOCKET_HANDOFF_EPOLL_H

struct handoff_epoll {
	int fd;          /* the set that the last one was in, borrowed; -1: not known */
	unsigned misses; /* how often it was looked for and not found */
};

/* Takes the descriptor, which nobody watches any more, out of the set of this process that still
 * has it. Only one that was opened early is found: that of the host's loop. */
void handoff_epoll_forget(struct handoff_epoll *epoll, int fd);

#endif
