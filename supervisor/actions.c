/* SPDX-License-Identifier: MIT */
/* See actions.h. */
#include "actions.h"

#include <string.h>
#include <sysexits.h>

#include "base/container.h"
#include "generation.h"
#include "log.h"
#include "reconfigure.h"
#include "reports.h"
#include "service.h"
#include "settings.h"

static void configure(struct service *service, const struct machine_action *action)
{
	(void)action;
	reconfigure(service);
}

static void spawn(struct service *service, const struct machine_action *action)
{
	struct generation *generation = generation_find(&service->runtime, action->generation);

	if (!generation)
		generation = generation_create(&service->runtime, action->generation);
	if (!generation) {
		log_error(NULL, "cannot start generation %u: out of memory", action->generation);
		service->runtime.command_status = EX_OSERR;
		service_feed(service,
			&(struct machine_event){ .type = MACHINE_EVENT_SPAWN_FAILED,
				.generation = action->generation,
				.worker = action->worker });
		return;
	}
	worker_start(&generation->workers[action->worker]);
	service_write_status_file(service);
}

static void steer(struct service *service, const struct machine_action *action)
{
	struct generation *generation = generation_find(&service->runtime, action->generation);
	const struct settings *settings =
		generation ? generation->settings : service->runtime.settings;
	struct held_table *held = &service->adopting.adopt.held;
	unsigned percent = action->is_bake ? (unsigned)settings->canary : 100;
	int r = steer_choose(
		held, action->generation, action->is_bake ? held->steer.to : 0, percent);

	if (r < 0)
		log_error(&(struct log_where){ .generation = action->generation },
			"cannot steer connections to it: %s", strerrordesc_np(-r));
}

static void report(struct service *service, const struct machine_action *action)
{
	const struct settings *settings = service->runtime.settings;

	reports_tell(service, action);
	if (action->report == MACHINE_REPORT_ROLLED_BACK)
		reconfigure_back(service);
	if (action->report == MACHINE_REPORT_SERVING)
		takeover_complete(&service->adopting.takeover, settings);
}

static void retire(struct service *service, const struct machine_action *action)
{
	struct generation *generation = generation_find(&service->runtime, action->generation);

	if (!generation)
		return;
	const struct settings *settings = generation->settings;

	if (action->is_stop)
		generation_stop(generation, settings->stop_signal);
	else
		generation_retire(generation,
			settings->hup_signal ? settings->hup_signal : settings->stop_signal);
	reconfigure_close_unused(service);
}

static void kill_generation(struct service *service, const struct machine_action *action)
{
	struct generation *generation = generation_find(&service->runtime, action->generation);

	if (!generation)
		return;
	generation_kill(generation);
	reconfigure_close_unused(service);
}

static void kill_worker(struct service *service, const struct machine_action *action)
{
	struct generation *generation = generation_find(&service->runtime, action->generation);

	if (generation)
		worker_kill(&generation->workers[action->worker]);
}

static bool is_of_worker(enum machine_timer timer)
{
	return timer == MACHINE_TIMER_READY || timer == MACHINE_TIMER_RESTART;
}

static void set_timer(struct service *service, const struct machine_action *action)
{
	struct generation *generation = generation_find(&service->runtime, action->generation);

	if (!generation)
		return;
	if (is_of_worker(action->timer))
		worker_set_timer(&generation->workers[action->worker], action->timer, action->ms);
	else
		generation_set_timer(generation, action->timer, action->ms);
}

static void clear_timer(struct service *service, const struct machine_action *action)
{
	struct generation *generation = generation_find(&service->runtime, action->generation);

	if (!generation)
		return;
	if (is_of_worker(action->timer))
		worker_clear_timer(&generation->workers[action->worker], action->timer);
	else
		generation_clear_timer(generation, action->timer);
}

static void close_listeners(struct service *service, const struct machine_action *action)
{
	(void)action;
	reconfigure_close_all(service);
	adopt_finish(&service->adopting.adopt);
}

static void forget(struct service *service, const struct machine_action *action)
{
	struct generation *generation = generation_find(&service->runtime, action->generation);

	if (generation) { /* there may have been nothing of it to retire */
		generation->is_retired = true;
		reconfigure_close_unused(service);
	}
	generation_destroy(generation);
	service_write_status_file(service);
}

static void end(struct service *service, const struct machine_action *action)
{
	switch (action->exit) {
	case MACHINE_EXIT_NONE:
	case MACHINE_EXIT_STOPPED:
		service->exit_status = EX_OK;
		break;
	case MACHINE_EXIT_NEVER_READY:
		service->exit_status = EX_TEMPFAIL;
		break;
	case MACHINE_EXIT_NEVER_STARTED:
	case MACHINE_EXIT_COMMAND_ENDED:
		service->exit_status = service->ending_status;
		break;
	case MACHINE_EXIT_GAVE_UP:
		service->exit_status = EX_SOFTWARE;
		break;
	}
	if (!takeover_end(&service->adopting.takeover, service->runtime.settings,
		    action->exit == MACHINE_EXIT_STOPPED))
		ev_break(service->runtime.loop, EVBREAK_ALL);
	else if (service->ends_now)
		takeover_kill(&service->adopting.takeover);
}

static void (*const functions[MACHINE_ACTION_COUNT])(
	struct service *service, const struct machine_action *action) = {
	[MACHINE_ACTION_CONFIGURE] = configure,
	[MACHINE_ACTION_SPAWN] = spawn,
	[MACHINE_ACTION_STEER] = steer,
	[MACHINE_ACTION_RETIRE] = retire,
	[MACHINE_ACTION_KILL] = kill_generation,
	[MACHINE_ACTION_KILL_WORKER] = kill_worker,
	[MACHINE_ACTION_SET_TIMER] = set_timer,
	[MACHINE_ACTION_CLEAR_TIMER] = clear_timer,
	[MACHINE_ACTION_CLOSE_LISTENERS] = close_listeners,
	[MACHINE_ACTION_REPORT] = report,
	[MACHINE_ACTION_FORGET] = forget,
	[MACHINE_ACTION_EXIT] = end,
};

void actions_carry_out(struct service *service, const struct machine_action *action)
{
	functions[action->type](service, action);
}
