/* SPDX-License-Identifier: MIT */
/*
 * The step of the upgrade machine: finds what the event is about, looks up
 * its transition, and then settles what follows from the state reached.
 */
#include "machine.h"

#include <assert.h>

#include "base/container.h"
#include "machine_internal.h"

enum subject { SERVICE, GENERATION, WORKER };

#define X(name, text, subject) [MACHINE_EVENT_##name] = (subject),
static const enum subject subjects[] = { MACHINE_EVENTS(X) };
#undef X

const machine_transition machine_service_table[MACHINE_STATE_COUNT][MACHINE_EVENT_COUNT] = {
	[MACHINE_IDLE] = {
		[MACHINE_EVENT_START] = machine_start,
		[MACHINE_EVENT_STOP] = machine_stop,
		[MACHINE_EVENT_STOP_NOW] = machine_stop_now,
	},
	[MACHINE_STARTING] = {
		[MACHINE_EVENT_HUP] = machine_remember_upgrade,
		[MACHINE_EVENT_STOP] = machine_stop,
		[MACHINE_EVENT_STOP_NOW] = machine_stop_now,
	},
	[MACHINE_SERVING] = {
		[MACHINE_EVENT_HUP] = machine_ask_upgrade,
		[MACHINE_EVENT_STOP] = machine_stop,
		[MACHINE_EVENT_STOP_NOW] = machine_stop_now,
	},
	[MACHINE_CONFIGURING] = {
		[MACHINE_EVENT_HUP] = machine_remember_upgrade,
		[MACHINE_EVENT_STOP] = machine_stop,
		[MACHINE_EVENT_STOP_NOW] = machine_stop_now,
		[MACHINE_EVENT_CONFIGURED] = machine_use_config,
		[MACHINE_EVENT_CONFIG_REFUSED] = machine_refuse_config,
	},
	[MACHINE_UPGRADING] = {
		[MACHINE_EVENT_HUP] = machine_remember_upgrade,
		[MACHINE_EVENT_STOP] = machine_stop,
		[MACHINE_EVENT_STOP_NOW] = machine_stop_now,
	},
	[MACHINE_ENDING] = {
		[MACHINE_EVENT_HUP] = machine_ignore_upgrade,
		[MACHINE_EVENT_STOP] = machine_stop_ending,
		[MACHINE_EVENT_STOP_NOW] = machine_hurry,
	},
	[MACHINE_STOPPING] = {
		[MACHINE_EVENT_HUP] = machine_ignore_upgrade,
		[MACHINE_EVENT_STOP] = machine_hurry,
		[MACHINE_EVENT_STOP_NOW] = machine_hurry,
	},
};

const machine_transition machine_generation_table[MACHINE_GENERATION_STATE_COUNT]
						 [MACHINE_EVENT_COUNT] = {
	[MACHINE_GENERATION_STARTING] = {
		[MACHINE_EVENT_WORKER_STARTED] = machine_await_ready,
		[MACHINE_EVENT_SPAWN_FAILED] = machine_fail_start,
		[MACHINE_EVENT_WORKER_READY] = machine_count_ready,
		[MACHINE_EVENT_WORKER_EXITED] = machine_fail_start,
		[MACHINE_EVENT_READY_TIMEOUT] = machine_fail_start,
	},
	[MACHINE_GENERATION_BAKING] = {
		[MACHINE_EVENT_WORKER_EXITED] = machine_fail_baking,
		[MACHINE_EVENT_BAKED] = machine_take_over,
	},
	[MACHINE_GENERATION_SERVING] = {
		[MACHINE_EVENT_WORKER_STARTED] = machine_await_ready,
		[MACHINE_EVENT_SPAWN_FAILED] = machine_lose_worker,
		[MACHINE_EVENT_WORKER_READY] = machine_recover_worker,
		[MACHINE_EVENT_WORKER_EXITED] = machine_lose_worker,
		[MACHINE_EVENT_READY_TIMEOUT] = machine_kill_worker,
		[MACHINE_EVENT_RESTART_DUE] = machine_respawn_worker,
	},
	[MACHINE_GENERATION_DRAINING] = {
		[MACHINE_EVENT_SPAWN_FAILED] = machine_drop_worker,
		[MACHINE_EVENT_WORKER_EXITED] = machine_drop_worker,
		[MACHINE_EVENT_DRAIN_TIMEOUT] = machine_hammer_late,
		[MACHINE_EVENT_IDLE] = machine_hammer_idle,
	},
	[MACHINE_GENERATION_HAMMERED] = {
		[MACHINE_EVENT_SPAWN_FAILED] = machine_drop_worker,
		[MACHINE_EVENT_WORKER_EXITED] = machine_drop_worker,
	},
};

