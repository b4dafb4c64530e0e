/* SPDX-License-Identifier: MIT */
/* See machine_rules.h: what may be reported, and what a report promises. */
#include "support/machine_rules.h"

#define RULE(condition, text) rules_check(judgement->model, (condition), (text))

static bool is_all_accepting(const struct model *model, const struct model_generation *generation)
{
	for (unsigned w = 0; w < model->config->workers; w++) {
		if (generation->workers[w].process != MODEL_ACCEPTING)
			return false;
	}
	return true;
}

static unsigned count_draining(const struct model *model)
{
	unsigned count = 0;

	for (unsigned i = 0; i < MODEL_GENERATIONS; i++) {
		const struct model_generation *generation = &model->generations[i];

		count += generation->number > 0 && generation->is_told && !generation->is_killed;
	}
	return count;
}

static const struct model_generation *oldest_draining(const struct model *model)
{
	for (unsigned i = 0; i < MODEL_GENERATIONS; i++) {
		const struct model_generation *generation = &model->generations[i];

		if (generation->number > 0 && generation->is_told && !generation->is_killed)
			return generation;
	}
	return NULL;
}

static void judge_hammered(struct judgement *judgement, const struct model_generation *generation,
	enum machine_cause cause)
{
	const struct model *model = judgement->model;
	enum machine_event_type type = judgement->event->type;

	judgement->hammered = generation->number;
	switch (cause) {
	case MACHINE_CAUSE_DEADLINE:
		RULE(type == MACHINE_EVENT_DRAIN_TIMEOUT &&
				judgement->event->generation == generation->number,
			"the deadline hammers its own generation");
		break;
	case MACHINE_CAUSE_IDLE:
		RULE(type == MACHINE_EVENT_IDLE &&
				judgement->event->generation == generation->number,
			"who is idle is hammered, and no other");
		break;
	case MACHINE_CAUSE_TOO_MANY:
		RULE(count_draining(model) > model->config->max_draining &&
				oldest_draining(model) == generation && !model->has_closed,
			"the oldest is hammered when more than max_draining drain");
		break;
	case MACHINE_CAUSE_STOP_NOW:
		RULE(type == MACHINE_EVENT_STOP_NOW ||
				(type == MACHINE_EVENT_STOP && judgement->before->is_told_stop),
			"stop now or a second stop hammers all");
		break;
	case MACHINE_CAUSE_NONE:
	case MACHINE_CAUSE_SPAWN_FAILED:
	case MACHINE_CAUSE_WORKER_EXITED:
	case MACHINE_CAUSE_NOT_READY:
	case MACHINE_CAUSE_DIED_BAKING:
	case MACHINE_CAUSE_STOPPED:
		RULE(false, "a hammer has its cause");
		break;
	}
}

static bool is_past_help(const struct model *model, enum machine_exit exit)
{
	for (unsigned i = 0; i < MODEL_GENERATIONS; i++) {
		const struct model_generation *generation = &model->generations[i];

		if (!generation->is_serving)
			continue;
		if (exit == MACHINE_EXIT_COMMAND_ENDED)
			return !model->config->restart && model_live(model, generation) == 0;
		for (unsigned w = 0; w < model->config->workers; w++) {
			if (generation->workers[w].is_given_up)
				return exit == MACHINE_EXIT_GAVE_UP;
		}
	}
	return false;
}

static void judge_stopping(struct judgement *judgement, enum machine_exit exit)
{
	struct model *model = judgement->model;
	enum machine_event_type type = judgement->event->type;
	bool is_told = type == MACHINE_EVENT_STOP || type == MACHINE_EVENT_STOP_NOW;
	bool is_own = !model->config->restart && type == MACHINE_EVENT_WORKER_EXITED;
	enum machine_exit failed = type == MACHINE_EVENT_SPAWN_FAILED ? MACHINE_EXIT_NEVER_STARTED
		: is_own                                              ? MACHINE_EXIT_COMMAND_ENDED
								      : MACHINE_EXIT_NEVER_READY;

	RULE(model->has_closed, "listeners are closed when the service begins to end");
	if (model->exit != MACHINE_EXIT_NONE)
		RULE(exit == model->exit, "the first reason to end stays the reason");
	else if (is_told)
		RULE(exit == MACHINE_EXIT_STOPPED, "a stop is a clean end");
	else if (!model->has_served)
		RULE(exit == failed, "a first generation that fails ends the service");
	else
		RULE(is_past_help(model, exit), "a service ends of itself only when past help");
	model->exit = exit;
	for (unsigned i = 0; i < MODEL_GENERATIONS; i++)
		model->generations[i].is_serving = false;
}

