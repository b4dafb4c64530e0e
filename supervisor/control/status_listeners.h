/* SPDX-License-Identifier: MIT */
/* The part of the status that is about sockets. */
#ifndef SUPERVISOR_CONTROL_STATUS_LISTENERS_H
#define SUPERVISOR_CONTROL_STATUS_LISTENERS_H

#include <jansson.h>

struct runtime;

/* Listeners, and what is held for servers that bind for themselves, with their queues. NULL: no
 * memory. */
json_t *status_listeners(const struct runtime *runtime);

/* How much waits in the sockets that the generation has for itself; null where generations share
 * theirs. NULL: no memory. */
json_t *status_queue(const struct runtime *runtime, unsigned generation);

#endif
