/* SPDX-License-Identifier: MIT */
/* See machine_rules.h: what each action may be. The state's rules are in machine_rules_state.c. */
#include "support/machine_rules.h"

#define RULE(condition, text) rules_check(judgement->model, (condition), (text))

void rules_check(struct model *model, bool holds, const char *text)
{
	if (!holds && !model->broken)
		model->broken = text;
}

static struct model_generation *add_generation(struct judgement *judgement, unsigned number)
{
	unsigned newest = 0;

	for (unsigned i = 0; i < MODEL_GENERATIONS; i++) {
		struct model_generation *generation = &judgement->model->generations[i];

		if (generation->number == 0) {
			RULE(number > newest, "a new generation has the highest number");
			*generation = (struct model_generation){
				.number = number,
				.is_successor = judgement->successor == number,
			};
			return generation;
		}
		newest = generation->number;
	}
	RULE(false, "generations are limited in number");
	return NULL;
}

/* Those that follow move up, so that the oldest is always first. */
static void remove_generation(struct model *model, struct model_generation *generation)
{
	struct model_generation *last = &model->generations[MODEL_GENERATIONS - 1];

	for (; generation < last; generation++)
		generation[0] = generation[1];
	*last = (struct model_generation){ 0 };
}

static void judge_spawn(struct judgement *judgement, struct model_generation *generation,
	struct model_worker *worker)
{
	RULE(!judgement->model->has_closed, "nothing is started once the service ends");
	RULE(!generation->is_told && !generation->is_killed,
		"no worker is started in a generation that was told to stop");
	RULE(worker->process == MODEL_NONE, "a worker is started once");
	RULE(judgement->model->config->restart || !generation->is_serving,
		"nothing is restarted if restart is off");
	RULE(!generation->is_serving || judgement->event->type == MACHINE_EVENT_RESTART_DUE,
		"a restart waits for its delay");
	worker->process = MODEL_SPAWNING;
}

static void judge_retire(
	struct judgement *judgement, struct model_generation *generation, bool is_stop)
{
	struct model *model = judgement->model;

	RULE(model_live(model, generation) > 0, "only what lives is told to stop");
	RULE(!generation->is_killed, "what was hammered is not told to stop");
	RULE(!generation->is_told || model->has_closed, "a generation is told to stop once");
	RULE(is_stop == model->has_closed, "the stop signal is for the end of the service");
	RULE(model->has_closed || !generation->is_serving,
		"the serving generation is told to stop only after its successor took over");
	generation->is_told = true;
	generation->is_told_stop = is_stop;
}

static void judge_steer(
	struct judgement *judgement, struct model_generation *generation, bool is_bake)
{
	struct model *model = judgement->model;

	RULE(model->config->steers, "only what is steered is steered");
	RULE(!generation->is_told, "what is new goes to who goes on");
	for (unsigned i = 0; !is_bake && i < MODEL_GENERATIONS; i++)
		model->generations[i].gets_new = false;
	generation->gets_new = true;
}

static void judge_kill(struct judgement *judgement, struct model_generation *generation)
{
	RULE(model_live(judgement->model, generation) > 0, "only what lives is hammered");
	RULE(!generation->is_killed, "a generation is hammered once");
	RULE(judgement->hammered == generation->number, "a hammer is reported");
	generation->is_killed = true;
	generation->is_told = true; /* of no account any more, so the same for all */
	generation->is_told_stop = false;
	for (unsigned w = 0; w < judgement->model->config->workers; w++)
		generation->workers[w].is_killed = generation->workers[w].process != MODEL_NONE;
}

static void judge_kill_worker(struct judgement *judgement,
	const struct model_generation *generation, struct model_worker *worker)
{
	RULE(judgement->event->type == MACHINE_EVENT_READY_TIMEOUT && generation->is_serving,
		"one worker is killed only if it was restarted and is not ready in time");
	RULE(worker->process == MODEL_RUNNING && !worker->is_killed, "only what lives is killed");
	model_kill(worker);
}

static bool *timer_of(
	struct model_generation *generation, struct model_worker *worker, enum machine_timer timer)
{
	switch (timer) {
	case MACHINE_TIMER_READY:
		return &worker->has_ready_timer;
	case MACHINE_TIMER_BAKE:
		return &generation->has_bake_timer;
	case MACHINE_TIMER_DRAIN:
		return &generation->has_drain_timer;
	case MACHINE_TIMER_RESTART:
		break;
	}
	return &worker->has_restart_timer;
}

static int restart_delay_ms(const struct machine_config *config, unsigned failures)
{
	int delay_ms = config->restart_min_ms;

	for (unsigned i = 1; i < failures; i++)
		delay_ms *= 2;
	return delay_ms < config->restart_max_ms ? delay_ms : config->restart_max_ms;
}

static int due_ms(const struct machine_config *config, const struct model_worker *worker,
	enum machine_timer timer)
{
	switch (timer) {
	case MACHINE_TIMER_READY:
		return config->ready_timeout_ms;
	case MACHINE_TIMER_BAKE:
		return config->bake_ms;
	case MACHINE_TIMER_DRAIN:
		return config->drain_timeout_ms;
	case MACHINE_TIMER_RESTART:
		return restart_delay_ms(config, worker->failures);
	}
	return -1;
}

static void judge_set_timer(struct judgement *judgement, struct model_generation *generation,
	struct model_worker *worker, const struct machine_action *action)
{
	bool *timer = timer_of(generation, worker, action->timer);