static void judge_serving(struct judgement *judgement, struct model_generation *generation)
{
	RULE(is_all_accepting(judgement->model, generation), "who serves is ready");
	generation->is_serving = true;
	judgement->model->has_served = true;
}

static void judge_took_over(struct judgement *judgement, struct model_generation *generation)
{
	struct model *model = judgement->model;
	bool has_baked = judgement->event->type == MACHINE_EVENT_BAKED &&
		judgement->event->generation == generation->number;

	RULE(generation->is_successor, "an upgrade has one outcome");
	RULE(has_baked || model->config->bake_ms == 0, "a successor bakes before it takes over");
	for (unsigned i = 0; i < MODEL_GENERATIONS; i++)
		model->generations[i].is_serving = false;
	generation->is_successor = false;
	judge_serving(judgement, generation);
}

static void judge_rolled_back(
	struct judgement *judgement, struct model_generation *generation, enum machine_cause cause)
{
	static const enum machine_cause causes[MACHINE_EVENT_COUNT] = {
		[MACHINE_EVENT_STOP] = MACHINE_CAUSE_STOPPED,
		[MACHINE_EVENT_STOP_NOW] = MACHINE_CAUSE_STOPPED,
		[MACHINE_EVENT_SPAWN_FAILED] = MACHINE_CAUSE_SPAWN_FAILED,
		[MACHINE_EVENT_WORKER_EXITED] = MACHINE_CAUSE_WORKER_EXITED,
		[MACHINE_EVENT_READY_TIMEOUT] = MACHINE_CAUSE_NOT_READY,
	};
	const struct model_generation *before =
		model_find((struct model *)judgement->before, generation->number);

	RULE(generation->is_successor, "an upgrade has one outcome");
	RULE(cause ==
			(before->has_bake_timer && cause != MACHINE_CAUSE_STOPPED
					? MACHINE_CAUSE_DIED_BAKING
					: causes[judgement->event->type]),
		"a rollback tells its cause");
	generation->is_successor = false;
}

void rules_judge_begin(struct judgement *judgement)
{
	struct model *model = judgement->model;
	bool is_asked = judgement->event->type == MACHINE_EVENT_HUP && !judgement->is_answered;

	RULE(is_asked || model->is_remembered, "an upgrade was asked for");
	for (unsigned i = 0; i < MODEL_GENERATIONS; i++)
		RULE(!model->generations[i].is_successor, "one upgrade at a time");
	if (is_asked)
		judgement->is_answered = true;
	else
		model->is_remembered = false;
}

static void judge_upgrade_started(struct judgement *judgement, unsigned number)
{
	if (judgement->model->config->configures)
		RULE(judgement->event->type == MACHINE_EVENT_CONFIGURED,
			"an upgrade starts once its configuration was read");
	else
		rules_judge_begin(judgement);
	judgement->successor = number;
}

static void judge_upgrade_refused(struct judgement *judgement)
{
	RULE(judgement->event->type == MACHINE_EVENT_CONFIG_REFUSED &&
			!judgement->model->has_closed,
		"an upgrade is refused for its configuration");
}

static void judge_upgrade_ignored(struct judgement *judgement)
{
	RULE(judgement->model->has_closed, "an upgrade is ignored only when the service ends");
	if (judgement->event->type == MACHINE_EVENT_HUP)
		judgement->is_answered = true;
	else
		judgement->model->is_remembered = false;
}

static void judge_restarting(struct judgement *judgement, const struct model_worker *worker)
{
	const struct machine_config *config = judgement->model->config;

	RULE(config->max_restarts < 0 || worker->failures <= (unsigned)config->max_restarts,
		"a worker is restarted max_restarts times in a row");
}

static void judge_given_up(struct judgement *judgement, struct model_worker *worker)
{
	const struct machine_config *config = judgement->model->config;

	RULE(config->max_restarts >= 0 && worker->failures > (unsigned)config->max_restarts,
		"a worker is given up after max_restarts in a row");
	worker->is_given_up = true;
}

