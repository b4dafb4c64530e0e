/* SPDX-License-Identifier: MIT */
/* How each structure of the state is written: see state.h. */
#include "reexec/state_shapes.h"

#include "base/container.h"
#include "log_line.h"
#include "reexec/state.h"

static const char *machine_name(unsigned value)
{
	return machine_state_name(value);
}

static const char *generation_name(unsigned value)
{
	return machine_generation_state_name(value);
}

static const char *worker_name(unsigned value)
{
	return machine_worker_state_name(value);
}

static const char *report_name(unsigned value)
{
	return machine_report_name(value);
}

/* 0 is what nobody has set. */
static const char *level_name(unsigned value)
{
	if (value == 0)
		return "none";
	return value >= LOG_LEVEL_ERROR && value <= LOG_LEVEL_DEBUG ? log_level_name(value) : "?";
}

static const char *process_state_name(unsigned value)
{
	static const char *const names[] = {
		[WORKER_EMPTY] = "empty",
		[WORKER_STARTING] = "starting",
		[WORKER_READY] = "ready",
		[WORKER_ENDING] = "ending",
	};

	return value < array_length(names) ? names[value] : "?";
}

static const char *origin_name(unsigned value)
{
	static const char *const names[] = {
		[LISTENERS_OPENED] = "opened",
		[LISTENERS_PASSED] = "passed",
		[LISTENERS_STORED] = "stored",
	};

	return value < array_length(names) ? names[value] : "?";
}

static const char *wait_name(unsigned value)
{
	static const char *const names[] = {
		[SESSION_WAITS_FOR_NOTHING] = "nothing",
		[SESSION_WAITS_FOR_UPGRADE] = "upgrade",
		[SESSION_WAITS_FOR_STOP] = "stop",
		[SESSION_WAITS_FOR_REEXEC] = "reexec",
		[SESSION_FOLLOWS] = "events",
	};

	return value < array_length(names) ? names[value] : "?";
}

#define STRUCT struct state_word
static const struct field word_fields[] = {
	FIELD("text", FIELD_TEXT, text),
};
const struct shape state_word_shape = SHAPE(word_fields, NULL);
#undef STRUCT

#define STRUCT struct state_fd
static const struct field fd_fields[] = {
	FIELD("fd", FIELD_FD, fd),
};
static const struct state_fd new_fd = { .fd = -1 };
const struct shape state_fd_shape = SHAPE(fd_fields, &new_fd);
#undef STRUCT

#define STRUCT struct state_number
static const struct field number_fields[] = {
	FIELD("value", FIELD_UNSIGNED, value),
};
const struct shape state_number_shape = SHAPE(number_fields, NULL);
#undef STRUCT

#define STRUCT struct state_name
static const struct field name_fields[] = {
	FIELD("address", FIELD_BYTES, address),
};
const struct shape state_name_shape = SHAPE(name_fields, NULL);
#undef STRUCT

#define STRUCT struct state_index
static const struct field index_fields[] = {
	FIELD("index", FIELD_SIGNED, index),
};
static const struct state_index new_index = { .index = STATE_NONE };
const struct shape state_index_shape = SHAPE(index_fields, &new_index);
#undef STRUCT

#define STRUCT struct state_listener
static const struct field listener_fields[] = {
	FIELD("name", FIELD_TEXT, name),
	FIELD("owns_path", FIELD_BOOL, owns_path),
	FIELD("shares", FIELD_UNSIGNED, shares),
	FIELD_MANY("sockets", FIELD_LIST, &state_fd_shape, sockets, socket_count),
	FIELD("store_name", FIELD_TEXT, store_name),
	FIELD("store_copy", FIELD_UNSIGNED, store_copy),
	FIELD("store_index_end", FIELD_UNSIGNED, store_index_end),
};
const struct shape state_listener_shape = SHAPE(listener_fields, NULL);
#undef STRUCT

#define STRUCT struct state_entry
static const struct field entry_fields[] = {
	FIELD("option", FIELD_TEXT, option),
	FIELD("value", FIELD_TEXT, value),
	FIELD("line", FIELD_UNSIGNED, line),
};
const struct shape state_entry_shape = SHAPE(entry_fields, NULL);
#undef STRUCT

