/* SPDX-License-Identifier: MIT */
/* See restore.h: what is the service's own. */
#include "reexec/restore.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/container.h"
#include "base/error.h"
#include "capture.h"
#include "reexec/restore_internal.h"
#include "service.h"
#include "service_sockets.h"
#include "settings.h"

void restoring_timer(const struct restoring *restoring, ev_timer *timer, int64_t at_ms)
{
	int64_t left_ms = at_ms - clock_ms();

	if (at_ms == 0)
		return;
	ev_timer_set(timer, left_ms > 0 ? (ev_tstamp)left_ms / 1e3 : 0, 0);
	ev_timer_start(restoring->service->runtime.loop, timer);
}

static int restore_captures(struct restoring *restoring)
{
	struct runtime *runtime = &restoring->service->runtime;
	const struct state *state = restoring->state;
	int r = 0;

	restoring->captures = calloc(state->capture_count + 1, sizeof(struct capture *));
	if (!restoring->captures)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < state->capture_count; i++) {
		const struct state_capture *from = &state->captures[i];

		r = capture_resume(&runtime->captures, runtime->loop, STDERR_FILENO,
			&(struct capture_past){ .fd = from->fd,
				.is_left = from->is_left,
				.pending = from->pending,
				.kept = from->kept });
		restoring->captures[i] = container_of(runtime->captures.prev, struct capture, link);
	}
	return r;
}

/* The last of a ring that is filled up to `count` from its oldest on. */
static void restore_ring(struct event *ring, size_t size, uint64_t count,
	const struct event *events, size_t events_count)
{
	for (size_t i = 0; i < events_count && i < size && i < count; i++)
		ring[(count - events_count + i) % size] = events[i];
}

static void restore_events(struct restoring *restoring)
{
	const struct state_events *from = &restoring->state->events;
	struct events *events = &restoring->service->events;

	if (from->recent_count > EVENTS_KEPT || from->kept_outcome_count > EVENTS_OUTCOMES_KEPT ||
		from->recent_count > from->count || from->kept_outcome_count > from->outcome_count)
		return; /* another version keeps more */
	events->count = from->count;
	events->outcome_count = from->outcome_count;
	events->cut_connections = (unsigned long)from->cut_connections;
	restore_ring(events->recent, EVENTS_KEPT, from->count, from->recent, from->recent_count);
	restore_ring(events->outcomes, EVENTS_OUTCOMES_KEPT, from->outcome_count, from->outcomes,
		from->kept_outcome_count);
	for (size_t i = 0; i < from->counts_count; i++)
		events->counts[from->counts[i].what] = (unsigned long)from->counts[i].count;
}

/* One that cannot be goes as if we had closed it. */
static void restore_sessions(struct restoring *restoring)
{
	const struct state *state = restoring->state;

	for (size_t i = 0; i < state->session_count; i++) {
		const struct state_session *from = &state->sessions[i];
		struct session *session = control_add_take(&restoring->service->control, from->fd);

		if (!session)
			continue;
		session->generation = from->generation;
		session->has_ended_input = from->has_ended_input;
		session->is_closing = from->is_closing;
		strbuf_append_bytes(&session->input, from->input.text, from->input.length);
		strbuf_append_bytes(&session->output, from->output.text, from->output.length);
		session_go_on(session, from->wait);
	}
}

static int restore_runtime(struct restoring *restoring)
{
	struct runtime *runtime = &restoring->service->runtime;
	const struct state *state = restoring->state;

	if (state->directory) {
		free(runtime->directory.name);
		runtime->directory.name = strdup(state->directory);
		if (!runtime->directory.name)
			return -ENOMEM;
	}
	runtime->memory.has_notified = state->has_notified;
	runtime->has_said_unseen = state->has_said_unseen;
	runtime->command_status = state->command_status;
	runtime->command_pid = state->command_pid;
	memcpy(runtime->command_fate, state->command_fate, sizeof(runtime->command_fate));
	return 0;
}

static int restore_all(struct restoring *restoring)
{
	int r = restore_runtime(restoring);

	if (r == 0)
		r = restore_captures(restoring);
	if (r == 0)
		r = restoring_adopt(restoring);
	return r == 0 ? restoring_generations(restoring) : r;
}

int restore(struct service *service, const struct restored *restored, const struct state *state,
	struct baton_error *error)
{
	struct restoring restoring = { .service = service, .state = state, .restored = restored };

	service->machine = state->machine.machine;
	service->changes = state->changes;
	service->started_at_ms = state->started_at_ms;
	int r = restore_all(&restoring);

	free(restoring.captures);
	free(restoring.brokers);
	if (r < 0)
		return error_set(error, r, "out of memory");
	r = service_sockets_resume(&service->runtime,
		&(struct service_sockets_past){ .notify = state->notify,
			.einhorn = state->einhorn,
			.einhorn_path = state->einhorn_path,
			.einhorn_directory = state->einhorn_directory },
		error);
	if (r < 0)
		return r;
	restore_events(&restoring);
	restore_sessions(&restoring);
	service_write_status_file(service);
	/* Who has ended meanwhile: the signal may have come to the program before. */
	ev_feed_signal_event(service->runtime.loop, SIGCHLD);
	return 0;
}