static void judge_remembered(struct judgement *judgement)
{
	RULE(judgement->event->type == MACHINE_EVENT_HUP && !judgement->is_answered,
		"an upgrade was asked for");
	judgement->is_answered = true;
	judgement->model->is_remembered = true;
}

static void judge_starting(struct judgement *judgement)
{
	RULE(!judgement->model->has_started, "the first generation starts once");
	judgement->model->has_started = true;
}

/* Reports about the service, or about a generation whose first SPAWN is to come. */
static bool judge_service_report(struct judgement *judgement, const struct machine_action *action)
{
	switch (action->report) {
	case MACHINE_REPORT_STARTING:
		judge_starting(judgement);
		return true;
	case MACHINE_REPORT_UPGRADE_STARTED:
		judge_upgrade_started(judgement, action->generation);
		return true;
	case MACHINE_REPORT_UPGRADE_REMEMBERED:
		judge_remembered(judgement);
		return true;
	case MACHINE_REPORT_UPGRADE_REFUSED:
		judge_upgrade_refused(judgement);
		return true;
	case MACHINE_REPORT_UPGRADE_IGNORED:
		judge_upgrade_ignored(judgement);
		return true;
	case MACHINE_REPORT_STOPPING:
	case MACHINE_REPORT_STOPPED:
		judge_stopping(judgement, action->exit);
		return true;
	case MACHINE_REPORT_START_FAILED:
	case MACHINE_REPORT_SERVING:
	case MACHINE_REPORT_READY:
	case MACHINE_REPORT_BAKING:
	case MACHINE_REPORT_TOOK_OVER:
	case MACHINE_REPORT_ROLLED_BACK:
	case MACHINE_REPORT_DRAINING:
	case MACHINE_REPORT_HAMMERED:
	case MACHINE_REPORT_GONE:
	case MACHINE_REPORT_WORKER_RESTARTING:
	case MACHINE_REPORT_WORKER_NOT_READY:
	case MACHINE_REPORT_WORKER_RECOVERED:
	case MACHINE_REPORT_WORKER_GIVEN_UP:
		break;
	}
	return false;
}

static void judge_generation_report(struct judgement *judgement,
	const struct machine_action *action, struct model_generation *generation)
{
	struct model_worker *worker = &generation->workers[action->worker];

	switch (action->report) {
	case MACHINE_REPORT_START_FAILED:
		RULE(!judgement->model->has_served, "only the first generation fails to start");
		break;
	case MACHINE_REPORT_SERVING:
		RULE(!judgement->model->has_served, "the first generation serves at once");
		judge_serving(judgement, generation);
		break;
	case MACHINE_REPORT_READY:
		RULE(is_all_accepting(judgement->model, generation), "ready means all workers");
		break;
	case MACHINE_REPORT_TOOK_OVER:
		judge_took_over(judgement, generation);
		break;
	case MACHINE_REPORT_ROLLED_BACK:
		judge_rolled_back(judgement, generation, action->cause);
		break;
	case MACHINE_REPORT_HAMMERED:
		judge_hammered(judgement, generation, action->cause);
		break;
	case MACHINE_REPORT_WORKER_RESTARTING:
		judge_restarting(judgement, worker);
		break;
	case MACHINE_REPORT_WORKER_GIVEN_UP:
		judge_given_up(judgement, worker);
		break;
	case MACHINE_REPORT_STARTING:
	case MACHINE_REPORT_UPGRADE_STARTED:
	case MACHINE_REPORT_UPGRADE_REMEMBERED:
	case MACHINE_REPORT_UPGRADE_REFUSED:
	case MACHINE_REPORT_UPGRADE_IGNORED:
	case MACHINE_REPORT_BAKING:
	case MACHINE_REPORT_DRAINING:
	case MACHINE_REPORT_GONE:
	case MACHINE_REPORT_WORKER_NOT_READY:
	case MACHINE_REPORT_WORKER_RECOVERED:
	case MACHINE_REPORT_STOPPING:
	case MACHINE_REPORT_STOPPED:
		break;
	}
}

void rules_judge_report(struct judgement *judgement, const struct machine_action *action)
{
	if (judge_service_report(judgement, action))
		return;
	struct model_generation *generation = model_find(judgement->model, action->generation);

	RULE(generation, "what is gone stays gone");
	if (generation)
		judge_generation_report(judgement, action, generation);
}
