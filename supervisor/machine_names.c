/* SPDX-License-Identifier: MIT */
/* See machine_names.h. */
#include "machine_names.h"

#include <stddef.h>

#include "base/container.h"

/* Events come from outside: a value that is none of the list must not be read past its end. */
static const char *name_of(const char *const *names, size_t count, unsigned value)
{
	return value < count ? names[value] : "?";
}

#define X(name, text, ...) [MACHINE_EVENT_##name] = (text),
static const char *const event_names[] = { MACHINE_EVENTS(X) };
#undef X

#define X(name, text) [MACHINE_##name] = (text),
static const char *const state_names[] = { MACHINE_STATES(X) };
#undef X

#define X(name, text) [MACHINE_GENERATION_##name] = (text),
static const char *const generation_state_names[] = { MACHINE_GENERATION_STATES(X) };
#undef X

#define X(name, text) [MACHINE_WORKER_##name] = (text),
static const char *const worker_state_names[] = { MACHINE_WORKER_STATES(X) };
#undef X

#define X(name, text) [MACHINE_ACTION_##name] = (text),
static const char *const action_names[] = { MACHINE_ACTIONS(X) };
#undef X

#define X(name, text, ...) [MACHINE_TIMER_##name] = (text),
static const char *const timer_names[] = { MACHINE_TIMERS(X) };
#undef X

#define X(name, text) [MACHINE_REPORT_##name] = (text),
static const char *const report_names[] = { MACHINE_REPORTS(X) };
#undef X

#define X(name, text) [MACHINE_CAUSE_##name] = (text),
static const char *const cause_names[] = { MACHINE_CAUSES(X) };
#undef X

#define X(name, text) [MACHINE_EXIT_##name] = (text),
static const char *const exit_names[] = { MACHINE_EXITS(X) };
#undef X

const char *machine_event_name(enum machine_event_type type)
{
	return name_of(event_names, array_length(event_names), type);
}

const char *machine_state_name(enum machine_state state)
{
	return name_of(state_names, array_length(state_names), state);
}

const char *machine_generation_state_name(enum machine_generation_state state)
{
	return name_of(generation_state_names, array_length(generation_state_names), state);
}

const char *machine_worker_state_name(enum machine_worker_state state)
{
	return name_of(worker_state_names, array_length(worker_state_names), state);
}

const char *machine_action_name(enum machine_action_type type)
{
	return name_of(action_names, array_length(action_names), type);
}

const char *machine_timer_name(enum machine_timer timer)
{
	return name_of(timer_names, array_length(timer_names), timer);
}

const char *machine_report_name(enum machine_report report)
{
	return name_of(report_names, array_length(report_names), report);
}

const char *machine_cause_name(enum machine_cause cause)
{
	return name_of(cause_names, array_length(cause_names), cause);
}

const char *machine_exit_name(enum machine_exit exit)
{
	return name_of(exit_names, array_length(exit_names), exit);
}
