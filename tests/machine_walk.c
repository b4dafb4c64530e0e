/* SPDX-License-Identifier: MIT */
/*
 * Walks every state the upgrade machine can reach, breadth-first, over every
 * event that can come in it, and judges each step and each state by the
 * rules of supervisor/machine.h. It guards against what scenarios forget: a
 * worker that dies between two timers, a stop in the middle of a rollback, a
 * message of a process that was just killed. Beyond the rules of a single
 * step it shows
 *  - that a stale event changes nothing, in any state;
 *  - that from every state the service comes to rest, be its processes
 *    willing (they get ready, and end when they are told) or not (they do
 *    neither, and only timers help), so that every upgrade has an outcome;
 *  - that every entry of the machine's tables is reached.
 * A rule that does not hold is told with the shortest way there.
 *
 * What it must notice, tried on the machine: a predecessor retired when its
 * successor is ready but has not baked; a rollback that forgets the upgrade
 * remembered; a restart timer left set when its generation is retired.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine_internal.h"
#include "support/machine_graph.h"
#include "support/machine_text.h"
#include "support/suite.h"

/* The places of generations beyond are never taken here, as few may drain. */
#define USED_BYTES offsetof(struct machine, generations[MODEL_GENERATIONS])

struct walk {
	const struct machine_config *config;
	unsigned failures_max; /* see snapshot_take() */
	struct graph graph;
	uint64_t steps;
};

static bool service_reached[MACHINE_STATE_COUNT][MACHINE_EVENT_COUNT];
static bool generation_reached[MACHINE_GENERATION_STATE_COUNT][MACHINE_EVENT_COUNT];
static bool worker_reached[MACHINE_WORKER_STATE_COUNT][MACHINE_EVENT_COUNT];

static void tell_way(struct strbuf *text, const struct walk *walk, uint32_t index)
{
	static struct machine machine;
	struct model model;

	if (walk->graph.nodes[index].parent != NOWHERE) {
		tell_way(text, walk, walk->graph.nodes[index].parent);
		strbuf_append(text, "\n  -- ");
		machine_text_event(text, &walk->graph.nodes[index].event);
	}
	snapshot_restore(&walk->graph.nodes[index].snapshot, &machine, &model, walk->config);
	strbuf_append(text, "\n");
	snapshot_text(text, &machine);
}

static void tell(const struct walk *walk, uint32_t index, const struct machine_event *event,
	const char *rule)
{
	static struct machine machine;
	static struct machine_actions actions;
	struct model model;
	struct strbuf text = STRBUF_INIT;

	tell_way(&text, walk, index);
	if (event) {
		strbuf_append(&text, "\n  -- ");
		machine_text_event(&text, event);
		strbuf_append(&text, "\n  => ");
		snapshot_restore(
			&walk->graph.nodes[index].snapshot, &machine, &model, walk->config);
		machine_step(&machine, event, &actions);
		machine_text_actions(&text, &actions);
	}
	ck_abort_msg("broken: %s%s", rule, text.text);
}

static void note_reached(const struct machine *machine, const struct machine_event *event)
{
	const struct machine_generation *generation = machine_find(machine, event->generation);

	if (!generation) {
		service_reached[machine->state][event->type] = true;
		return;
	}
	enum machine_worker_state state = generation->workers[event->worker].state;

	worker_reached[state][event->type] = true;
	if (event->type == MACHINE_EVENT_BAKED || event->type == MACHINE_EVENT_DRAIN_TIMEOUT ||
		event->type == MACHINE_EVENT_IDLE ||
		machine_worker_table[state][event->type].is_awaited)
		generation_reached[generation->state][event->type] = true;
}

/* What comes first while nobody asks for anything; 0: this does not come. */
static unsigned urgency(
	const struct model *model, const struct machine_event *event, enum temper temper)
{
	const struct model_generation *generation =
		model_find((struct model *)model, event->generation);
	const struct model_worker *worker = generation ? &generation->workers[event->worker] : NULL;

	switch (event->type) {
	case MACHINE_EVENT_START:
	case MACHINE_EVENT_HUP:
	case MACHINE_EVENT_STOP:
	case MACHINE_EVENT_STOP_NOW:
	case MACHINE_EVENT_SPAWN_FAILED:
	case MACHINE_EVENT_IDLE:
		return 0;
	case MACHINE_EVENT_CONFIGURED:
		return temper == WILLING ? 10 : 0;
	case MACHINE_EVENT_CONFIG_REFUSED:
		return temper == UNWILLING ? 10 : 0;
	case MACHINE_EVENT_WORKER_STARTED:
		return 9;
	case MACHINE_EVENT_WORKER_EXITED:
		return worker->is_killed || (temper == WILLING && generation->is_told) ? 8 : 0;
	case MACHINE_EVENT_WORKER_READY:
		return temper == WILLING ? 7 : 0;
	case MACHINE_EVENT_RESTART_DUE:
		return temper == WILLING ? 6 : 0;
	case MACHINE_EVENT_READY_TIMEOUT:
		return temper == UNWILLING && !generation->is_serving ? 6 : 0;
	case MACHINE_EVENT_BAKED:
		return 5;
	case MACHINE_EVENT_DRAIN_TIMEOUT:
		return 4;
	}
	return 0;
}

