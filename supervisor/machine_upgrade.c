/* SPDX-License-Identifier: MIT */
/* Transitions of a generation from its start until it serves or has failed. */
#include <assert.h>

#include "base/container.h"
#include "machine_internal.h"

static void report(struct step *step, enum machine_report what, unsigned generation)
{
	machine_emit(step,
		(struct machine_action){
			.type = MACHINE_ACTION_REPORT, .report = what, .generation = generation });
}

/* There is one: machine_has_room is asked first. */
static struct machine_generation *find_free(struct machine *machine)
{
	unsigned i = 0;

	while (machine->generations[i].number != 0 && i + 1 < array_length(machine->generations))
		i++;
	assert(machine->generations[i].number == 0);
	return &machine->generations[i];
}

/* Hammered processes may take their time to die (a disk that does not answer): they count, so
 * that they cannot pile up either. */
bool machine_has_room(const struct machine *machine)
{
	unsigned used = 0;

	for (unsigned i = 0; i < array_length(machine->generations); i++)
		used += machine->generations[i].number > 0;
	return used < 2 + 2 * machine->config.max_draining;
}

static void spawn_next_generation(
	struct step *step, enum machine_report what, const struct machine_config *config)
{
	struct machine *machine = step->machine;
	struct machine_generation *generation = find_free(machine);

	*generation = (struct machine_generation){
		.number = ++machine->last_number,
		.state = MACHINE_GENERATION_STARTING,
		.config = *config,
		.worker_count = config->workers,
	};
	report(step, what, generation->number);
	for (unsigned i = 0; i < generation->worker_count; i++) {
		generation->workers[i].state = MACHINE_WORKER_SPAWNING;
		machine_emit(step,
			(struct machine_action){ .type = MACHINE_ACTION_SPAWN,
				.generation = generation->number,
				.worker = i });
	}
}

void machine_start(struct step *step)
{
	step->machine->state = MACHINE_STARTING;
	spawn_next_generation(step, MACHINE_REPORT_STARTING, &step->machine->config);
}

static void upgrade_to(struct step *step, const struct machine_config *config)
{
	step->machine->state = MACHINE_UPGRADING;
	spawn_next_generation(step, MACHINE_REPORT_UPGRADE_STARTED, config);
}

void machine_begin_upgrade(struct step *step)
{
	struct machine *machine = step->machine;

	machine->is_upgrade_pending = false;
	if (!machine->config.configures) {
		upgrade_to(step, &machine->config);
		return;
	}
	machine->state = MACHINE_CONFIGURING;
	machine_emit(step, (struct machine_action){ .type = MACHINE_ACTION_CONFIGURE });
}

/* Nothing that happened meanwhile needed the room that there was. */
void machine_use_config(struct step *step)
{
	assert(step->event->config->workers <= MACHINE_WORKERS_MAX);
	upgrade_to(step, step->event->config);
}

void machine_refuse_config(struct step *step)
{
	step->machine->state = MACHINE_SERVING;
	report(step, MACHINE_REPORT_UPGRADE_REFUSED, 0);
}

void machine_remember_upgrade(struct step *step)
{
	step->machine->is_upgrade_pending = true;
	report(step, MACHINE_REPORT_UPGRADE_REMEMBERED, 0);
}

void machine_ask_upgrade(struct step *step)
{
	if (machine_has_room(step->machine))
		machine_begin_upgrade(step);
	else
		machine_remember_upgrade(step);
}

void machine_ignore_upgrade(struct step *step)
{
	report(step, MACHINE_REPORT_UPGRADE_IGNORED, 0);
}

/* The time to get ready runs from here, not from SPAWN: waiting for a slow disk to give the
 * binary is not the worker's fault. */
void machine_await_ready(struct step *step)
{
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_SET_TIMER,
			.timer = MACHINE_TIMER_READY,
			.generation = step->generation->number,
			.worker = step->event->worker,
			.ms = step->generation->config.ready_timeout_ms });
}

static void steer(struct step *step, unsigned generation, bool is_bake)
{
	if (step->machine->config.steers)
		machine_emit(step,
			(struct machine_action){ .type = MACHINE_ACTION_STEER,
				.generation = generation,
				.is_bake = is_bake });
}

