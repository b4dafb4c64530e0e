/* SPDX-License-Identifier: MIT */
/*
 * Does a process wait for connections on one of these sockets? Seen from
 * outside through /proc, without its cooperation. Needs the right to trace it
 * (ptrace(2): the same user, or CAP_SYS_PTRACE). What waits through io_uring is not seen.
 */
#ifndef SUPERVISOR_READINESS_WAITING_H
#define SUPERVISOR_READINESS_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The sockets looked for, by inode number; borrowed. */
struct waiting_sockets {
	const ino_t *inodes;
	size_t count;
};

enum waiting {
	WAITING_NOT,        /* as far as can be seen: it may hold the sockets all the same */
	WAITING_REGISTERED, /* one is in an epoll set for reading, but nobody waits on the set now:
	                     * about to, or busy with what it has accepted */
	WAITING_ACCEPTED,   /* it has a connection that came in on one */
	WAITING_NOW, /* a thread is inside accept, poll, select, epoll_wait, recvmsg, ... on one */
};

/* Whether the socket of that inode is one of them. */
bool waiting_has(const struct waiting_sockets *sockets, ino_t inode);

/*
 * Looks at all threads and epoll sets of the process. Returns an enum waiting,
 * -ESRCH if it is gone, -EACCES if it may not be looked into, or another -errno.
 */
int waiting_on(pid_t pid, const struct waiting_sockets *sockets);

#endif
