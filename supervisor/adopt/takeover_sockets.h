/* SPDX-License-Identifier: MIT */
/* The listening sockets of a process that runs already: held as if they had been bound under
 * baton's eyes. */
#ifndef SUPERVISOR_ADOPT_TAKEOVER_SOCKETS_H
#define SUPERVISOR_ADOPT_TAKEOVER_SOCKETS_H

#include <sys/types.h>

struct held_claimant;
struct held_table;

/* Holds those that are not held yet, as the claimant's. How many, or -errno. */
int takeover_sockets_hold(
	struct held_table *table, const struct held_claimant *claimant, pid_t pid);

#endif
