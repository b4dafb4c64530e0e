/* SPDX-License-Identifier: MIT */
/* The part of the status that is about sockets. */
#ifndef SUPERVISOR_CONTROL_STATUS_LISTENERS_H
#define SUPERVISOR_CONTROL_STATUS_LISTENERS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct runtime;
struct socket_address;

/* Listeners, and what is held for servers that bind for themselves, with their queues. NULL: no
 * memory. */
json_t *status_listeners(const struct runtime *runtime);

/* How much waits in the sockets that the generation has for itself; null where generations share
 * theirs. NULL: no memory. */
json_t *status_queue(const struct runtime *runtime, unsigned generation);

/* The TCP ports of all of them, each once, in network byte order, max at most. How many. */
size_t status_ports(const struct runtime *runtime, uint16_t *ret, size_t max);

/* The names of the unix sockets that connections come in on, max at most. How many. */
size_t status_unix_names(const struct runtime *runtime, struct socket_address *ret, size_t max);

#endif
