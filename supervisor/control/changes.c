/* SPDX-License-Identifier: MIT */
/* See changes.h. */
#include "control/changes.h"

#include <errno.h>
#include <limits.h>

#include "base/container.h"
#include "base/error.h"
#include "control/protocol.h"
#include "control/session.h"
#include "generation.h"
#include "log.h"
#include "log_line.h"
#include "service.h"
#include "settings.h"
#include "setup.h"

/* All of it is good before any of it counts; what is not asked for stays as it is in ret. */
static int read_changes(const json_t *request, struct changes *ret, struct baton_error *error)
{
	json_int_t drain_timeout_ms = ret->drain_timeout_ms;
	json_int_t end_idle_ms = ret->end_idle_ms;
	json_int_t workers = ret->workers;
	const char *level = NULL;
	int r = protocol_get_number(
		request, "drain_timeout_ms", 0, INT_MAX, &drain_timeout_ms, error);

	if (r == 0)
		r = protocol_get_number(request, "end_idle_ms", 0, INT_MAX, &end_idle_ms, error);
	if (r == 0)
		r = protocol_get_number(
			request, "workers", 1, SETTINGS_WORKERS_MAX, &workers, error);
	if (r == 0)
		r = protocol_get_text(request, "log_level", &level, error);
	if (r == 0 && level && log_parse_level(level, &ret->log_level) < 0)
		r = error_set(error, -EINVAL,
			"\"log_level\" is none of error, warning, notice, info and debug");
	if (r < 0)
		return r;
	ret->drain_timeout_ms = (int)drain_timeout_ms;
	ret->end_idle_ms = (int)end_idle_ms;
	ret->workers = (int)workers;
	ret->has_log_level |= level != NULL;
	ret->has_drain_timeout |= json_object_get(request, "drain_timeout_ms") != NULL;
	ret->has_end_idle |= json_object_get(request, "end_idle_ms") != NULL;
	ret->has_workers |= json_object_get(request, "workers") != NULL;
	return 0;
}

void changes_keep(const struct changes *changes, struct settings *settings)
{
	if (changes->has_log_level)
		settings->log_level = changes->log_level;
	if (changes->has_drain_timeout)
		settings->drain_timeout_ms = changes->drain_timeout_ms;
	if (changes->has_end_idle)
		settings->end_idle_ms = changes->end_idle_ms;
	if (changes->has_workers)
		settings->workers = changes->workers;
}

/* Those that serve and drain have settings of their own, and the next upgrade has others again. */
static void spread(struct service *service)
{
	struct runtime *runtime = &service->runtime;

	changes_keep(&service->changes, &runtime->setup->loaded.settings);
	list_for_each (link, &runtime->generations) {
		struct generation *generation = container_of(link, struct generation, link);

		changes_keep(&service->changes, &generation->setup->loaded.settings);
		generation_watch_idle(generation);
	}
}

static void apply(struct service *service, const struct changes *changes)
{
	const struct settings *settings = service->runtime.settings;

	service->changes = *changes;
	if (settings->log_level != changes->log_level) {
		log_init(settings->log_format, changes->log_level);
		log_info(NULL, "set by a control client: log level %s",
			log_level_name(changes->log_level));
	}
	if (settings->drain_timeout_ms != changes->drain_timeout_ms)
		log_info(NULL, "set by a control client: drain timeout %d ms",
			changes->drain_timeout_ms);
	if (changes->has_drain_timeout)
		machine_set_drain_timeout(&service->machine, changes->drain_timeout_ms);
	if (settings->end_idle_ms != changes->end_idle_ms)
		log_info(NULL,
			"set by a control client: a drain ends after %d ms without a "
			"connection",
			changes->end_idle_ms);
	if (settings->workers != changes->workers)
		log_info(NULL, "set by a control client: %d workers from the next upgrade on",
			changes->workers);
	if (changes->has_workers)
		machine_set_workers(&service->machine, (unsigned)changes->workers);
	spread(service);
}

void changes_set(struct service *service, struct session *session, const json_t *request)
{
	const struct settings *settings = service->runtime.settings;
	struct changes changes = service->changes;
	struct baton_error error;

	changes.log_level = settings->log_level;
	changes.drain_timeout_ms = settings->drain_timeout_ms;
	changes.end_idle_ms = settings->end_idle_ms;
	changes.workers = settings->workers;
	if (read_changes(request, &changes, &error) < 0) {
		session_refuse(session, "%s", error.text);
		return;
	}
	apply(service, &changes);
	session_send_take(session,
		json_pack("{sb,ss,si,si,si}", "ok", 1, "log_level",
			log_level_name(changes.log_level), "drain_timeout_ms",
			changes.drain_timeout_ms, "end_idle_ms", changes.end_idle_ms, "workers",
			changes.workers));
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
