/* SPDX-License-Identifier: MIT */
/* See requests.h. */
#include "control/requests.h"

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "base/container.h"
#include "base/error.h"
#include "control/changes.h"
#include "control/metrics.h"
#include "control/protocol.h"
#include "control/session.h"
#include "control/status.h"
#include "control/upgrades.h"
#include "events.h"
#include "generation.h"
#include "log.h"
#include "service.h"
#include "workers.h"

enum { MEMBERS_MAX = 5 };

static void answer_ok(struct session *session)
{
	session_send_take(session, protocol_ok());
}

/* {"ok":true,MEMBER:VALUE}, both taken. */
static void answer_with(struct session *session, const char *member, json_t *take)
{
	session_send_take(session, json_pack("{sb,so}", "ok", 1, member, take));
}

static void status(struct service *service, struct session *session, const json_t *request)
{
	(void)request;
	answer_with(session, "status", status_describe(service));
}

static void metrics(struct service *service, struct session *session, const json_t *request)
{
	json_t *now = status_describe(service);

	(void)request;
	answer_with(session, "metrics", now ? metrics_describe(now, service->events.counts) : NULL);
	json_decref(now);
}

static void stop(struct service *service, struct session *session, const json_t *request)
{
	struct baton_error error;
	bool is_now = false, waits = false;

	if (protocol_get_bool(request, "now", &is_now, &error) < 0 ||
		protocol_get_bool(request, "wait", &waits, &error) < 0) {
		session_refuse(session, "%s", error.text);
		return;
	}
	log_info(NULL, "told to stop by a control client");
	if (waits)
		session_wait(session, SESSION_WAITS_FOR_STOP);
	else
		answer_ok(session);
	service_ask_stop(service, is_now);
}

static void add_spared(const struct worker *worker, void *data)
{
	(void)json_array_append_new(data,
		json_pack("{si,si,si}", "generation", (int)worker->generation->number, "worker",
			(int)worker->index + 1, "pid", (int)worker->pid));
}

static void reopen(struct service *service, struct session *session, const json_t *request)
{
	json_t *spared = json_array();

	(void)request;
	log_info(NULL, "passing SIGUSR1 on to the workers, as a control client asks");
	unsigned count = workers_pass_on(&service->runtime, SIGUSR1, add_spared, spared);

	if (count > 0 || json_array_size(spared) == 0) {
		answer_with(session, "spared", spared);
		return;
	}
	session_refuse(session,
		"SIGUSR1 is not sent to pid %lld%s: it has no handler, and would die",
		(long long)json_integer_value(json_object_get(json_array_get(spared, 0), "pid")),
		json_array_size(spared) > 1 ? ", nor to any other worker" : "");
	json_decref(spared);
}

/* It is answered by who comes of it, or who goes on: see reexec/. */
static void ask_reexec(struct service *service, struct session *session, const json_t *request)
{
	(void)request;
	session_wait(session, SESSION_WAITS_FOR_REEXEC);
	reexec_ask(&service->reexec);
}

/* Those from number `after` + 1 on that are still kept. */
static void send_events(struct service *service, struct session *session, uint64_t after)
{
	const struct events *events = &service->events;
	uint64_t first = events_first(events);

	for (uint64_t i = after < first ? first : after + 1; i <= events->count; i++)
		session_send_take(session, protocol_event(events_get(events, i)));
}

static void tell_events(struct service *service, struct session *session, const json_t *request)
{
	struct baton_error error;
	bool follows = false;
	json_int_t after = 0;

	if (protocol_get_bool(request, "follow", &follows, &error) < 0 ||
		protocol_get_number(request, "after", 0, LLONG_MAX, &after, &error) < 0) {
		session_refuse(session, "%s", error.text);
		return;
	}
	send_events(service, session, (uint64_t)after);
	if (follows)
		session_wait(session, SESSION_FOLLOWS);
	else
		answer_ok(session);
}

static const struct {
	const char *command;
	void (*handle)(struct service *service, struct session *session, const json_t *request);
	const char *members[MEMBERS_MAX]; /* that it may have */
} table[] = {
	{ "events", tell_events, { "follow", "after" } },
	{ "kill-generation", changes_kill, { "generation" } },
	{ "metrics", metrics, { NULL } },
	{ "reexec", ask_reexec, { NULL } },
	{ "reopen", reopen, { NULL } },
	{ "set", changes_set, { "drain_timeout_ms", "end_idle_ms", "log_level", "workers" } },
	{ "status", status, { NULL } },
	{ "stop", stop, { "now", "wait" } },
	{ "upgrade", upgrades_ask, { "program", "wait" } },
};

static bool has_member(const char *const *members, const char *name)
{
	if (strcmp(name, "command") == 0)
		return true;
	for (size_t i = 0; i < MEMBERS_MAX && members[i]; i++)
		if (strcmp(members[i], name) == 0)
			return true;
	return false;
}

/* A member that nobody reads is a slip of the pen, and may have meant much. */
static const char *find_unknown_member(const json_t *request, const char *const *members)
{
	const char *name;
	json_t *value;

	json_object_foreach(
		(json_t *)request, name, value) if (!has_member(members, name)) return name;
	return NULL;
}

void requests_handle(struct session *session, const json_t *request, void *data)
{
	const char *command = json_string_value(json_object_get(request, "command"));

	for (size_t i = 0; i < array_length(table); i++) {
		if (strcmp(command, table[i].command) != 0)
			continue;
		const char *unknown = find_unknown_member(request, table[i].members);

		if (unknown)
			session_refuse(session, "\"%s\" has no \"%.80s\"", command, unknown);
		else
			table[i].handle(data, session, request);
		return;
	}
	session_refuse(session, "unknown command \"%.80s\"", command);
}

static void tell_session(
	struct service *service, struct session *session, const struct event *event)
{
	switch (session->wait) {
	case SESSION_WAITS_FOR_NOTHING:
	case SESSION_WAITS_FOR_REEXEC: /* is no event of the service */
		break;
	case SESSION_WAITS_FOR_UPGRADE:
		upgrades_tell(service, session, event);
		break;
	case SESSION_WAITS_FOR_STOP:
		if (event->what != MACHINE_REPORT_STOPPED)
			break;
		answer_ok(session);
		session_resume(session);
		break;
	case SESSION_FOLLOWS:
		session_send_take(session, protocol_event(event));
		break;
	}
}

void requests_tell(const struct event *event, void *data)
{
	struct service *service = data;

	/* No session ends meanwhile: those that are over end from the loop. */
	list_for_each (link, &service->control.sessions)
		tell_session(service, container_of(link, struct session, link), event);
}
