/* SPDX-License-Identifier: MIT */
/* See save.h: what is the service's own. */
#include "reexec/save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/container.h"
#include "capture.h"
#include "reexec/save_internal.h"
#include "service.h"

void *saving_append(struct saving *saving, const struct shape *shape, void *list, size_t *count)
{
	void *item = saving->is_broken ? NULL : fields_append(shape, list, count);

	saving->is_broken |= !item;
	return item;
}

char *saving_copy(struct saving *saving, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	saving->is_broken |= text && !copy;
	return copy;
}

void saving_bytes(struct saving *saving, struct strbuf *ret, const void *bytes, size_t length)
{
	strbuf_append_bytes(ret, bytes, length);
	saving->is_broken |= ret->is_broken;
}

int64_t saving_timer(const struct saving *saving, ev_timer *timer)
{
	struct ev_loop *loop = saving->service->runtime.loop;

	if (!ev_is_active(timer))
		return 0;
	return clock_ms() + (int64_t)(ev_timer_remaining(loop, timer) * 1e3);
}

/* Those that there are come first. */
static void save_machine(struct saving *saving)
{
	const struct machine *machine = &saving->service->machine;
	struct state_machine *ret = &saving->state->machine;

	ret->machine = *machine;
	for (size_t i = 0; i < MACHINE_GENERATIONS_MAX; i++)
		if (machine->generations[i].number > 0)
			ret->machine.generations[ret->generation_count++] = machine->generations[i];
}

static void save_captures(struct saving *saving)
{
	struct state *state = saving->state;

	list_for_each (link, &saving->service->runtime.captures) {
		const struct capture *capture = container_of(link, struct capture, link);
		struct state_capture *ret = saving_append(
			saving, &state_capture_shape, &state->captures, &state->capture_count);
		uint64_t first = capture->count > CAPTURE_KEPT ? capture->count - CAPTURE_KEPT : 0;

		if (!ret)
			return;
		ret->fd = capture->fd;
		ret->is_left = capture->is_left;
		saving_bytes(saving, &ret->pending, capture->pending + capture->pending_from,
			capture->pending_to - capture->pending_from);
		for (uint64_t i = first; i < capture->count; i++)
			saving_bytes(saving, &ret->kept, &capture->kept[i % CAPTURE_KEPT], 1);
	}
}

static void save_event(
	struct saving *saving, const struct event *event, struct event **list, size_t *count)
{
	struct event *ret = saving_append(saving, &state_event_shape, list, count);

	if (ret)
		*ret = *event;
}

static void save_events(struct saving *saving)
{
	const struct events *events = &saving->service->events;
	struct state_events *ret = &saving->state->events;
	const struct event *outcome;

	ret->count = events->count;
	ret->outcome_count = events->outcome_count;
	ret->cut_connections = events->cut_connections;
	for (uint64_t i = events_first(events); i <= events->count; i++)
		save_event(saving, events_get(events, i), &ret->recent, &ret->recent_count);
	for (size_t ago = EVENTS_OUTCOMES_KEPT; ago-- > 0;) {
		outcome = events_outcome(events, ago);
		if (outcome)
			save_event(saving, outcome, &ret->outcomes, &ret->kept_outcome_count);
	}
	for (size_t i = 0; i < MACHINE_REPORT_COUNT; i++) {
		struct state_count *count =
			saving_append(saving, &state_count_shape, &ret->counts, &ret->counts_count);

		if (count)
			*count = (struct state_count){ (enum machine_report)i, events->counts[i] };
	}
}

static void save_sessions(struct saving *saving)
{
	struct state *state = saving->state;

	list_for_each (link, &saving->service->control.sessions) {
		const struct session *session = container_of(link, struct session, link);

		if (session->is_over)
			continue;
		struct state_session *ret = saving_append(
			saving, &state_session_shape, &state->sessions, &state->session_count);
		if (!ret)
			return;
		ret->fd = session->fd;
		ret->wait = session->wait;
		ret->generation = session->generation;
		ret->has_ended_input = session->has_ended_input;
		ret->is_closing = session->is_closing;
		saving_bytes(saving, &ret->input, session->input.text, session->input.length);
		saving_bytes(saving, &ret->output, session->output.text + session->written,
			session->output.length - session->written);
	}
}

static void save_runtime(struct saving *saving)
{
	const struct runtime *runtime = &saving->service->runtime;
	struct state *state = saving->state;

	state->directory = saving_copy(saving, runtime->directory.name);
	state->has_notified = runtime->memory.has_notified;
	state->has_said_unseen = runtime->has_said_unseen;
	state->started_count = runtime->started_count;
	state->command_status = runtime->command_status;
	state->command_pid = runtime->command_pid;
	memcpy(state->command_fate, runtime->command_fate, sizeof(state->command_fate));
	state->notify = runtime->notify.fd;
	state->einhorn = runtime->einhorn.fd;
	if (runtime->einhorn.fd < 0)
		return;
	state->einhorn_path = saving_copy(saving, runtime->einhorn.path);
	state->einhorn_directory = saving_copy(saving, runtime->einhorn.directory);
}

int save(struct service *service, struct state *ret)
{
	struct saving saving = { .service = service, .state = ret };

	ev_now_update(service->runtime.loop);
	ret->pid = getpid();
	ret->started_at_ms = service->started_at_ms;
	ret->changes = service->changes;
	save_runtime(&saving);
	save_machine(&saving);
	save_captures(&saving);
	saving_setups(&saving);
	saving_generations(&saving);
	saving_adopt(&saving);
	save_events(&saving);
	save_sessions(&saving);
	free(saving.setups);
	free(saving.listeners);
	return saving.is_broken ? -ENOMEM : 0;
}
