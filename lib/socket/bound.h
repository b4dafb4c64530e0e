/* SPDX-License-Identifier: MIT */
/* Where a socket is bound, in words: "127.0.0.1:80", "[fe80::1%eth0]:80", "/path", "@abstract". */
#ifndef SOCKET_BOUND_H
#define SOCKET_BOUND_H

#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

struct socket_address;

/* Enough for every address, its final NUL included. */
#define BOUND_SIZE 128

/*
 * Asks the kernel where fd is bound and writes it. "" for a unix socket that
 * is bound nowhere; a NUL inside an abstract name comes out as '@', a control
 * character as '?'. Returns 0, -ENAMETOOLONG if size is too small,
 * -EAFNOSUPPORT for a socket of another family, -ENOTSOCK, -EBADF.
 */
int bound_format(int fd, char *buf, size_t size);

/* The same of an address that something may be bound to. 0, -ENAMETOOLONG or -EAFNOSUPPORT. */
int bound_text(const struct socket_address *name, char *buf, size_t size);

/* Likewise the other end of a connection; -ENOTCONN if there is none. */
int bound_format_peer(int fd, char *buf, size_t size);

/* The port fd is bound to; -1 if it has none. */
int bound_port(int fd);

/* The cookie of the socket's network namespace; 0: the kernel tells none. */
uint64_t bound_network(int fd);

#endif