	RULE(!*timer, "a timer that is set is not set again");
	RULE(action->ms == due_ms(judgement->model->config, worker, action->timer),
		"a timer has its time");
	*timer = true;
}

static void judge_forget(struct judgement *judgement, struct model_generation *generation)
{
	RULE(model_live(judgement->model, generation) == 0, "what lives is not forgotten");
	RULE(!generation->has_bake_timer && !generation->has_drain_timer,
		"a timer does not outlive its generation");
	for (unsigned w = 0; w < judgement->model->config->workers; w++)
		RULE(!generation->workers[w].has_ready_timer &&
				!generation->workers[w].has_restart_timer,
			"a timer does not outlive its generation");
	RULE(!generation->is_successor, "an upgrade has an outcome");
	RULE(!generation->is_serving || judgement->model->has_closed,
		"the serving generation is not forgotten");
	remove_generation(judgement->model, generation);
}

static void judge_exit(struct judgement *judgement, const struct machine_action *action)
{
	struct model *model = judgement->model;

	RULE(!model->has_ended, "the end comes once");
	RULE(action == &judgement->actions->list[judgement->actions->count - 1],
		"nothing comes after the end");
	RULE(model->generations[0].number == 0, "nothing is left at the end");
	RULE(!model->is_remembered, "an upgrade that was remembered has an outcome");
	RULE(action->exit == model->exit && model->exit != MACHINE_EXIT_NONE,
		"the end has the reason it was begun for");
	model->has_ended = true;
}

static void judge_close(struct judgement *judgement)
{
	RULE(!judgement->model->has_closed, "listeners are closed once");
	judgement->model->has_closed = true;
}

static void judge_configure(struct judgement *judgement)
{
	struct model *model = judgement->model;

	RULE(model->config->configures, "only what can change is read");
	RULE(!model->is_configuring, "the configuration is read once for an upgrade");
	rules_judge_begin(judgement);
	model->is_configuring = true;
}

static void judge_service_action(struct judgement *judgement, const struct machine_action *action)
{
	if (action->type == MACHINE_ACTION_CONFIGURE)
		judge_configure(judgement);
	else if (action->type == MACHINE_ACTION_CLOSE_LISTENERS)
		judge_close(judgement);
	else if (action->type == MACHINE_ACTION_EXIT)
		judge_exit(judgement, action);
	else
		RULE(false, "what is gone stays gone");
}

static void judge_action(struct judgement *judgement, const struct machine_action *action)
{
	struct model_generation *generation = model_find(judgement->model, action->generation);

	if (!generation && action->type == MACHINE_ACTION_SPAWN)
		generation = add_generation(judgement, action->generation);
	if (!generation) {
		judge_service_action(judgement, action);
		return;
	}
	struct model_worker *worker = &generation->workers[action->worker];

	switch (action->type) {
	case MACHINE_ACTION_SPAWN:
		judge_spawn(judgement, generation, worker);
		break;
	case MACHINE_ACTION_STEER:
		judge_steer(judgement, generation, action->is_bake);
		break;
	case MACHINE_ACTION_RETIRE:
		judge_retire(judgement, generation, action->is_stop);
		break;
	case MACHINE_ACTION_KILL:
		judge_kill(judgement, generation);
		break;
	case MACHINE_ACTION_KILL_WORKER:
		judge_kill_worker(judgement, generation, worker);
		break;
	case MACHINE_ACTION_SET_TIMER:
		judge_set_timer(judgement, generation, worker, action);
		break;
	case MACHINE_ACTION_CLEAR_TIMER:
		*timer_of(generation, worker, action->timer) = false;
		break;
	case MACHINE_ACTION_FORGET:
		judge_forget(judgement, generation);
		break;
	case MACHINE_ACTION_CONFIGURE:
	case MACHINE_ACTION_CLOSE_LISTENERS:
	case MACHINE_ACTION_REPORT:
	case MACHINE_ACTION_EXIT:
		RULE(false, "an action is about what it can be about");
		break;
	}
}

/* Who asks is heard: an upgrade is answered, a stop ends, a second one hammers. */
static void judge_obedience(struct judgement *judgement)
{
	const struct model *model = judgement->model;
	const struct model *before = judgement->before;
	enum machine_event_type type = judgement->event->type;
	bool is_at_once = type == MACHINE_EVENT_STOP_NOW ||
		(type == MACHINE_EVENT_STOP && before->is_told_stop);

	if (type == MACHINE_EVENT_HUP)
		RULE(judgement->is_answered || !before->has_started || before->has_ended,
			"who asks for an upgrade is answered");
	if (type == MACHINE_EVENT_STOP || type == MACHINE_EVENT_STOP_NOW)
		RULE(model->has_closed, "a stop ends the service");
	for (unsigned i = 0; i < MODEL_GENERATIONS; i++)
		RULE(!is_at_once || model->generations[i].number == 0 ||
				model->generations[i].is_killed,
			"stop now or a second stop hammers all");
}

void rules_judge_actions(struct judgement *judgement)
{
	const struct model *before = judgement->before;

	RULE(!before->has_ended || judgement->actions->count == 0, "nothing comes after the end");
	for (size_t i = 0; i < judgement->actions->count; i++) {
		const struct machine_action *action = &judgement->actions->list[i];

		if (action->type == MACHINE_ACTION_REPORT)
			rules_judge_report(judgement, action);
		else
			judge_action(judgement, action);
	}
	judge_obedience(judgement);
}
