/* SPDX-License-Identifier: MIT */
/* See machine_model.h: the events that can come, and what the actions of a step may be. */
#include "support/machine_model.h"

#include "support/machine_rules.h"

struct model_generation *model_find(struct model *model, unsigned number)
{
	for (unsigned i = 0; number > 0 && i < MODEL_GENERATIONS; i++) {
		if (model->generations[i].number == number)
			return &model->generations[i];
	}
	return NULL;
}

unsigned model_live(const struct model *model, const struct model_generation *generation)
{
	unsigned live = 0;

	for (unsigned w = 0; w < model->config->workers; w++)
		live += generation->workers[w].process != MODEL_NONE;
	return live;
}

struct event_list {
	struct machine_event *events;
	unsigned count;
};

static void add(struct event_list *list, enum machine_event_type type, unsigned generation,
	unsigned worker, int lived_ms)
{
	list->events[list->count++] = (struct machine_event){
		.type = type,
		.generation = generation,
		.worker = worker,
		.lived_ms = lived_ms,
	};
}

/* What was killed can still have said that it is ready: the message was under way. */
static void add_worker_events(struct event_list *list, const struct model *model, unsigned g,
	unsigned w, const struct model_worker *worker)
{
	switch (worker->process) {
	case MODEL_NONE:
		break;
	case MODEL_SPAWNING:
		add(list, MACHINE_EVENT_WORKER_STARTED, g, w, 0);
		add(list, MACHINE_EVENT_SPAWN_FAILED, g, w, 0);
		break;
	case MODEL_RUNNING:
		add(list, MACHINE_EVENT_WORKER_READY, g, w, 0);
		add(list, MACHINE_EVENT_WORKER_EXITED, g, w, -1);
		break;
	case MODEL_ACCEPTING:
		add(list, MACHINE_EVENT_WORKER_EXITED, g, w, 0);
		add(list, MACHINE_EVENT_WORKER_EXITED, g, w, model->config->restart_max_ms);
		break;
	}
	if (worker->has_ready_timer)
		add(list, MACHINE_EVENT_READY_TIMEOUT, g, w, 0);
	if (worker->has_restart_timer)
		add(list, MACHINE_EVENT_RESTART_DUE, g, w, 0);
}

unsigned model_events(const struct model *model, struct machine_event *events)
{
	struct event_list list = { .events = events };

	add(&list, MACHINE_EVENT_START, 0, 0, 0);
	add(&list, MACHINE_EVENT_HUP, 0, 0, 0);
	add(&list, MACHINE_EVENT_STOP, 0, 0, 0);
	add(&list, MACHINE_EVENT_STOP_NOW, 0, 0, 0);
	if (model->is_configuring) {
		add(&list, MACHINE_EVENT_CONFIGURED, 0, 0, 0);
		events[list.count - 1].config = model->config;
		add(&list, MACHINE_EVENT_CONFIG_REFUSED, 0, 0, 0);
	}
	for (unsigned i = 0; i < MODEL_GENERATIONS; i++) {
		const struct model_generation *generation = &model->generations[i];

		if (generation->number == 0)
			continue;
		if (generation->has_bake_timer)
			add(&list, MACHINE_EVENT_BAKED, generation->number, 0, 0);
		if (generation->has_drain_timer) {
			add(&list, MACHINE_EVENT_DRAIN_TIMEOUT, generation->number, 0, 0);
			add(&list, MACHINE_EVENT_IDLE, generation->number, 0, 0);
		}
		for (unsigned w = 0; w < model->config->workers; w++)
			add_worker_events(
				&list, model, generation->number, w, &generation->workers[w]);
	}
	return list.count;
}

void model_kill(struct model_worker *worker)
{
	worker->is_killed = true;
	if (worker->process == MODEL_ACCEPTING)
		worker->process = MODEL_RUNNING;
}

/* The event is a fact: it changes the world before the machine hears of it. */
static void happen(struct model *model, const struct machine_event *event)
{
	struct model_generation *generation = model_find(model, event->generation);
	struct model_worker *worker = generation ? &generation->workers[event->worker] : NULL;

	switch (event->type) {
	case MACHINE_EVENT_START:
	case MACHINE_EVENT_HUP:
	case MACHINE_EVENT_STOP:
	case MACHINE_EVENT_STOP_NOW:
	case MACHINE_EVENT_IDLE:
		break;
	case MACHINE_EVENT_CONFIGURED:
	case MACHINE_EVENT_CONFIG_REFUSED:
		model->is_configuring = false;
		break;
	case MACHINE_EVENT_BAKED:
		generation->has_bake_timer = false;
		break;
	case MACHINE_EVENT_DRAIN_TIMEOUT:
		generation->has_drain_timer = false;
		break;
	case MACHINE_EVENT_WORKER_STARTED:
		worker->process = MODEL_RUNNING;
		break;
	case MACHINE_EVENT_WORKER_READY:
		if (!worker->is_killed)
			worker->process = MODEL_ACCEPTING;
		break;
	case MACHINE_EVENT_SPAWN_FAILED:
		worker->process = MODEL_NONE;
		worker->is_killed = false;
		worker->failures++;
		break;
	case MACHINE_EVENT_WORKER_EXITED:
		worker->process = MODEL_NONE;
		worker->is_killed = false;
		if (event->lived_ms >= model->config->restart_max_ms)
			worker->failures = 0;
		worker->failures++;
		break;
	case MACHINE_EVENT_READY_TIMEOUT:
		worker->has_ready_timer = false;
		break;
	case MACHINE_EVENT_RESTART_DUE:
		worker->has_restart_timer = false;
		break;
	}
}

void model_step(struct model *model, struct machine *machine, const struct machine_event *event)
{
	static struct machine_actions actions;
	const struct model before = *model;

	happen(model, event);
	machine_step(machine, event, &actions);
	rules_judge_actions(&(struct judgement){
		.model = model, .before = &before, .event = event, .actions = &actions });
	if (event->type == MACHINE_EVENT_STOP || event->type == MACHINE_EVENT_STOP_NOW)
		model->is_told_stop = true;
	rules_judge_state(model, machine);
}
