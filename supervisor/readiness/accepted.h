/* SPDX-License-Identifier: MIT */
/*
 * Connections that a process has accepted, and not closed yet: they have the port or
 * the path of the socket that they came in on. A busy server may never be caught waiting, but
 * it has connections; and one that has none any more may be stopped.
 */
#ifndef SUPERVISOR_READINESS_ACCEPTED_H
#define SUPERVISOR_READINESS_ACCEPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct socket_address;
struct waiting_sockets;

/*
 * Counts those that came in on these addresses, of datagram sockets those that are connected;
 * up to max. -EPERM or -EACCES if the process may not be looked into, or another -errno.
 */
int accepted_count(pid_t pid, const struct socket_address *listeners, size_t count, int max);

/* Whether it has one from a socket that it has open itself. False also if that cannot be seen. */
bool accepted_from(pid_t pid, const struct waiting_sockets *sockets);

#endif
