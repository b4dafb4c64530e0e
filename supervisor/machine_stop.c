/* SPDX-License-Identifier: MIT */
/* Transitions that end a generation, gently or with the hammer, and those that end the service. */
#include "base/container.h"
#include "machine_internal.h"

/* Clears the timer a worker has while its generation starts or serves; none comes after. */
static void quiet_worker(struct step *step, const struct machine_generation *generation,
	struct machine_worker *worker)
{
	unsigned index = (unsigned)(worker - generation->workers);

	switch (worker->state) {
	case MACHINE_WORKER_STARTING:
		machine_clear_timer(step, MACHINE_TIMER_READY, generation, index);
		break;
	case MACHINE_WORKER_BACKOFF:
		machine_clear_timer(step, MACHINE_TIMER_RESTART, generation, index);
		worker->state = MACHINE_WORKER_ABSENT;
		break;
	case MACHINE_WORKER_GIVEN_UP:
		worker->state = MACHINE_WORKER_ABSENT;
		break;
	case MACHINE_WORKER_ABSENT:
	case MACHINE_WORKER_SPAWNING:
	case MACHINE_WORKER_READY:
	case MACHINE_WORKER_KILLED:
		break;
	}
}

static void quiet(struct step *step, struct machine_generation *generation)
{
	switch (generation->state) {
	case MACHINE_GENERATION_STARTING:
	case MACHINE_GENERATION_SERVING:
		for (unsigned i = 0; i < generation->worker_count; i++)
			quiet_worker(step, generation, &generation->workers[i]);
		break;
	case MACHINE_GENERATION_BAKING:
		machine_clear_timer(step, MACHINE_TIMER_BAKE, generation, 0);
		break;
	case MACHINE_GENERATION_DRAINING:
		machine_clear_timer(step, MACHINE_TIMER_DRAIN, generation, 0);
		break;
	case MACHINE_GENERATION_HAMMERED:
		break;
	}
}

/* Forgets a quiet generation if no process of it is left. */
static bool forget_if_gone(struct step *step, struct machine_generation *generation)
{
	for (unsigned i = 0; i < generation->worker_count; i++) {
		if (generation->workers[i].state != MACHINE_WORKER_ABSENT)
			return false;
	}
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_REPORT,
			.report = MACHINE_REPORT_GONE,
			.generation = generation->number });
	machine_emit(step,
		(struct machine_action){
			.type = MACHINE_ACTION_FORGET, .generation = generation->number });
	*generation = (struct machine_generation){ 0 };
	return true;
}

static void signal_stop(
	struct step *step, const struct machine_generation *generation, bool is_stop)
{
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_RETIRE,
			.generation = generation->number,
			.is_stop = is_stop });
}

/* Tells a generation to stop, and sets its deadline. */
void machine_retire(struct step *step, struct machine_generation *generation, bool is_stop)
{
	int drain_timeout_ms = generation->config.drain_timeout_ms;

	quiet(step, generation);
	if (forget_if_gone(step, generation))
		return;
	generation->state = MACHINE_GENERATION_DRAINING;
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_REPORT,
			.report = MACHINE_REPORT_DRAINING,
			.generation = generation->number,
			.ms = drain_timeout_ms });
	signal_stop(step, generation, is_stop);
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_SET_TIMER,
			.timer = MACHINE_TIMER_DRAIN,
			.generation = generation->number,
			.ms = drain_timeout_ms });
}

static void kill_generation(
	struct step *step, struct machine_generation *generation, enum machine_cause cause)
{
	generation->state = MACHINE_GENERATION_HAMMERED;
	for (unsigned i = 0; i < generation->worker_count; i++) {
		struct machine_worker *worker = &generation->workers[i];

		if (worker->state == MACHINE_WORKER_STARTING ||
			worker->state == MACHINE_WORKER_READY)
			worker->state = MACHINE_WORKER_KILLED;
	}
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_REPORT,
			.report = MACHINE_REPORT_HAMMERED,
			.generation = generation->number,
			.cause = cause });
	machine_emit(step,
		(struct machine_action){
			.type = MACHINE_ACTION_KILL, .generation = generation->number });
}

static void hammer(
	struct step *step, struct machine_generation *generation, enum machine_cause cause)
{
	quiet(step, generation);
	if (!forget_if_gone(step, generation))
		kill_generation(step, generation, cause);
}

void machine_hammer_late(struct step *step)
{
	kill_generation(step, step->generation, MACHINE_CAUSE_DEADLINE);
}

void machine_hammer_idle(struct step *step)
{
	hammer(step, step->generation, MACHINE_CAUSE_IDLE);
}

