/* SPDX-License-Identifier: MIT */
/* How busy a listening socket is, as its owner can ask the kernel. */
#ifndef SUPERVISOR_SOCKET_LOAD_H
#define SUPERVISOR_SOCKET_LOAD_H

#include <stdint.h>

struct socket_load {
	int64_t queue;   /* connections that wait to be accepted; bytes of datagrams; -1: unknown */
	int64_t backlog; /* how many may wait; -1: unknown, or no such limit */
	int64_t drops;   /* connections or datagrams that found no room; -1: unknown */
};

/* Of a socket that listens or takes datagrams. What the kernel does not tell, as of unix
 * sockets, is -1. */
void socket_load_read(int fd, struct socket_load *ret);

/* Adds what several sockets of one listener have; unknown is what one does not know. */
void socket_load_add(struct socket_load *sum, const struct socket_load *one);

#endif
