/* SPDX-License-Identifier: MIT */
/* See machine_graph.h. */
#include "support/machine_graph.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Many times as many as there are: a walk that does not end must not eat the machine's memory. */
#define STATES_MAX (1 << 21)

static uint32_t hash(const struct snapshot *snapshot)
{
	uint64_t value = 0xcbf29ce484222325u;

	for (size_t i = 0; i < sizeof snapshot->bytes; i++)
		value = (value ^ snapshot->bytes[i]) * 0x100000001b3u;
	return (uint32_t)(value ^ value >> 32);
}

static uint32_t *find_entry(const struct graph *graph, const struct snapshot *snapshot)
{
	uint32_t i = hash(snapshot) & (graph->table_size - 1);

	while (graph->table[i] > 0 &&
		memcmp(&graph->nodes[graph->table[i] - 1].snapshot, snapshot, sizeof *snapshot) !=
			0)
		i = (i + 1) & (graph->table_size - 1);
	return &graph->table[i];
}

static void grow(struct graph *graph)
{
	graph->capacity = graph->capacity ? 2 * graph->capacity : 1024;
	ck_assert_msg(graph->capacity <= STATES_MAX, "states without end");
	graph->table_size = 4 * graph->capacity;
	graph->nodes = realloc(graph->nodes, graph->capacity * sizeof *graph->nodes);
	free(graph->table);
	graph->table = calloc(graph->table_size, sizeof *graph->table);
	ck_assert(graph->nodes && graph->table);
	for (uint32_t i = 0; i < graph->count; i++)
		*find_entry(graph, &graph->nodes[i].snapshot) = i + 1;
}

uint32_t graph_visit(struct graph *graph, const struct snapshot *snapshot, uint32_t parent,
	const struct machine_event *event)
{
	if (graph->count == graph->capacity)
		grow(graph);
	uint32_t *entry = find_entry(graph, snapshot);

	if (*entry == 0) {
		graph->nodes[graph->count] = (struct node){
			.snapshot = *snapshot,
			.parent = parent,
			.rest = { NOWHERE, NOWHERE },
			.event = *event,
		};
		*entry = ++graph->count;
	}
	return *entry - 1;
}

void graph_finish(struct graph *graph)
{
	free(graph->nodes);
	free(graph->table);
	*graph = (struct graph){ 0 };
}