/* A worker of a generation that was told to stop, or was hammered, has ended. */
void machine_drop_worker(struct step *step)
{
	struct machine_generation *generation = step->generation;

	for (unsigned i = 0; i < generation->worker_count; i++) {
		if (generation->workers[i].state != MACHINE_WORKER_ABSENT)
			return;
	}
	quiet(step, generation);
	forget_if_gone(step, generation);
}

/* The oldest generation that drains, if too many do; else NULL. */
static struct machine_generation *find_surplus(struct machine *machine)
{
	struct machine_generation *oldest = NULL;
	unsigned count = 0;

	for (unsigned i = 0; i < array_length(machine->generations); i++) {
		struct machine_generation *generation = &machine->generations[i];

		if (generation->number == 0 || generation->state != MACHINE_GENERATION_DRAINING)
			continue;
		count++;
		if (!oldest || generation->number < oldest->number)
			oldest = generation;
	}
	return count > machine->config.max_draining ? oldest : NULL;
}

/* One is too many as a rule; with a new configuration, which wants fewer, it may be several. */
void machine_limit_draining(struct step *step)
{
	struct machine_generation *surplus;

	while ((surplus = find_surplus(step->machine)))
		hammer(step, surplus, MACHINE_CAUSE_TOO_MANY);
}

static void report_stopping(struct step *step)
{
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_REPORT,
			.report = MACHINE_REPORT_STOPPING,
			.exit = step->machine->exit });
}

/* No more upgrades: the one under way and the one remembered get their outcome. */
static void end_upgrades(struct step *step)
{
	struct machine *machine = step->machine;

	if (machine->state == MACHINE_UPGRADING)
		machine_emit(step,
			(struct machine_action){ .type = MACHINE_ACTION_REPORT,
				.report = MACHINE_REPORT_ROLLED_BACK,
				.generation = machine->last_number,
				.cause = MACHINE_CAUSE_STOPPED });
	if (machine->is_upgrade_pending || machine->state == MACHINE_CONFIGURING)
		machine_ignore_upgrade(step);
	machine->is_upgrade_pending = false;
}

static void begin_end(struct step *step, enum machine_state state, enum machine_exit exit)
{
	machine_emit(step, (struct machine_action){ .type = MACHINE_ACTION_CLOSE_LISTENERS });
	step->machine->exit = exit;
	report_stopping(step);
	end_upgrades(step);
	step->machine->state = state;
}

/* Those that drain already keep their deadline. */
static void retire_all(struct step *step)
{
	for (unsigned i = 0; i < array_length(step->machine->generations); i++) {
		struct machine_generation *generation = &step->machine->generations[i];

		if (generation->number == 0 || generation->state == MACHINE_GENERATION_HAMMERED)
			continue;
		if (generation->state == MACHINE_GENERATION_DRAINING)
			signal_stop(step, generation, true);
		else
			machine_retire(step, generation, true);
	}
}

static void hammer_all(struct step *step)
{
	for (unsigned i = 0; i < array_length(step->machine->generations); i++) {
		struct machine_generation *generation = &step->machine->generations[i];

		if (generation->number > 0 && generation->state != MACHINE_GENERATION_HAMMERED)
			hammer(step, generation, MACHINE_CAUSE_STOP_NOW);
	}
}

/* The machine's own decision: the service cannot go on. */
void machine_end(struct step *step, enum machine_exit exit)
{
	begin_end(step, MACHINE_ENDING, exit);
	retire_all(step);
}

void machine_stop(struct step *step)
{
	begin_end(step, MACHINE_STOPPING, MACHINE_EXIT_STOPPED);
	retire_all(step);
}

void machine_stop_now(struct step *step)
{
	begin_end(step, MACHINE_STOPPING, MACHINE_EXIT_STOPPED);
	hammer_all(step);
}

/* Everything drains already, and the first reason to end stays the reason; from here on it is
 * the next STOP that hurries. */
void machine_stop_ending(struct step *step)
{
	step->machine->state = MACHINE_STOPPING;
	report_stopping(step);
}

void machine_hurry(struct step *step)
{
	step->machine->state = MACHINE_STOPPING;
	hammer_all(step);
}

/* EXIT, once nothing is left. */
void machine_finish(struct step *step)
{
	struct machine *machine = step->machine;

	for (unsigned i = 0; i < array_length(machine->generations); i++) {
		if (machine->generations[i].number > 0)
			return;
	}
	machine->state = MACHINE_ENDED;
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_REPORT,
			.report = MACHINE_REPORT_STOPPED,
			.exit = machine->exit });
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_EXIT, .exit = machine->exit });
}