static void expand(struct walk *walk, uint32_t index)
{
	static struct machine origin, machine;
	struct model model_origin, model;
	struct machine_event events[MODEL_EVENTS];
	unsigned most_urgent[TEMPERS] = { 0 };

	snapshot_restore(&walk->graph.nodes[index].snapshot, &origin, &model_origin, walk->config);
	unsigned count = model_events(&model_origin, events);

	for (unsigned i = 0; i < count; i++) {
		struct snapshot snapshot;

		note_reached(&origin, &events[i]);
		memcpy(&machine, &origin, USED_BYTES);
		model = model_origin;
		model_step(&model, &machine, &events[i]);
		walk->steps++;
		if (model.broken)
			tell(walk, index, &events[i], model.broken);
		snapshot_take(&snapshot, &machine, &model, walk->failures_max);
		uint32_t next = graph_visit(&walk->graph, &snapshot, index, &events[i]);

		for (unsigned temper = 0; temper < TEMPERS; temper++) {
			unsigned urgent = urgency(&model_origin, &events[i], temper);

			if (urgent <= most_urgent[temper])
				continue;
			most_urgent[temper] = urgent;
			walk->graph.nodes[index].rest[temper] = next;
		}
	}
}

static bool is_possible(
	const struct machine_event *events, unsigned count, const struct machine_event *event)
{
	for (unsigned i = 0; i < count; i++) {
		if (events[i].type == event->type && events[i].generation == event->generation &&
			events[i].worker == event->worker)
			return true;
	}
	return false;
}

/* Every event about a generation or a worker that cannot come in this state, those about ones
 * that never were included. */
static void check_stale(struct walk *walk, uint32_t index)
{
	static struct machine origin, machine;
	static struct machine_actions actions;
	struct model model;
	struct machine_event events[MODEL_EVENTS];
	struct machine_event event = { .lived_ms = 0 };

	snapshot_restore(&walk->graph.nodes[index].snapshot, &origin, &model, walk->config);
	unsigned count = model_events(&model, events);

	memcpy(&machine, &origin, sizeof machine);
	for (unsigned type = MACHINE_EVENT_BAKED; type < MACHINE_EVENT_COUNT; type++) {
		event.type = (enum machine_event_type)type;
		for (event.generation = 0; event.generation <= origin.last_number + 1;
			event.generation++) {
			for (event.worker = 0; event.worker <= walk->config->workers;
				event.worker++) {
				bool is_about_worker = type != MACHINE_EVENT_BAKED &&
					type != MACHINE_EVENT_DRAIN_TIMEOUT &&
					type != MACHINE_EVENT_IDLE;

				if (is_possible(events, count, &event) ||
					(!is_about_worker && event.worker > 0))
					continue;
				machine_step(&machine, &event, &actions);
				walk->steps++;
				if (actions.count > 0)
					tell(walk, index, &event, "a stale event is ignored");
			}
		}
	}
	if (memcmp(&machine, &origin, sizeof machine) != 0)
		tell(walk, index, NULL, "a stale event changes nothing");
}

/* Nothing is under way, and if the world was willing, all that should serve does. */
static bool is_at_rest(const struct walk *walk, uint32_t index, enum temper temper)
{
	static struct machine machine;
	struct model model;

	snapshot_restore(&walk->graph.nodes[index].snapshot, &machine, &model, walk->config);
	if (machine.state == MACHINE_IDLE || machine.state == MACHINE_ENDED)
		return true;
	if (machine.state != MACHINE_SERVING || machine.is_upgrade_pending ||
		model.generations[1].number > 0)
		return false;
	if (temper == UNWILLING || !walk->config->restart)
		return true;
	for (unsigned w = 0; w < walk->config->workers; w++) {
		if (model.generations[0].workers[w].process != MODEL_ACCEPTING)
			return false;
	}
	return true;
}

/* Follows the way to rest from every state; each one is marked good once. */
static void check_rest(const struct walk *walk, enum temper temper)
{
	bool *is_good = calloc(walk->graph.count, sizeof *is_good);

	ck_assert_ptr_nonnull(is_good);
	for (uint32_t start = 0; start < walk->graph.count; start++) {
		uint32_t index = start;

		for (uint32_t length = 0; !is_good[index]; length++) {
			uint32_t next = walk->graph.nodes[index].rest[temper];

			if (next == NOWHERE && !is_at_rest(walk, index, temper))
				tell(walk, index, NULL, "the service comes to rest");
			if (length > walk->graph.count)
				tell(walk, start, NULL, "the way to rest has an end");
			if (next == NOWHERE)
				break;
			index = next;
		}
		for (index = start; index != NOWHERE && !is_good[index];
			index = walk->graph.nodes[index].rest[temper])
			is_good[index] = true;
	}
	free(is_good);
}

