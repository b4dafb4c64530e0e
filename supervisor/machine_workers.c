/* SPDX-License-Identifier: MIT */
/* Transitions of the workers of the generation that serves: they are restarted when they die. */
#include <assert.h>
#include <limits.h>

#include "backoff.h"
#include "machine_internal.h"

static void report(struct step *step, enum machine_report what, int ms)
{
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_REPORT,
			.report = what,
			.generation = step->generation->number,
			.worker = step->event->worker,
			.ms = ms });
}

static void back_off(struct step *step)
{
	const struct machine_config *config = &step->generation->config;
	struct machine_worker *worker = step->worker;

	if (worker->failures < UINT_MAX)
		worker->failures++;
	int delay_ms =
		backoff_delay_ms(worker->failures, config->restart_min_ms, config->restart_max_ms);

	worker->state = MACHINE_WORKER_BACKOFF;
	report(step, MACHINE_REPORT_WORKER_RESTARTING, delay_ms);
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_SET_TIMER,
			.timer = MACHINE_TIMER_RESTART,
			.generation = step->generation->number,
			.worker = step->event->worker,
			.ms = delay_ms });
}

static void give_up(struct step *step)
{
	step->worker->state = MACHINE_WORKER_GIVEN_UP;
	report(step, MACHINE_REPORT_WORKER_GIVEN_UP, 0);
}

/*
 * It exited, or could not be started again. Who lived long enough has not
 * failed in a row. One who is past help does not end the service by itself:
 * a successor may be under way, see machine_judge().
 */
void machine_lose_worker(struct step *step)
{
	const struct machine_config *config = &step->generation->config;
	struct machine_worker *worker = step->worker;

	if (step->worker_was == MACHINE_WORKER_STARTING)
		machine_clear_timer(
			step, MACHINE_TIMER_READY, step->generation, step->event->worker);
	if (!config->restart)
		return;
	if (step->event->type == MACHINE_EVENT_WORKER_EXITED &&
		step->event->lived_ms >= config->restart_max_ms)
		worker->failures = 0;
	if (config->max_restarts >= 0 && worker->failures >= (unsigned)config->max_restarts)
		give_up(step);
	else
		back_off(step);
}

void machine_recover_worker(struct step *step)
{
	machine_clear_timer(step, MACHINE_TIMER_READY, step->generation, step->event->worker);
	report(step, MACHINE_REPORT_WORKER_RECOVERED, 0);
}

/* Not ready in time. Its exit is the failure, not this: it is one all the same. */
void machine_kill_worker(struct step *step)
{
	step->worker->state = MACHINE_WORKER_KILLED;
	report(step, MACHINE_REPORT_WORKER_NOT_READY, 0);
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_KILL_WORKER,
			.generation = step->generation->number,
			.worker = step->event->worker });
}

void machine_respawn_worker(struct step *step)
{
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_SPAWN,
			.generation = step->generation->number,
			.worker = step->event->worker });
}

/* Why the service cannot go on with the generation that serves; NONE: it can. */
enum machine_exit machine_judge(struct machine *machine)
{
	const struct machine_generation *serving =
		machine_find_state(machine, MACHINE_GENERATION_SERVING);
	unsigned absent = 0;

	assert(serving);
	for (unsigned i = 0; i < serving->worker_count; i++) {
		if (serving->workers[i].state == MACHINE_WORKER_GIVEN_UP)
			return MACHINE_EXIT_GAVE_UP;
		absent += serving->workers[i].state == MACHINE_WORKER_ABSENT;
	}
	return absent == serving->worker_count ? MACHINE_EXIT_COMMAND_ENDED : MACHINE_EXIT_NONE;
}
