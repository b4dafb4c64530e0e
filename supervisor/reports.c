/* SPDX-License-Identifier: MIT */
/* See reports.h. */
#include "reports.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/container.h"
#include "cut_off.h"
#include "events.h"
#include "generation.h"
#include "log.h"
#include "report_facts.h"
#include "service.h"
#include "settings.h"

/* There is none to listen on, as far as baton knows: the command may not need any. */
static bool has_no_socket(const struct service *service)
{
	const struct settings *settings = service->runtime.settings;

	return settings->listener_count == 0 && !settings->adopt;
}

static void starting(struct service *service, const struct machine_action *action)
{
	struct log_where at = report_where(action);

	if (has_no_socket(service))
		log_notice(NULL,
			"no socket is held: --listen is for servers that are passed theirs, "
			"--adopt for those that bind for themselves");
	log_notice(&at, "starting %s", service->runtime.settings->command[0]);
	manager_starting(&service->manager, service->runtime.settings->ready_timeout_ms);
}

static void start_failed(struct service *service, const struct machine_action *action)
{
	struct log_where at = report_where_of_worker(service, action);

	at.event = action->cause == MACHINE_CAUSE_NOT_READY   ? "not-ready"
		: action->cause == MACHINE_CAUSE_SPAWN_FAILED ? "not-executed"
							      : "not-started";
	at.subject = report_fate(service, action);
	log_error(&at, "the service did not start: %s", at.subject);
	manager_status(&service->manager, "did not start: %s", report_fate(service, action));
}

static void serving(struct service *service, const struct machine_action *action)
{
	struct log_where at = report_where(action);

	at.event = "serving";
	log_notice(&at, "serving");
	manager_ready(&service->manager, "generation %u serves", action->generation);
}

static void upgrade_started(struct service *service, const struct machine_action *action)
{
	const struct settings *settings = service->runtime.settings;
	struct log_where at = report_where(action);

	log_notice(&at, "upgrade: starting %s",
		service->runtime.next_program ? service->runtime.next_program
					      : settings->command[0]);
	manager_reloading(&service->manager,
		(long long)settings->ready_timeout_ms + settings->bake_ms, action->generation);
}

static void upgrade_remembered(struct service *service, const struct machine_action *action)
{
	(void)service;
	(void)action;
	log_info(NULL, "an upgrade is under way, one more follows it");
}

static void upgrade_refused(struct service *service, const struct machine_action *action)
{
	unsigned serving_now = report_serving_generation(service);
	struct log_where at = { .event = "upgrade-refused", .subject = service->refusal };

	(void)action;
	log_error(&at, "upgrade refused; generation %u goes on", serving_now);
	/* A manager that asked for a reload waits for its beginning, too. */
	manager_reloading(&service->manager, 0, service->machine.last_number + 1);
	manager_ready(&service->manager, "upgrade refused: see the log; generation %u serves",
		serving_now);
}

static void upgrade_ignored(struct service *service, const struct machine_action *action)
{
	(void)service;
	(void)action;
	log_notice(NULL, "no upgrade: the service is stopping");
}

static void ready(struct service *service, const struct machine_action *action)
{
	struct log_where at = report_where(action);

	log_info(&at, "ready after %d ms", report_age_ms(service, action->generation));
}

static void baking(struct service *service, const struct machine_action *action)
{
	struct log_where at = report_where(action);

	log_notice(&at, "accepts beside its predecessor, on probation for %d ms", action->ms);
	manager_status(&service->manager, "generation %u bakes", action->generation);
}

static void took_over(struct service *service, const struct machine_action *action)
{
	struct log_where at = report_where(action);

	at.event = "took-over";
	at.ms = report_age_ms(service, action->generation);
	log_notice(&at, "took over after %d ms", at.ms);
	manager_ready(&service->manager, "generation %u serves", action->generation);
}

static void rolled_back(struct service *service, const struct machine_action *action)
{
	struct log_where at = report_where_of_worker(service, action);
	const char *fate = report_fate(service, action);

	if (action->cause == MACHINE_CAUSE_STOPPED) {
		at.pid = 0;
		log_notice(&at, "upgrade abandoned: the service is stopping");
		return;
	}
	at.event = "rolled-back";
	at.subject = fate;
	log_error(&at, "upgrade rolled back: %s; generation %u goes on", fate,
		report_serving_generation(service));
	if (has_no_socket(service) && action->cause != MACHINE_CAUSE_SPAWN_FAILED)
		log_notice(NULL,
			"if it could not bind an address that generation %u has: --adopt gives "
			"each generation the socket of the one before, see baton-adopt(7)",
			report_serving_generation(service));
	/* sd_notify(3) has no word for a reload that failed: the status line says it. */
	manager_ready(
		&service->manager, "upgrade to generation %u failed: %s", action->generation, fate);
}

