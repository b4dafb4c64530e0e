/* SPDX-License-Identifier: MIT */
/* See machine_rules.h: what must hold between the steps. */
#include "base/container.h"
#include "support/machine_rules.h"

#define RULE(condition, text) rules_check(model, (condition), (text))

static void judge_worker(struct model *model, const struct machine_generation *generation,
	const struct machine_worker *worker, const struct model_worker *real)
{
	enum machine_worker_state state = worker->state;
	bool is_serving = generation->state == MACHINE_GENERATION_SERVING;
	bool is_starting = generation->state == MACHINE_GENERATION_STARTING;
	bool is_running = real->process == MODEL_RUNNING || real->process == MODEL_ACCEPTING;

	RULE((state == MACHINE_WORKER_SPAWNING) == (real->process == MODEL_SPAWNING),
		"the machine knows which workers are about to start");
	RULE((state == MACHINE_WORKER_STARTING || state == MACHINE_WORKER_READY ||
		     state == MACHINE_WORKER_KILLED) == is_running,
		"the machine knows which workers run");
	RULE(real->is_killed || !is_running ||
			state ==
				(real->process == MODEL_ACCEPTING ? MACHINE_WORKER_READY
								  : MACHINE_WORKER_STARTING),
		"the machine knows which workers are ready, and which it did not kill");
	RULE(real->has_ready_timer ==
			(state == MACHINE_WORKER_STARTING && (is_serving || is_starting)),
		"a worker that starts has a deadline, and none else has");
	RULE(real->has_restart_timer == (state == MACHINE_WORKER_BACKOFF),
		"a worker in backoff has its delay, and none else has");
	RULE(!is_serving || !model->config->restart ||
			worker->failures + (state == MACHINE_WORKER_GIVEN_UP) == real->failures,
		"failures in a row are counted, and forgotten by who lived long enough");
	RULE(is_serving || (state != MACHINE_WORKER_BACKOFF && state != MACHINE_WORKER_GIVEN_UP),
		"only a serving generation restarts its workers");
	RULE(!is_serving || !model->config->restart || state != MACHINE_WORKER_ABSENT,
		"a serving worker that dies is restarted");
}

static void judge_serving(struct model *model, const struct model_generation *real)
{
	unsigned given_up = 0;

	for (unsigned w = 0; w < model->config->workers; w++)
		given_up += real->workers[w].is_given_up;
	RULE(given_up == 0 && (model->config->restart || model_live(model, real) > 0),
		"a service past help ends, unless a successor is under way");
}

static void judge_generation(struct model *model, const struct machine_generation *generation,
	const struct model_generation *real)
{
	enum machine_generation_state state = generation->state;
	bool is_draining = state == MACHINE_GENERATION_DRAINING;

	RULE(real->is_serving == (state == MACHINE_GENERATION_SERVING),
		"the machine knows who serves");
	RULE(!model->config->steers || model->has_closed ||
			real->gets_new == (real->is_serving || state == MACHINE_GENERATION_BAKING),
		"what is new goes to who serves or bakes, and to nobody else");
	RULE(real->is_killed == (state == MACHINE_GENERATION_HAMMERED),
		"the machine knows what was hammered");
	RULE((real->is_told && !real->is_killed) == is_draining,
		"what was told to stop drains until it is hammered");
	RULE(real->has_drain_timer == is_draining, "what drains has a deadline");
	RULE(!model->has_closed || real->is_killed || real->is_told_stop,
		"a service that ends tells every generation the stop signal");
	RULE(real->has_bake_timer == (state == MACHINE_GENERATION_BAKING),
		"what bakes does so for its time");
	RULE(model_live(model, real) > 0 || state == MACHINE_GENERATION_SERVING,
		"a generation of which nothing is left is forgotten");
	for (unsigned w = 0; w < model->config->workers; w++)
		judge_worker(model, generation, &generation->workers[w], &real->workers[w]);
}

struct census {
	unsigned all, starting, serving, draining;
};

static struct census count_generations(const struct machine *machine)
{
	struct census census = { 0 };

	for (unsigned i = 0; i < array_length(machine->generations); i++) {
		const struct machine_generation *generation = &machine->generations[i];

		if (generation->number == 0)
			continue;
		census.all++;
		census.starting += generation->state == MACHINE_GENERATION_STARTING ||
			generation->state == MACHINE_GENERATION_BAKING;
		census.serving += generation->state == MACHINE_GENERATION_SERVING;
		census.draining += generation->state == MACHINE_GENERATION_DRAINING;
	}
	return census;
}

static void judge_service(
	struct model *model, const struct machine *machine, const struct census *census)
{
	const char *one = "one generation serves, and at most one other starts";

	switch (machine->state) {
	case MACHINE_IDLE:
		RULE(census->all == 0 && !model->has_started, "nothing is there before the start");
		break;
	case MACHINE_STARTING:
		RULE(census->all == 1 && census->starting == 1, one);
		break;
	case MACHINE_SERVING:
		RULE(census->serving == 1 && census->starting == 0, one);
		RULE(!model->is_configuring, "the machine knows whether an answer is to come");
		break;
	case MACHINE_CONFIGURING:
		RULE(census->serving == 1 && census->starting == 0, one);
		RULE(model->is_configuring, "the machine knows whether an answer is to come");
		break;
	case MACHINE_UPGRADING:
		RULE(census->serving == 1 && census->starting == 1, one);
		break;
	case MACHINE_ENDING:
	case MACHINE_STOPPING:
		RULE(census->all > 0, "the end comes when nothing is left");
		RULE(census->serving == 0 && census->starting == 0,
			"a service that ends drains all");
		break;
	case MACHINE_ENDED:
		RULE(census->all == 0 && model->has_ended, "nothing is left at the end");
		break;
	}
}

void rules_judge_state(struct model *model, const struct machine *machine)
{
	struct census census = count_generations(machine);
	bool is_ending = machine->state == MACHINE_ENDING || machine->state == MACHINE_STOPPING ||
		machine->state == MACHINE_ENDED;
	unsigned known = 0;

	judge_service(model, machine, &census);
	RULE(model->has_closed == is_ending, "listeners stay open until the service ends");
	RULE(is_ending || census.draining <= model->config->max_draining,
		"at most max_draining generations drain");
	RULE(model->is_remembered == machine->is_upgrade_pending,
		"upgrades asked for during one become one more");
	RULE(machine->exit == model->exit, "the machine knows why it ends");
	for (unsigned i = 0; i < MODEL_GENERATIONS; i++) {
		const struct model_generation *real = &model->generations[i];

		if (real->number == 0)
			continue;
		const struct machine_generation *generation = machine_find(machine, real->number);

		RULE(generation, "what is not forgotten is known");
		if (generation)
			judge_generation(model, generation, real);
		if (real->is_serving && machine->state == MACHINE_SERVING)
			judge_serving(model, real);
		known++;
	}
	RULE(known == census.all, "what is forgotten is gone");
}