#define STRUCT struct state_use
static const struct field use_fields[] = {
	FIELD("name", FIELD_TEXT, name),
	FIELD("listener", FIELD_SIGNED, listener),
	FIELD_NAMED("origin", origin_name, origin),
};
static const struct state_use new_use = { .listener = STATE_NONE };
const struct shape state_use_shape = SHAPE(use_fields, &new_use);
#undef STRUCT

#define STRUCT struct state_setup
static const struct field setup_fields[] = {
	FIELD_MANY("config", FIELD_LIST, &state_entry_shape, config, config_count),
	FIELD_MANY("as_read", FIELD_LIST, &state_entry_shape, as_read, as_read_count),
	FIELD_MANY("command", FIELD_LIST, &state_word_shape, command, command_count),
	FIELD("command_line", FIELD_UNSIGNED, command_line),
	FIELD("name", FIELD_TEXT, name),
	FIELD_MANY("listeners", FIELD_LIST, &state_use_shape, listeners, listener_count),
};
const struct shape state_setup_shape = SHAPE(setup_fields, NULL);
#undef STRUCT

#define STRUCT struct process
static const struct field process_fields[] = {
	FIELD("pid", FIELD_SIGNED, pid),
	FIELD("start_time", FIELD_UNSIGNED, start_time),
};
const struct shape state_process_shape = SHAPE(process_fields, NULL);
#undef STRUCT

#define STRUCT struct state_family
static const struct field family_fields[] = {
	FIELD_IN("leader", &state_process_shape, leader),
	FIELD_MANY("members", FIELD_LIST, &state_process_shape, members, member_count),
	FIELD("marker", FIELD_TEXT, marker),
	FIELD("broker", FIELD_UNSIGNED, broker),
	FIELD("hammer_at_ms", FIELD_SIGNED, hammer_at_ms),
	FIELD("kill_pause_ms", FIELD_SIGNED, kill_pause_ms),
};
const struct shape state_family_shape = SHAPE(family_fields, NULL);
#undef STRUCT

#define STRUCT struct state_worker
static const struct field worker_fields[] = {
	FIELD_NAMED("state", process_state_name, state),
	FIELD("pid", FIELD_SIGNED, pid),
	FIELD("pidfd", FIELD_FD, pidfd),
	FIELD("channel", FIELD_FD, channel),
	FIELD("handoff", FIELD_FD, handoff),
	FIELD("is_watched_by_pidfd", FIELD_BOOL, is_watched_by_pidfd),
	FIELD("capture", FIELD_SIGNED, capture),
	FIELD("has_family", FIELD_BOOL, has_family),
	FIELD_IN("family", &state_family_shape, family),
	FIELD("started_at_ms", FIELD_SIGNED, started_at_ms),
	FIELD("ready_at_ms", FIELD_SIGNED, ready_at_ms),
	FIELD("restart_at_ms", FIELD_SIGNED, restart_at_ms),
	FIELD("watchdog_at_ms", FIELD_SIGNED, watchdog_at_ms),
	FIELD("watchdog_ms", FIELD_SIGNED, watchdog_ms),
	FIELD("stop_signal", FIELD_SIGNED, stop_signal),
	FIELD("is_aborted", FIELD_BOOL, is_aborted),
	FIELD("status", FIELD_CHARS, status),
	FIELD("fate", FIELD_CHARS, fate),
	FIELD("fate_pid", FIELD_SIGNED, fate_pid),
};
static const struct state_worker new_worker = {
	.pidfd = -1, .channel = -1, .handoff = -1, .capture = STATE_NONE
};
const struct shape state_worker_shape = SHAPE(worker_fields, &new_worker);
#undef STRUCT

#define STRUCT struct state_inlets
static const struct field inlets_fields[] = {
	FIELD_MANY("ports", FIELD_LIST, &state_number_shape, ports, port_count),
	FIELD_MANY("names", FIELD_LIST, &state_name_shape, names, name_count),
	FIELD("has_unseen", FIELD_BOOL, has_unseen),
};
const struct shape state_inlets_shape = SHAPE(inlets_fields, NULL);
#undef STRUCT

