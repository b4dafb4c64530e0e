/* SPDX-License-Identifier: MIT */
/*
 * Has a process accepted a connection from one of these sockets, and not closed it yet?
 * A busy server may never be caught waiting: but then it has connections.
 */
#ifndef SUPERVISOR_READINESS_ACCEPTED_H
#define SUPERVISOR_READINESS_ACCEPTED_H

#include <stdbool.h>
#include <sys/types.h>

struct waiting_sockets;

/* Looks at the first hundreds of its descriptors. False also if it may not be looked into. */
bool accepted_from(pid_t pid, const struct waiting_sockets *sockets);

#endif