const struct machine_worker_change machine_worker_table[MACHINE_WORKER_STATE_COUNT]
						       [MACHINE_EVENT_COUNT] = {
	[MACHINE_WORKER_SPAWNING] = {
		[MACHINE_EVENT_WORKER_STARTED] = { true, MACHINE_WORKER_STARTING },
		[MACHINE_EVENT_SPAWN_FAILED] = { true, MACHINE_WORKER_ABSENT },
	},
	[MACHINE_WORKER_STARTING] = {
		[MACHINE_EVENT_WORKER_READY] = { true, MACHINE_WORKER_READY },
		[MACHINE_EVENT_WORKER_EXITED] = { true, MACHINE_WORKER_ABSENT },
		[MACHINE_EVENT_READY_TIMEOUT] = { true, MACHINE_WORKER_STARTING },
	},
	[MACHINE_WORKER_READY] = {
		[MACHINE_EVENT_WORKER_EXITED] = { true, MACHINE_WORKER_ABSENT },
	},
	[MACHINE_WORKER_KILLED] = {
		[MACHINE_EVENT_WORKER_EXITED] = { true, MACHINE_WORKER_ABSENT },
	},
	[MACHINE_WORKER_BACKOFF] = {
		[MACHINE_EVENT_RESTART_DUE] = { true, MACHINE_WORKER_SPAWNING },
	},
};

static struct machine_generation *find_number(struct machine *machine, unsigned number)
{
	for (unsigned i = 0; number > 0 && i < array_length(machine->generations); i++) {
		if (machine->generations[i].number == number)
			return &machine->generations[i];
	}
	return NULL;
}

struct machine_generation *machine_find_state(
	struct machine *machine, enum machine_generation_state state)
{
	for (unsigned i = 0; i < array_length(machine->generations); i++) {
		struct machine_generation *generation = &machine->generations[i];

		if (generation->number > 0 && generation->state == state)
			return generation;
	}
	return NULL;
}

void machine_emit(struct step *step, struct machine_action action)
{
	assert(step->actions->count < MACHINE_ACTIONS_MAX);
	step->actions->list[step->actions->count++] = action;
}

void machine_clear_timer(struct step *step, enum machine_timer timer,
	const struct machine_generation *generation, unsigned worker)
{
	machine_emit(step,
		(struct machine_action){ .type = MACHINE_ACTION_CLEAR_TIMER,
			.timer = timer,
			.generation = generation->number,
			.worker = worker });
}

/* False: the event is stale. */
static bool change_worker(struct step *step)
{
	if (step->event->worker >= step->generation->worker_count)
		return false;
	struct machine_worker *worker = &step->generation->workers[step->event->worker];
	const struct machine_worker_change *change =
		&machine_worker_table[worker->state][step->event->type];

	if (!change->is_awaited)
		return false;
	step->worker = worker;
	step->worker_was = worker->state;
	worker->state = change->next;
	return true;
}

static machine_transition find_transition(struct step *step)
{
	struct machine *machine = step->machine;
	const struct machine_event *event = step->event;

	if (subjects[event->type] == SERVICE)
		return machine_service_table[machine->state][event->type];
	step->generation = find_number(machine, event->generation);
	if (!step->generation)
		return NULL;
	if (subjects[event->type] == WORKER && !change_worker(step))
		return NULL;
	return machine_generation_table[step->generation->state][event->type];
}

/*
 * What follows from the state as a whole, whatever led to it. The order
 * matters: an upgrade that was asked for is the last hope of a generation
 * that is past help, so it comes before the verdict on that one.
 */
static void settle(struct step *step)
{
	struct machine *machine = step->machine;

	if (machine->state == MACHINE_SERVING) {
		machine_limit_draining(step);
		if (machine->is_upgrade_pending && machine_has_room(machine))
			machine_begin_upgrade(step);
	}
	if (machine->state == MACHINE_SERVING) {
		enum machine_exit exit = machine_judge(machine);

		if (exit != MACHINE_EXIT_NONE)
			machine_end(step, exit);
	}
	if (machine->state == MACHINE_ENDING || machine->state == MACHINE_STOPPING)
		machine_finish(step);
}

void machine_init(struct machine *machine, const struct machine_config *config)
{
	assert(config->workers >= 1 && config->workers <= MACHINE_WORKERS_MAX);
	assert(config->max_draining >= 1 && config->max_draining <= MACHINE_DRAINING_MAX);
	*machine = (struct machine){ .config = *config };
}

void machine_step(
	struct machine *machine, const struct machine_event *event, struct machine_actions *actions)
{
	struct step step = { .machine = machine, .event = event, .actions = actions };

	actions->count = 0;
	machine_transition transition = find_transition(&step);

	if (!transition)
		return;
	transition(&step);
	settle(&step);
}

const struct machine_generation *machine_find(const struct machine *machine, unsigned number)
{
	/* Not written through: the way in and the way out are const. */
	return find_number((struct machine *)machine, number);
}

void machine_set_drain_timeout(struct machine *machine, int drain_timeout_ms)
{
	machine->config.drain_timeout_ms = drain_timeout_ms;
	for (unsigned i = 0; i < array_length(machine->generations); i++)
		machine->generations[i].config.drain_timeout_ms = drain_timeout_ms;
}

/* A successor that starts brings its configuration with it when it takes over. */
void machine_set_workers(struct machine *machine, unsigned workers)
{
	machine->config.workers = workers;
	for (unsigned i = 0; i < array_length(machine->generations); i++)
		machine->generations[i].config.workers = workers;
}

struct machine_event machine_expiry(const struct machine_action *set_timer)
{
#define X(name, text, event) [MACHINE_TIMER_##name] = MACHINE_EVENT_##event,
	static const enum machine_event_type events[] = { MACHINE_TIMERS(X) };
#undef X

	return (struct machine_event){
		.type = events[set_timer->timer],
		.generation = set_timer->generation,
		.worker = set_timer->worker,
	};
}