#define STRUCT struct state_generation
static const struct field generation_fields[] = {
	FIELD("number", FIELD_UNSIGNED, number),
	FIELD("setup", FIELD_SIGNED, setup),
	FIELD("is_retired", FIELD_BOOL, is_retired),
	FIELD("started_at_ms", FIELD_SIGNED, started_at_ms),
	FIELD("retired_at_ms", FIELD_SIGNED, retired_at_ms),
	FIELD("drain_until_ms", FIELD_SIGNED, drain_until_ms),
	FIELD("waits_until_idle", FIELD_BOOL, waits_until_idle),
	FIELD("is_watched", FIELD_BOOL, is_watched),
	FIELD("idle_since_ms", FIELD_SIGNED, idle_since_ms),
	FIELD_IN("inlets", &state_inlets_shape, inlets),
	FIELD("stop_signal", FIELD_SIGNED, stop_signal),
	FIELD("program", FIELD_TEXT, program),
	FIELD_MANY("workers", FIELD_LIST, &state_worker_shape, workers, worker_count),
};
static const struct state_generation new_generation = { .setup = STATE_NONE };
const struct shape state_generation_shape = SHAPE(generation_fields, &new_generation);
#undef STRUCT

#define STRUCT struct state_capture
static const struct field capture_fields[] = {
	FIELD("fd", FIELD_FD, fd),
	FIELD("is_left", FIELD_BOOL, is_left),
	FIELD("pending", FIELD_BYTES, pending),
	FIELD("kept", FIELD_BYTES, kept),
};
static const struct state_capture new_capture = { .fd = -1 };
const struct shape state_capture_shape = SHAPE(capture_fields, &new_capture);
#undef STRUCT

#define STRUCT struct machine_config
static const struct field machine_config_fields[] = {
	FIELD("workers", FIELD_UNSIGNED, workers),
	FIELD("ready_timeout_ms", FIELD_SIGNED, ready_timeout_ms),
	FIELD("bake_ms", FIELD_SIGNED, bake_ms),
	FIELD("drain_timeout_ms", FIELD_SIGNED, drain_timeout_ms),
	FIELD("max_draining", FIELD_UNSIGNED, max_draining),
	FIELD("restart", FIELD_BOOL, restart),
	FIELD("restart_min_ms", FIELD_SIGNED, restart_min_ms),
	FIELD("restart_max_ms", FIELD_SIGNED, restart_max_ms),
	FIELD("max_restarts", FIELD_SIGNED, max_restarts),
	FIELD("configures", FIELD_BOOL, configures),
	FIELD("steers", FIELD_BOOL, steers),
};
const struct shape state_machine_config_shape = SHAPE(machine_config_fields, NULL);
#undef STRUCT

#define STRUCT struct machine_worker
static const struct field machine_worker_fields[] = {
	FIELD_NAMED("state", worker_name, state),
	FIELD("failures", FIELD_UNSIGNED, failures),
};
const struct shape state_machine_worker_shape = SHAPE(machine_worker_fields, NULL);
#undef STRUCT

#define STRUCT struct machine_generation
static const struct field machine_generation_fields[] = {
	FIELD("number", FIELD_UNSIGNED, number),
	FIELD_NAMED("state", generation_name, state),
	FIELD_IN("config", &state_machine_config_shape, config),
	FIELD_MANY("workers", FIELD_ARRAY, &state_machine_worker_shape, workers, worker_count),
};
const struct shape state_machine_generation_shape = SHAPE(machine_generation_fields, NULL);
#undef STRUCT

#define STRUCT struct state_machine
static const struct field machine_fields[] = {
	FIELD_IN("config", &state_machine_config_shape, machine.config),
	FIELD_NAMED("state", machine_name, machine.state),
	FIELD("last_number", FIELD_UNSIGNED, machine.last_number),
	FIELD_MANY("generations", FIELD_ARRAY, &state_machine_generation_shape, machine.generations,
		generation_count),
};
const struct shape state_machine_shape = SHAPE(machine_fields, NULL);
#undef STRUCT

#define STRUCT struct event
static const struct field event_fields[] = {
	FIELD("number", FIELD_UNSIGNED, number),
	FIELD("at_ms", FIELD_SIGNED, at_ms),
	FIELD_NAMED("what", report_name, what),
	FIELD("generation", FIELD_UNSIGNED, generation),
	FIELD("worker", FIELD_UNSIGNED, worker),
	FIELD("pid", FIELD_SIGNED, pid),
	FIELD("ms", FIELD_SIGNED, ms),
	FIELD("text", FIELD_CHARS, text),
};
const struct shape state_event_shape = SHAPE(event_fields, NULL);
#undef STRUCT

