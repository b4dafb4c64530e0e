/* SPDX-License-Identifier: MIT */
/* See machine_text.h. */
#include "support/machine_text.h"

static void append_event_worker(struct strbuf *text, const struct machine_event *event)
{
	strbuf_appendf(text, " %u.%u", event->generation, event->worker);
}

void machine_text_event(struct strbuf *text, const struct machine_event *event)
{
	strbuf_append(text, machine_event_name(event->type));
	switch (event->type) {
	case MACHINE_EVENT_START:
	case MACHINE_EVENT_HUP:
	case MACHINE_EVENT_STOP:
	case MACHINE_EVENT_STOP_NOW:
	case MACHINE_EVENT_CONFIGURED:
	case MACHINE_EVENT_CONFIG_REFUSED:
		break;
	case MACHINE_EVENT_BAKED:
	case MACHINE_EVENT_DRAIN_TIMEOUT:
	case MACHINE_EVENT_IDLE:
		strbuf_appendf(text, " %u", event->generation);
		break;
	case MACHINE_EVENT_WORKER_STARTED:
	case MACHINE_EVENT_SPAWN_FAILED:
	case MACHINE_EVENT_WORKER_READY:
	case MACHINE_EVENT_READY_TIMEOUT:
	case MACHINE_EVENT_RESTART_DUE:
		append_event_worker(text, event);
		break;
	case MACHINE_EVENT_WORKER_EXITED:
		append_event_worker(text, event);
		strbuf_appendf(text, " lived %d", event->lived_ms);
		break;
	}
}

static void append_timer(struct strbuf *text, const char *verb, const struct machine_action *action)
{
	strbuf_appendf(
		text, "%s %s %u", verb, machine_timer_name(action->timer), action->generation);
	if (action->timer == MACHINE_TIMER_READY || action->timer == MACHINE_TIMER_RESTART)
		strbuf_appendf(text, ".%u", action->worker);
}

static void append_report(struct strbuf *text, const struct machine_action *action)
{
	strbuf_appendf(text, "report %s", machine_report_name(action->report));
	switch (action->report) {
	case MACHINE_REPORT_UPGRADE_REMEMBERED:
	case MACHINE_REPORT_UPGRADE_REFUSED:
	case MACHINE_REPORT_UPGRADE_IGNORED:
		break;
	case MACHINE_REPORT_STARTING:
	case MACHINE_REPORT_SERVING:
	case MACHINE_REPORT_UPGRADE_STARTED:
	case MACHINE_REPORT_READY:
	case MACHINE_REPORT_TOOK_OVER:
	case MACHINE_REPORT_GONE:
		strbuf_appendf(text, " %u", action->generation);
		break;
	case MACHINE_REPORT_BAKING:
	case MACHINE_REPORT_DRAINING:
		strbuf_appendf(text, " %u %d", action->generation, action->ms);
		break;
	case MACHINE_REPORT_HAMMERED:
		strbuf_appendf(
			text, " %u: %s", action->generation, machine_cause_name(action->cause));
		break;
	case MACHINE_REPORT_START_FAILED:
	case MACHINE_REPORT_ROLLED_BACK:
		strbuf_appendf(text, " %u.%u: %s", action->generation, action->worker,
			machine_cause_name(action->cause));
		break;
	case MACHINE_REPORT_WORKER_RESTARTING:
		strbuf_appendf(text, " %u.%u %d", action->generation, action->worker, action->ms);
		break;
	case MACHINE_REPORT_WORKER_NOT_READY:
	case MACHINE_REPORT_WORKER_RECOVERED:
	case MACHINE_REPORT_WORKER_GIVEN_UP:
		strbuf_appendf(text, " %u.%u", action->generation, action->worker);
		break;
	case MACHINE_REPORT_STOPPING:
	case MACHINE_REPORT_STOPPED:
		strbuf_appendf(text, ": %s", machine_exit_name(action->exit));
		break;
	}
}

static void append_action(struct strbuf *text, const struct machine_action *action)
{
	const char *name = machine_action_name(action->type);

	switch (action->type) {
	case MACHINE_ACTION_SPAWN:
	case MACHINE_ACTION_KILL_WORKER:
		strbuf_appendf(text, "%s %u.%u", name, action->generation, action->worker);
		break;
	case MACHINE_ACTION_KILL:
	case MACHINE_ACTION_FORGET:
		strbuf_appendf(text, "%s %u", name, action->generation);
		break;
	case MACHINE_ACTION_STEER:
		strbuf_appendf(text, "%s %u%s", name, action->generation,
			action->is_bake ? " in part" : "");
		break;
	case MACHINE_ACTION_RETIRE:
		strbuf_appendf(text, "%s %u %s", name, action->generation,
			action->is_stop ? "stop" : "hup");
		break;
	case MACHINE_ACTION_SET_TIMER:
		append_timer(text, "set", action);
		strbuf_appendf(text, " %d", action->ms);
		break;
	case MACHINE_ACTION_CLEAR_TIMER:
		append_timer(text, "clear", action);
		break;
	case MACHINE_ACTION_CONFIGURE:
	case MACHINE_ACTION_CLOSE_LISTENERS:
		strbuf_append(text, name);
		break;
	case MACHINE_ACTION_REPORT:
		append_report(text, action);
		break;
	case MACHINE_ACTION_EXIT:
		strbuf_appendf(text, "%s %s", name, machine_exit_name(action->exit));
		break;
	}
}

void machine_text_actions(struct strbuf *text, const struct machine_actions *actions)
{
	for (size_t i = 0; i < actions->count; i++) {
		if (i > 0)
			strbuf_append(text, "; ");
		append_action(text, &actions->list[i]);
	}
}
