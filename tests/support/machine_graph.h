/* SPDX-License-Identifier: MIT */
/* The states that a walk of the upgrade machine has seen, and how it came there. */
#ifndef TESTS_SUPPORT_MACHINE_GRAPH_H
#define TESTS_SUPPORT_MACHINE_GRAPH_H

#include "support/machine_snapshot.h"

#define NOWHERE UINT32_MAX

/* How the world behaves on the way to rest. */
enum temper { WILLING, UNWILLING, TEMPERS };

struct node {
	struct snapshot snapshot;
	uint32_t parent;
	uint32_t rest[TEMPERS];     /* the next state on the way to rest; NOWHERE: at rest */
	struct machine_event event; /* that led here from the parent */
};

struct graph {
	struct node *nodes; /* in the order they were first seen */
	uint32_t count, capacity;
	uint32_t *table; /* index + 1 by hash of the snapshot; 0: free */
	uint32_t table_size;
};

/* The index of the snapshot's node: a new one if it was never seen. Fails the case if there is
 * no memory, or no end. */
uint32_t graph_visit(struct graph *graph, const struct snapshot *snapshot, uint32_t parent,
	const struct machine_event *event);

void graph_finish(struct graph *graph);

#endif