static void serve_first(struct step *step)
{
	step->machine->state = MACHINE_SERVING;
	step->generation->state = MACHINE_GENERATION_SERVING;
	steer(step, step->generation->number, false);
	report(step, MACHINE_REPORT_SERVING, step->generation->number);
}

static void bake(struct step *step)
{
	int bake_ms = step->generation->config.bake_ms;

	step->generation->state = MACHINE_GENERATION_BAKING;
	steer(step, step->generation->number, true);
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_REPORT,
			.report = MACHINE_REPORT_BAKING,
			.generation = step->generation->number,
			.ms = bake_ms });
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_SET_TIMER,
			.timer = MACHINE_TIMER_BAKE,
			.generation = step->generation->number,
			.ms = bake_ms });
}

void machine_take_over(struct step *step)
{
	struct machine_generation *predecessor =
		machine_find_state(step->machine, MACHINE_GENERATION_SERVING);

	assert(predecessor);
	step->machine->state = MACHINE_SERVING;
	step->machine->config = step->generation->config;
	step->generation->state = MACHINE_GENERATION_SERVING;
	steer(step, step->generation->number, false);
	report(step, MACHINE_REPORT_TOOK_OVER, step->generation->number);
	machine_retire(step, predecessor, false);
}

/* A worker of a starting generation is ready; the last one makes the generation so. */
void machine_count_ready(struct step *step)
{
	const struct machine_generation *generation = step->generation;

	machine_clear_timer(step, MACHINE_TIMER_READY, generation, step->event->worker);
	for (unsigned i = 0; i < generation->worker_count; i++) {
		if (generation->workers[i].state != MACHINE_WORKER_READY)
			return;
	}
	report(step, MACHINE_REPORT_READY, generation->number);
	if (step->machine->state == MACHINE_STARTING)
		serve_first(step);
	else if (generation->config.bake_ms > 0)
		bake(step);
	else
		machine_take_over(step);
}

static void report_failure(struct step *step, enum machine_report what, enum machine_cause cause)
{
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_REPORT,
			.report = what,
			.generation = step->generation->number,
			.worker = step->event->worker,
			.cause = cause });
}

/* The successor may have accepted connections: it drains like any other. */
static void roll_back(struct step *step, enum machine_cause cause)
{
	const struct machine_generation *predecessor =
		machine_find_state(step->machine, MACHINE_GENERATION_SERVING);

	assert(predecessor);
	steer(step, predecessor->number, false);
	report_failure(step, MACHINE_REPORT_ROLLED_BACK, cause);
	step->machine->state = MACHINE_SERVING;
	machine_retire(step, step->generation, false);
}

/* The first generation failed: there is nothing to go back to. */
static void fail_service(struct step *step, enum machine_cause cause)
{
	enum machine_exit exit = MACHINE_EXIT_NEVER_READY;

	if (cause == MACHINE_CAUSE_SPAWN_FAILED)
		exit = MACHINE_EXIT_NEVER_STARTED;
	else if (cause == MACHINE_CAUSE_WORKER_EXITED && !step->machine->config.restart)
		exit = MACHINE_EXIT_COMMAND_ENDED;
	report_failure(step, MACHINE_REPORT_START_FAILED, cause);
	machine_end(step, exit);
}

void machine_fail_start(struct step *step)
{
	static const enum machine_cause causes[MACHINE_EVENT_COUNT] = {
		[MACHINE_EVENT_SPAWN_FAILED] = MACHINE_CAUSE_SPAWN_FAILED,
		[MACHINE_EVENT_WORKER_EXITED] = MACHINE_CAUSE_WORKER_EXITED,
		[MACHINE_EVENT_READY_TIMEOUT] = MACHINE_CAUSE_NOT_READY,
	};
	enum machine_cause cause = causes[step->event->type];

	if (step->worker_was == MACHINE_WORKER_STARTING && cause == MACHINE_CAUSE_WORKER_EXITED)
		machine_clear_timer(
			step, MACHINE_TIMER_READY, step->generation, step->event->worker);
	if (step->machine->state == MACHINE_STARTING)
		fail_service(step, cause);
	else
		roll_back(step, cause);
}

void machine_fail_baking(struct step *step)
{
	roll_back(step, MACHINE_CAUSE_DIED_BAKING);
}
