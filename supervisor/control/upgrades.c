/* SPDX-License-Identifier: MIT */
/* See upgrades.h. */
#include "control/upgrades.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "capture.h"
#include "control/protocol.h"
#include "control/session.h"
#include "events.h"
#include "generation.h"
#include "log.h"
#include "service.h"

/* The program of the next generation alone: which must be the one that is asked for now. */
static int set_program(struct service *service, const char *program, struct baton_error *error)
{
	if (!*program)
		return error_set(error, -EINVAL, "\"program\" is empty");
	if (service->machine.state != MACHINE_SERVING || service->machine.is_upgrade_pending)
		return error_set(error, -EBUSY,
			"another program can be tried while the service serves; now it is %s",
			machine_state_name(service->machine.state));
	char *copy = strdup(program);

	if (!copy)
		return error_set(error, -ENOMEM, "out of memory");
	free(service->runtime.next_program);
	service->runtime.next_program = copy;
	return 0;
}

void upgrades_ask(struct service *service, struct session *session, const json_t *request)
{
	struct baton_error error;
	const char *program = NULL;
	bool waits = false;

	if (protocol_get_bool(request, "wait", &waits, &error) < 0 ||
		protocol_get_text(request, "program", &program, &error) < 0 ||
		(program && set_program(service, program, &error) < 0)) {
		session_refuse(session, "%s", error.text);
		return;
	}
	log_info(NULL, "asked for an upgrade by a control client");
	/* It waits before it is asked for: the answer may come meanwhile. */
	if (waits)
		session_wait(session, SESSION_WAITS_FOR_UPGRADE);
	else
		session_send_take(session, protocol_ok());
	/* With a program of its own it is no part of any burst. */
	if (program)
		service_feed(service, &(struct machine_event){ .type = MACHINE_EVENT_HUP });
	else
		service_ask_upgrade(service);
}

static void refuse(struct session *session, const char *text, const char *reason)
{
	session_refuse(session, "%s%s", text, reason);
	session_resume(session);
}

/* The first that begins from now on is the one that was asked for: one that was under way had begun
 * with the program of before. */
static void await_start(struct session *session, const struct event *event)
{
	if (event->what == MACHINE_REPORT_UPGRADE_STARTED) {
		session->generation = event->generation;
		session_send_take(session, protocol_event(event));
	} else if (event->what == MACHINE_REPORT_UPGRADE_REMEMBERED) {
		session_send_take(session, protocol_event(event));
	} else if (event->what == MACHINE_REPORT_UPGRADE_IGNORED ||
		event->what == MACHINE_REPORT_STOPPING) {
		refuse(session, "no upgrade: the service is stopping", "");
	} else if (event->what == MACHINE_REPORT_UPGRADE_REFUSED) {
		refuse(session, "the upgrade was refused: ", event->text);
	}
}

/* Adds what the worker that failed said last, if that is captured. */
static void add_last_words(struct service *service, json_t *reply, const struct event *event)
{
	const struct generation *generation = generation_find(&service->runtime, event->generation);
	struct strbuf words = STRBUF_INIT;

	if (!generation || event->worker == 0 || event->worker > generation->worker_count)
		return;
	const struct worker *worker = &generation->workers[event->worker - 1];

	if (worker->capture)
		capture_tail(worker->capture, &words);
	else if (worker->fate_pid > 0)
		(void)json_object_set_new(reply, "hint",
			json_string(
				"what it wrote is in baton's log; with --capture it is told here"));
	cleanup_free char *text = strbuf_take(&words);

	if (text && *text)
		(void)json_object_set_new(reply, "stderr", json_string(text));
}

static void tell_outcome(
	struct service *service, struct session *session, const struct event *event)
{
	bool is_ok = event->what == MACHINE_REPORT_TOOK_OVER;
	char text[EVENT_TEXT_SIZE + 40];

	(void)snprintf(text, sizeof(text), "the upgrade was rolled back: %s", event->text);
	json_t *reply = is_ok ? protocol_ok() : protocol_refusal(text);

	if (reply) {
		(void)json_object_set_new(reply, "generation", json_integer(event->generation));
		(void)json_object_set_new(reply, "ms", json_integer(event->ms));
		if (!is_ok)
			add_last_words(service, reply, event);
	}
	session_send_take(session, reply);
	session_resume(session);
}

void upgrades_tell(struct service *service, struct session *session, const struct event *event)
{
	if (session->generation == 0) {
		await_start(session, event);
		return;
	}
	if (event->generation == session->generation)
		session_send_take(session, protocol_event(event));
	if (event->generation == session->generation &&
		(event->what == MACHINE_REPORT_TOOK_OVER ||
			event->what == MACHINE_REPORT_ROLLED_BACK))
		tell_outcome(service, session, event);
	else if (event->what == MACHINE_REPORT_STOPPED)
		refuse(session, "the service has stopped", "");
}