#define STRUCT struct state_events
static const struct field events_fields[] = {
	FIELD("count", FIELD_UNSIGNED, count),
	FIELD("outcome_count", FIELD_UNSIGNED, outcome_count),
	FIELD_MANY("recent", FIELD_LIST, &state_event_shape, recent, recent_count),
	FIELD_MANY("outcomes", FIELD_LIST, &state_event_shape, outcomes, kept_outcome_count),
	FIELD_MANY("counts", FIELD_LIST, &state_number_shape, counts, counts_count),
	FIELD("cut_connections", FIELD_UNSIGNED, cut_connections),
};
const struct shape state_events_shape = SHAPE(events_fields, NULL);
#undef STRUCT

#define STRUCT struct state_session
static const struct field session_fields[] = {
	FIELD("fd", FIELD_FD, fd),
	FIELD_NAMED("wait", wait_name, wait),
	FIELD("generation", FIELD_UNSIGNED, generation),
	FIELD("has_ended_input", FIELD_BOOL, has_ended_input),
	FIELD("is_closing", FIELD_BOOL, is_closing),
	FIELD("input", FIELD_BYTES, input),
	FIELD("output", FIELD_BYTES, output),
};
static const struct state_session new_session = { .fd = -1 };
const struct shape state_session_shape = SHAPE(session_fields, &new_session);
#undef STRUCT

#define STRUCT struct changes
static const struct field changes_fields[] = {
	FIELD("has_log_level", FIELD_BOOL, has_log_level),
	FIELD("has_drain_timeout", FIELD_BOOL, has_drain_timeout),
	FIELD("has_end_idle", FIELD_BOOL, has_end_idle),
	FIELD("has_workers", FIELD_BOOL, has_workers),
	FIELD_NAMED("log_level", level_name, log_level),
	FIELD("end_idle_ms", FIELD_SIGNED, end_idle_ms),
	FIELD("drain_timeout_ms", FIELD_SIGNED, drain_timeout_ms),
	FIELD("workers", FIELD_SIGNED, workers),
};
const struct shape state_changes_shape = SHAPE(changes_fields, NULL);
#undef STRUCT

#define STRUCT struct state
static const struct field state_fields[] = {
	FIELD("version", FIELD_UNSIGNED, version),
	FIELD("pid", FIELD_SIGNED, pid),
	FIELD("directory", FIELD_TEXT, directory),
	FIELD("started_at_ms", FIELD_SIGNED, started_at_ms),
	FIELD("has_notified", FIELD_BOOL, has_notified),
	FIELD("has_said_unseen", FIELD_BOOL, has_said_unseen),
	FIELD("started_count", FIELD_UNSIGNED, started_count),
	FIELD("command_status", FIELD_SIGNED, command_status),
	FIELD("command_pid", FIELD_SIGNED, command_pid),
	FIELD("command_fate", FIELD_CHARS, command_fate),
	FIELD_IN("changes", &state_changes_shape, changes),
	FIELD("notify", FIELD_FD, notify),
	FIELD("einhorn", FIELD_FD, einhorn),
	FIELD("einhorn_path", FIELD_TEXT, einhorn_path),
	FIELD("einhorn_directory", FIELD_TEXT, einhorn_directory),
	FIELD("control", FIELD_SIGNED, control),
	FIELD("store_capacity", FIELD_UNSIGNED, store_capacity),
	FIELD_MANY("listeners", FIELD_LIST, &state_listener_shape, listeners, listener_count),
	FIELD_MANY("setups", FIELD_LIST, &state_setup_shape, setups, setup_count),
	FIELD("setup", FIELD_SIGNED, setup),
	FIELD_IN("machine", &state_machine_shape, machine),
	FIELD_MANY("captures", FIELD_LIST, &state_capture_shape, captures, capture_count),
	FIELD_MANY(
		"generations", FIELD_LIST, &state_generation_shape, generations, generation_count),
	FIELD_MANY("strays", FIELD_LIST, &state_family_shape, strays, stray_count),
	FIELD_IN("adopt", &state_adopt_shape, adopt),
	FIELD_IN("events", &state_events_shape, events),
	FIELD_MANY("sessions", FIELD_LIST, &state_session_shape, sessions, session_count),
};
static const struct state new_state = { .notify = -1,
	.einhorn = -1,
	.control = STATE_NONE,
	.setup = STATE_NONE,
	.adopt = { .holder = { .link = -1 } } };
const struct shape state_shape = SHAPE(state_fields, &new_state);
#undef STRUCT