static void draining(struct service *service, const struct machine_action *action)
{
	struct log_where at = report_where(action);

	(void)service;
	log_notice(&at, "draining, for at most %g s", action->ms / 1e3);
}

static int idle_ms(struct service *service, unsigned number)
{
	const struct generation *generation = generation_find(&service->runtime, number);

	return generation ? clock_ms_since(generation->end_idle.idle.since_ms) : 0;
}

static void hammered(struct service *service, const struct machine_action *action)
{
	struct log_where at = report_where(action);
	char cut_off[CUT_OFF_SIZE];

	service->events.cut_connections += (unsigned long)cut_off_count(
		&service->runtime, action->generation, cut_off, sizeof(cut_off));
	at.event = "hammered";
	if (action->cause == MACHINE_CAUSE_IDLE)
		log_notice(&at, "killing what is left of it: no connection for %d ms%s",
			idle_ms(service, action->generation), cut_off);
	else
		log_warning(&at, "killing what is left of it: %s%s",
			machine_cause_name(action->cause), cut_off);
}

static void gone(struct service *service, const struct machine_action *action)
{
	struct generation *generation = generation_find(&service->runtime, action->generation);
	struct log_where at = report_where(action);

	at.event = "gone";
	if (generation && generation->retired_at_ms > 0) {
		at.ms = clock_ms_since(generation->retired_at_ms);
		log_notice(&at, "gone after draining for %d ms", at.ms);
	} else {
		log_notice(&at, "gone");
	}
}

static void worker_restarting(struct service *service, const struct machine_action *action)
{
	struct log_where at = report_where_of_worker(service, action);

	log_warning(
		&at, "%s; starting it again in %d ms", report_fate(service, action), action->ms);
	manager_status(&service->manager, "a worker of generation %u %s", action->generation,
		report_fate(service, action));
}

static void worker_not_ready(struct service *service, const struct machine_action *action)
{
	struct log_where at = report_where_of_worker(service, action);

	log_warning(&at, "%s, after it was started again", report_fate(service, action));
}

static void worker_recovered(struct service *service, const struct machine_action *action)
{
	struct generation *generation = generation_find(&service->runtime, action->generation);
	struct log_where at = generation ? worker_where(&generation->workers[action->worker])
					 : report_where(action);

	log_notice(&at, "a worker that was started again is ready");
	manager_status(&service->manager, "generation %u serves", action->generation);
}

static void worker_given_up(struct service *service, const struct machine_action *action)
{
	struct log_where at = report_where_of_worker(service, action);

	at.event = "worker-given-up";
	at.subject = report_fate(service, action);
	log_error(&at, "died too often in a row: %s", at.subject);
}

/* Of all generations, each of which has its own time. */
static int longest_drain_ms(const struct service *service)
{
	int longest_ms = service->runtime.settings->drain_timeout_ms;

	list_for_each (link, &service->runtime.generations) {
		int ms = container_of(link, struct generation, link)->settings->drain_timeout_ms;

		longest_ms = ms > longest_ms ? ms : longest_ms;
	}
	return longest_ms;
}

static void stopping(struct service *service, const struct machine_action *action)
{
	const struct runtime *runtime = &service->runtime;
	const struct log_where command = { .pid = runtime->command_pid };

	if (action->exit == MACHINE_EXIT_STOPPED)
		log_notice(NULL, "stopping");
	else if (action->exit == MACHINE_EXIT_COMMAND_ENDED)
		log_error(&command, "stopping: the command has ended: %s", runtime->command_fate);
	else
		log_error(NULL, "stopping: %s", report_reason_to_end(action->exit));
	manager_stopping(&service->manager, longest_drain_ms(service));
}

static void stopped(struct service *service, const struct machine_action *action)
{
	(void)service;
	if (action->exit == MACHINE_EXIT_STOPPED)
		log_notice(NULL, "stopped");
	else
		log_notice(NULL, "stopped: %s", report_reason_to_end(action->exit));
}

