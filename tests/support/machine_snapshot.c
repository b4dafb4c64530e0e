/* SPDX-License-Identifier: MIT */
/* See machine_snapshot.h. */
#include "support/machine_snapshot.h"

#include <string.h>

#include "base/container.h"

/* Bits of a worker: its state, its process, and facts about it; then its failures. */
enum {
	WORKER_STATE = 0x0007,
	WORKER_PROCESS_SHIFT = 3,
	WORKER_PROCESS = 0x0018,
	WORKER_KILLED = 0x0020,
	WORKER_READY_TIMER = 0x0040,
	WORKER_RESTART_TIMER = 0x0080,
	WORKER_FAILURES_SHIFT = 8,
};

/* Bits of a generation, after its state. */
enum {
	GENERATION_SERVING = 0x01,
	GENERATION_SUCCESSOR = 0x02,
	GENERATION_TOLD = 0x04,
	GENERATION_KILLED = 0x08,
	GENERATION_BAKE_TIMER = 0x10,
	GENERATION_DRAIN_TIMER = 0x20,
	GENERATION_TOLD_STOP = 0x40,
	GENERATION_GETS_NEW = 0x80,
};

enum {
	SERVICE_STARTED = 0x01,
	SERVICE_SERVED = 0x02,
	SERVICE_PENDING = 0x04,
	SERVICE_TOLD_STOP = 0x08,
	SERVICE_CLOSED = 0x10,
	SERVICE_ENDED = 0x20,
	SERVICE_CONFIGURING = 0x40,
};

static unsigned pack_worker(
	const struct machine_worker *worker, const struct model_worker *real, unsigned failures_max)
{
	unsigned failures = worker->failures < failures_max ? worker->failures : failures_max;

	return worker->state | real->process << WORKER_PROCESS_SHIFT |
		(real->is_killed ? WORKER_KILLED : 0) |
		(real->has_ready_timer ? WORKER_READY_TIMER : 0) |
		(real->has_restart_timer ? WORKER_RESTART_TIMER : 0) |
		failures << WORKER_FAILURES_SHIFT;
}

static void unpack_worker(unsigned bits, struct machine_worker *worker, struct model_worker *real)
{
	unsigned failures = bits >> WORKER_FAILURES_SHIFT;
	enum machine_worker_state state = (enum machine_worker_state)(bits & WORKER_STATE);
	bool is_given_up = state == MACHINE_WORKER_GIVEN_UP;

	*worker = (struct machine_worker){ .state = state, .failures = failures };
	*real = (struct model_worker){
		.process = (enum model_process)((bits & WORKER_PROCESS) >> WORKER_PROCESS_SHIFT),
		.is_killed = bits & WORKER_KILLED,
		.has_ready_timer = bits & WORKER_READY_TIMER,
		.has_restart_timer = bits & WORKER_RESTART_TIMER,
		.is_given_up = is_given_up,
		.failures = failures + is_given_up,
	};
}

static void sort_workers(unsigned *values, unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		for (unsigned j = i; j > 0 && values[j - 1] > values[j]; j--) {
			unsigned swapped = values[j];

			values[j] = values[j - 1];
			values[j - 1] = swapped;
		}
	}
}

struct packed {
	uint8_t bytes[GENERATION_BYTES];
};

static struct packed pack_generation(const struct machine_generation *generation,
	const struct model_generation *real, const struct model *model, unsigned failures_max)
{
	struct packed packed;
	uint8_t *bytes = packed.bytes;
	unsigned workers[MODEL_WORKERS] = { 0 };

	if (generation->state != MACHINE_GENERATION_SERVING)
		failures_max = 0;
	for (unsigned w = 0; w < model->config->workers; w++)
		workers[w] = pack_worker(&generation->workers[w], &real->workers[w], failures_max);
	sort_workers(workers, model->config->workers);
	*bytes++ = (uint8_t)(generation->state + 1);
	*bytes++ = (uint8_t)((real->is_serving ? GENERATION_SERVING : 0) |
		(real->is_successor ? GENERATION_SUCCESSOR : 0) |
		(real->is_told ? GENERATION_TOLD : 0) | (real->is_killed ? GENERATION_KILLED : 0) |
		(real->has_bake_timer ? GENERATION_BAKE_TIMER : 0) |
		(real->has_drain_timer ? GENERATION_DRAIN_TIMER : 0) |
		(real->is_told_stop ? GENERATION_TOLD_STOP : 0) |
		(real->gets_new ? GENERATION_GETS_NEW : 0));
	for (unsigned w = 0; w < MODEL_WORKERS; w++) {
		*bytes++ = (uint8_t)(workers[w] & 0xff);
		*bytes++ = (uint8_t)(workers[w] >> 8);
	}
	return packed;
}

/*
 * Where a generation stands: the machine goes by age only to find the oldest
 * of those that drain while the service goes on, and the newest is the one
 * that starts. All others stand in any order, so in a fixed one.
 */
