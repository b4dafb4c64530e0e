/* SPDX-License-Identifier: MIT */
/* See changes.h. */
#include "control/changes.h"

#include <errno.h>
#include <limits.h>

#include "base/error.h"
#include "control/protocol.h"
#include "control/session.h"
#include "generation.h"
#include "log.h"
#include "log_line.h"
#include "service.h"
#include "settings.h"

struct changes {
	enum log_level log_level;
	json_int_t drain_timeout_ms;
	json_int_t workers;
};

/* All of it is good before any of it counts. */
static int read_changes(const json_t *request, struct changes *ret, struct baton_error *error)
{
	const char *level = NULL;
	int r = protocol_get_number(
		request, "drain_timeout_ms", 0, INT_MAX, &ret->drain_timeout_ms, error);

	if (r == 0)
		r = protocol_get_number(
			request, "workers", 1, SETTINGS_WORKERS_MAX, &ret->workers, error);
	if (r == 0)
		r = protocol_get_text(request, "log_level", &level, error);
	if (r == 0 && level && log_parse_level(level, &ret->log_level) < 0)
		r = error_set(error, -EINVAL,
			"\"log_level\" is none of error, warning, notice, info and debug");
	return r;
}

static void apply(struct service *service, const struct changes *changes)
{
	struct settings *settings = service->settings;

	if (settings->log_level != changes->log_level) {
		settings->log_level = changes->log_level;
		log_init(settings->log_format, settings->log_level);
		log_info(NULL, "set by a control client: log level %s",
			log_level_name(settings->log_level));
	}
	if (settings->drain_timeout_ms != changes->drain_timeout_ms) {
		settings->drain_timeout_ms = (int)changes->drain_timeout_ms;
		machine_set_drain_timeout(&service->machine, settings->drain_timeout_ms);
		log_info(NULL, "set by a control client: drain timeout %d ms",
			settings->drain_timeout_ms);
	}
	if (settings->workers != changes->workers) {
		settings->workers = (int)changes->workers;
		machine_set_workers(&service->machine, (unsigned)settings->workers);
		log_info(NULL, "set by a control client: %d workers from the next upgrade on",
			settings->workers);
	}
}

void changes_set(struct service *service, struct session *session, const json_t *request)
{
	struct changes changes = { .log_level = service->settings->log_level,
		.drain_timeout_ms = service->settings->drain_timeout_ms,
		.workers = service->settings->workers };
	struct baton_error error;

	if (read_changes(request, &changes, &error) < 0) {
		session_refuse(session, "%s", error.text);
		return;
	}
	apply(service, &changes);
	session_send_take(session,
		json_pack("{sb,ss,sI,sI}", "ok", 1, "log_level", log_level_name(changes.log_level),
			"drain_timeout_ms", changes.drain_timeout_ms, "workers", changes.workers));
}

/* A successor that starts or bakes: its end is what rolls the upgrade back. */
static void kill_successor(struct generation *generation)
{
	for (unsigned i = 0; i < generation->worker_count; i++)
		worker_kill(&generation->workers[i]);
}

static void kill_generation(
	struct service *service, struct session *session, struct generation *generation)
{
	const struct machine_generation *known =
		machine_find(&service->machine, generation->number);
	struct log_where at = { .generation = generation->number };

	if (service->machine.state == MACHINE_STARTING ||
		(known && known->state == MACHINE_GENERATION_SERVING)) {
		session_refuse(session, "generation %u is the one that serves: upgrade, or stop",
			generation->number);
		return;
	}
	log_notice(&at, "to be killed, as a control client asks");
	/* What a generation is killed for when its time is over, it is now: none is left. */
	if (known && known->state == MACHINE_GENERATION_DRAINING) {
		generation_clear_timer(generation, MACHINE_TIMER_DRAIN);
		service_feed(service,
			&(struct machine_event){ .type = MACHINE_EVENT_DRAIN_TIMEOUT,
				.generation = generation->number });
	} else {
		kill_successor(generation);
	}
	session_send_take(session, protocol_ok());
}

void changes_kill(struct service *service, struct session *session, const json_t *request)
{
	struct baton_error error;
	json_int_t number = 0;

	if (protocol_get_number(request, "generation", 1, UINT_MAX, &number, &error) < 0) {
		session_refuse(session, "%s", error.text);
		return;
	}
	if (number == 0) {
		session_refuse(session, "which \"generation\" is to be killed?");
		return;
	}
	struct generation *generation = generation_find(&service->runtime, (unsigned)number);

	if (generation)
		kill_generation(service, session, generation);
	else
		session_refuse(session, "there is no generation %lld", (long long)number);
}