static void (*const functions[MACHINE_REPORT_COUNT])(
	struct service *service, const struct machine_action *action) = {
	[MACHINE_REPORT_STARTING] = starting,
	[MACHINE_REPORT_START_FAILED] = start_failed,
	[MACHINE_REPORT_SERVING] = serving,
	[MACHINE_REPORT_UPGRADE_STARTED] = upgrade_started,
	[MACHINE_REPORT_UPGRADE_REMEMBERED] = upgrade_remembered,
	[MACHINE_REPORT_UPGRADE_REFUSED] = upgrade_refused,
	[MACHINE_REPORT_UPGRADE_IGNORED] = upgrade_ignored,
	[MACHINE_REPORT_READY] = ready,
	[MACHINE_REPORT_BAKING] = baking,
	[MACHINE_REPORT_TOOK_OVER] = took_over,
	[MACHINE_REPORT_ROLLED_BACK] = rolled_back,
	[MACHINE_REPORT_DRAINING] = draining,
	[MACHINE_REPORT_HAMMERED] = hammered,
	[MACHINE_REPORT_GONE] = gone,
	[MACHINE_REPORT_WORKER_RESTARTING] = worker_restarting,
	[MACHINE_REPORT_WORKER_NOT_READY] = worker_not_ready,
	[MACHINE_REPORT_WORKER_RECOVERED] = worker_recovered,
	[MACHINE_REPORT_WORKER_GIVEN_UP] = worker_given_up,
	[MACHINE_REPORT_STOPPING] = stopping,
	[MACHINE_REPORT_STOPPED] = stopped,
};

/* What an event says of a report: zero is the machine's own time, and no reason. */
enum time_kind { TIME_OF_MACHINE, TIME_SINCE_START, TIME_SINCE_RETIRED };
enum reason_kind { REASON_NONE, REASON_FATE, REASON_CAUSE, REASON_EXIT, REASON_REFUSAL };

static const struct {
	enum time_kind time;
	enum reason_kind reason;
	bool is_of_worker;
} remembered[MACHINE_REPORT_COUNT] = {
	[MACHINE_REPORT_START_FAILED] = { TIME_SINCE_START, REASON_FATE, true },
	[MACHINE_REPORT_SERVING] = { TIME_SINCE_START },
	[MACHINE_REPORT_READY] = { TIME_SINCE_START },
	[MACHINE_REPORT_TOOK_OVER] = { TIME_SINCE_START },
	[MACHINE_REPORT_ROLLED_BACK] = { TIME_SINCE_START, REASON_FATE, true },
	[MACHINE_REPORT_UPGRADE_REFUSED] = { .reason = REASON_REFUSAL },
	[MACHINE_REPORT_HAMMERED] = { .reason = REASON_CAUSE },
	[MACHINE_REPORT_GONE] = { TIME_SINCE_RETIRED },
	[MACHINE_REPORT_WORKER_RESTARTING] = { .reason = REASON_FATE, .is_of_worker = true },
	[MACHINE_REPORT_WORKER_NOT_READY] = { .reason = REASON_FATE, .is_of_worker = true },
	[MACHINE_REPORT_WORKER_RECOVERED] = { .is_of_worker = true },
	[MACHINE_REPORT_WORKER_GIVEN_UP] = { .reason = REASON_FATE, .is_of_worker = true },
	[MACHINE_REPORT_STOPPING] = { .reason = REASON_EXIT },
	[MACHINE_REPORT_STOPPED] = { .reason = REASON_EXIT },
};

static const char *reason_of(struct service *service, const struct machine_action *action)
{
	switch (remembered[action->report].reason) {
	case REASON_NONE:
		break;
	case REASON_FATE:
		return action->cause == MACHINE_CAUSE_STOPPED ? machine_cause_name(action->cause)
							      : report_fate(service, action);
	case REASON_CAUSE:
		return machine_cause_name(action->cause);
	case REASON_EXIT:
		return report_reason_to_end(action->exit);
	case REASON_REFUSAL:
		return service->refusal;
	}
	return "";
}

static int time_of(struct service *service, const struct machine_action *action)
{
	const struct generation *generation =
		generation_find(&service->runtime, action->generation);

	switch (remembered[action->report].time) {
	case TIME_OF_MACHINE:
		break;
	case TIME_SINCE_START:
		return report_age_ms(service, action->generation);
	case TIME_SINCE_RETIRED:
		return generation && generation->retired_at_ms > 0
			? clock_ms_since(generation->retired_at_ms)
			: 0;
	}
	return action->ms;
}

static void remember(struct service *service, const struct machine_action *action)
{
	struct event event = {
		.what = action->report,
		.generation = action->generation,
		.ms = time_of(service, action),
	};

	if (remembered[action->report].is_of_worker) {
		event.worker = action->worker + 1;
		event.pid = report_where_of_worker(service, action).pid;
	}
	(void)snprintf(event.text, sizeof(event.text), "%s", reason_of(service, action));
	events_add(&service->events, &event);
}

void reports_tell(struct service *service, const struct machine_action *action)
{
	functions[action->report](service, action);
	remember(service, action);
}