static void walk_all(const struct machine_config *config, unsigned failures_max)
{
	struct walk walk = { .config = config, .failures_max = failures_max };
	struct machine_event none = { .type = MACHINE_EVENT_START };
	struct snapshot snapshot;
	struct model model = { .config = config };
	static struct machine machine;

	machine_init(&machine, config);
	snapshot_take(&snapshot, &machine, &model, failures_max);
	graph_visit(&walk.graph, &snapshot, NOWHERE, &none);
	for (uint32_t i = 0; i < walk.graph.count; i++) {
		expand(&walk, i);
		if (config->workers == 1 && config->max_draining == 1)
			check_stale(&walk, i);
	}
	for (unsigned temper = 0; temper < TEMPERS; temper++)
		check_rest(&walk, temper);
	printf("# workers %u, bake %d, draining %u, restart %d, max restarts %d: %u states, "
	       "%llu steps\n",
		config->workers, config->bake_ms, config->max_draining, config->restart,
		config->max_restarts, walk.graph.count, (unsigned long long)walk.steps);
	graph_finish(&walk.graph);
}

static struct machine_config basic_config(unsigned workers, unsigned max_draining)
{
	return (struct machine_config){
		.workers = workers,
		.ready_timeout_ms = 60,
		.drain_timeout_ms = 30,
		.max_draining = max_draining,
		.restart = true,
		.restart_min_ms = 1,
		.restart_max_ms = 1,
		.max_restarts = -1,
		.steers = true,
	};
}

static void walk_single_workers(int bake_ms, unsigned max_draining)
{
	struct machine_config config = basic_config(1, max_draining);

	config.bake_ms = bake_ms;
	config.restart = false;
	walk_all(&config, 0);
	config.restart = true;
	config.max_restarts = 0;
	walk_all(&config, 0);
	config.max_restarts = 1;
	walk_all(&config, 1);
}

static void walk_restarts_without_end(void)
{
	struct machine_config config = basic_config(2, 1);

	config.bake_ms = 5;
	walk_all(&config, 0);
}

static void walk_failures_in_a_row(void)
{
	struct machine_config config = basic_config(1, 1);

	config.restart_max_ms = 4;
	walk_all(&config, 3);
	config.max_restarts = 3;
	walk_all(&config, 3);
}

static void walk_pairs_of_workers(int bake_ms)
{
	struct machine_config config = basic_config(2, 1);

	config.bake_ms = bake_ms;
	config.max_restarts = 0;
	walk_all(&config, 0);
	config.restart = false;
	walk_all(&config, 0);
}

static void walk_configurations(int bake_ms)
{
	struct machine_config config = basic_config(1, 1);

	config.configures = true;
	config.bake_ms = bake_ms;
	config.max_restarts = 0;
	walk_all(&config, 0);
	config.restart = false;
	walk_all(&config, 0);
	config.max_draining = 2;
	walk_all(&config, 0);
}

static void check_reached(const char *state, unsigned event, bool is_there, bool is_reached)
{
	ck_assert_msg(!is_there || is_reached, "never reached: %s in state %s",
		machine_event_name(event), state);
}

static void check_tables(void)
{
	for (unsigned event = 0; event < MACHINE_EVENT_COUNT; event++) {
		for (unsigned i = 0; i < MACHINE_STATE_COUNT; i++)
			check_reached(machine_state_name(i), event, machine_service_table[i][event],
				service_reached[i][event]);
		for (unsigned i = 0; i < MACHINE_GENERATION_STATE_COUNT; i++)
			check_reached(machine_generation_state_name(i), event,
				machine_generation_table[i][event], generation_reached[i][event]);
		for (unsigned i = 0; i < MACHINE_WORKER_STATE_COUNT; i++)
			check_reached(machine_worker_state_name(i), event,
				machine_worker_table[i][event].is_awaited,
				worker_reached[i][event]);
	}
}

START_TEST(every_state_keeps_the_rules_and_every_transition_is_reached)
{
	for (int bake_ms = 0; bake_ms <= 5; bake_ms += 5) {
		walk_single_workers(bake_ms, 1);
		walk_single_workers(bake_ms, 2);
		walk_pairs_of_workers(bake_ms);
		walk_configurations(bake_ms);
	}
	walk_failures_in_a_row();
	walk_restarts_without_end();
	check_tables();
}
END_TEST

int main(void)
{
	const TTest *cases[] = { every_state_keeps_the_rules_and_every_transition_is_reached };
	struct suite suite = {
		.name = "machine_walk", .cases = cases, .count = array_length(cases), .timeout = 600
	};

	return suite_run(&suite);
}