static bool comes_before(const struct packed *a, const struct packed *b, bool has_closed)
{
	static const unsigned ranks[] = {
		[MACHINE_GENERATION_HAMMERED] = 0,
		[MACHINE_GENERATION_DRAINING] = 1,
		[MACHINE_GENERATION_SERVING] = 2,
		[MACHINE_GENERATION_STARTING] = 3,
		[MACHINE_GENERATION_BAKING] = 3,
	};
	unsigned rank_a = ranks[a->bytes[0] - 1], rank_b = ranks[b->bytes[0] - 1];

	if (rank_a != rank_b)
		return rank_a < rank_b;
	return (has_closed || rank_a == 0) && memcmp(a, b, sizeof *a) < 0;
}

/* Stable: those that stand in no other order stay oldest first. */
static void sort_generations(struct packed *packed, unsigned count, bool has_closed)
{
	for (unsigned i = 1; i < count; i++) {
		for (unsigned j = i; j > 0 && comes_before(&packed[j], &packed[j - 1], has_closed);
			j--) {
			struct packed swapped = packed[j];

			packed[j] = packed[j - 1];
			packed[j - 1] = swapped;
		}
	}
}

static const uint8_t *unpack_generation(const uint8_t *bytes, struct machine_generation *generation,
	struct model_generation *real, unsigned number)
{
	generation->number = real->number = number;
	generation->state = (enum machine_generation_state)(bytes[0] - 1);
	real->is_serving = bytes[1] & GENERATION_SERVING;
	real->is_successor = bytes[1] & GENERATION_SUCCESSOR;
	real->is_told = bytes[1] & GENERATION_TOLD;
	real->is_killed = bytes[1] & GENERATION_KILLED;
	real->has_bake_timer = bytes[1] & GENERATION_BAKE_TIMER;
	real->has_drain_timer = bytes[1] & GENERATION_DRAIN_TIMER;
	real->is_told_stop = bytes[1] & GENERATION_TOLD_STOP;
	real->gets_new = bytes[1] & GENERATION_GETS_NEW;
	bytes += 2;
	for (unsigned w = 0; w < MODEL_WORKERS; w++, bytes += 2)
		unpack_worker(bytes[0] | (unsigned)bytes[1] << 8, &generation->workers[w],
			&real->workers[w]);
	return bytes;
}

void snapshot_take(struct snapshot *snapshot, const struct machine *machine,
	const struct model *model, unsigned failures_max)
{
	struct packed packed[MODEL_GENERATIONS];
	uint8_t *bytes = snapshot->bytes;
	unsigned count = 0;

	memset(snapshot, 0, sizeof *snapshot);
	*bytes++ = (uint8_t)machine->state;
	*bytes++ = (uint8_t)machine->exit;
	*bytes++ = (uint8_t)((model->has_started ? SERVICE_STARTED : 0) |
		(model->has_served ? SERVICE_SERVED : 0) |
		(model->is_remembered ? SERVICE_PENDING : 0) |
		(model->is_told_stop ? SERVICE_TOLD_STOP : 0) |
		(model->has_closed ? SERVICE_CLOSED : 0) | (model->has_ended ? SERVICE_ENDED : 0) |
		(model->is_configuring ? SERVICE_CONFIGURING : 0));
	for (unsigned i = 0; i < MODEL_GENERATIONS; i++) {
		const struct model_generation *real = &model->generations[i];

		if (real->number > 0)
			packed[count++] = pack_generation(
				machine_find(machine, real->number), real, model, failures_max);
	}
	sort_generations(packed, count, model->has_closed);
	memcpy(bytes, packed, count * sizeof packed[0]);
}

void snapshot_restore(const struct snapshot *snapshot, struct machine *machine, struct model *model,
	const struct machine_config *config)
{
	const uint8_t *bytes = snapshot->bytes;

	machine_init(machine, config);
	*model = (struct model){ .config = config };
	machine->state = (enum machine_state)(*bytes++);
	machine->exit = model->exit = (enum machine_exit)(*bytes++);
	machine->is_upgrade_pending = model->is_remembered = *bytes & SERVICE_PENDING;
	model->has_started = *bytes & SERVICE_STARTED;
	model->has_served = *bytes & SERVICE_SERVED;
	model->is_told_stop = *bytes & SERVICE_TOLD_STOP;
	model->has_closed = *bytes & SERVICE_CLOSED;
	model->has_ended = *bytes & SERVICE_ENDED;
	model->is_configuring = *bytes & SERVICE_CONFIGURING;
	bytes++;
	for (unsigned i = 0; i<MODEL_GENERATIONS && * bytes> 0; i++) {
		bytes = unpack_generation(
			bytes, &machine->generations[i], &model->generations[i], i + 1);
		machine->generations[i].config = *config;
		machine->generations[i].worker_count = config->workers;
		machine->last_number = i + 1;
	}
}

void snapshot_text(struct strbuf *text, const struct machine *machine)
{
	strbuf_append(text, machine_state_name(machine->state));
	if (machine->is_upgrade_pending)
		strbuf_append(text, ", upgrade pending");
	for (unsigned i = 0; i < array_length(machine->generations); i++) {
		const struct machine_generation *generation = &machine->generations[i];

		if (generation->number == 0)
			continue;
		strbuf_appendf(text, "; %u %s", generation->number,
			machine_generation_state_name(generation->state));
		for (unsigned w = 0; w < generation->worker_count; w++)
			strbuf_appendf(text, " %s",
				machine_worker_state_name(generation->workers[w].state));
	}
}
