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

static const struct field word_fields[] = {
	FIELD(struct state_word, "text", FIELD_TEXT, text),
};
const struct shape state_word_shape = SHAPE(struct state_word, word_fields, NULL);

static const struct field fd_fields[] = {
	FIELD(struct state_fd, "fd", FIELD_FD, fd),
};
static const struct state_fd new_fd = { .fd = -1 };
const struct shape state_fd_shape = SHAPE(struct state_fd, fd_fields, &new_fd);

static const struct field number_fields[] = {
	FIELD(struct state_number, "value", FIELD_UNSIGNED, value),
};
const struct shape state_number_shape = SHAPE(struct state_number, number_fields, NULL);

static const struct field name_fields[] = {
	FIELD(struct state_name, "address", FIELD_BYTES, address),
};
const struct shape state_name_shape = SHAPE(struct state_name, name_fields, NULL);

static const struct field index_fields[] = {
	FIELD(struct state_index, "index", FIELD_SIGNED, index),
};
static const struct state_index new_index = { .index = STATE_NONE };
const struct shape state_index_shape = SHAPE(struct state_index, index_fields, &new_index);

static const struct field listener_fields[] = {
	FIELD(struct state_listener, "name", FIELD_TEXT, name),
	FIELD(struct state_listener, "owns_path", FIELD_BOOL, owns_path),
	FIELD(struct state_listener, "path_device", FIELD_UNSIGNED, path_device),
	FIELD(struct state_listener, "path_inode", FIELD_UNSIGNED, path_inode),
	FIELD(struct state_listener, "shares", FIELD_UNSIGNED, shares),
	FIELD_MANY(struct state_listener, "sockets", FIELD_LIST, &state_fd_shape, sockets,
		socket_count),
	FIELD(struct state_listener, "store_name", FIELD_TEXT, store_name),
	FIELD(struct state_listener, "store_copy", FIELD_UNSIGNED, store_copy),
	FIELD(struct state_listener, "store_index_end", FIELD_UNSIGNED, store_index_end),
};
const struct shape state_listener_shape = SHAPE(struct state_listener, listener_fields, NULL);

static const struct field entry_fields[] = {
	FIELD(struct state_entry, "option", FIELD_TEXT, option),
	FIELD(struct state_entry, "value", FIELD_TEXT, value),
	FIELD(struct state_entry, "line", FIELD_UNSIGNED, line),
};
const struct shape state_entry_shape = SHAPE(struct state_entry, entry_fields, NULL);

static const struct field use_fields[] = {
	FIELD(struct state_use, "name", FIELD_TEXT, name),
	FIELD(struct state_use, "listener", FIELD_SIGNED, listener),
	FIELD_NAMED(struct state_use, "origin", origin_name, origin),
};
static const struct state_use new_use = { .listener = STATE_NONE };
const struct shape state_use_shape = SHAPE(struct state_use, use_fields, &new_use);

static const struct field setup_fields[] = {
	FIELD_MANY(
		struct state_setup, "config", FIELD_LIST, &state_entry_shape, config, config_count),
	FIELD_MANY(struct state_setup, "as_read", FIELD_LIST, &state_entry_shape, as_read,
		as_read_count),
	FIELD_MANY(struct state_setup, "command", FIELD_LIST, &state_word_shape, command,
		command_count),
	FIELD(struct state_setup, "command_line", FIELD_UNSIGNED, command_line),
	FIELD(struct state_setup, "name", FIELD_TEXT, name),
	FIELD_MANY(struct state_setup, "listeners", FIELD_LIST, &state_use_shape, listeners,
		listener_count),
};
const struct shape state_setup_shape = SHAPE(struct state_setup, setup_fields, NULL);

static const struct field process_fields[] = {
	FIELD(struct process, "pid", FIELD_SIGNED, pid),
	FIELD(struct process, "start_time", FIELD_UNSIGNED, start_time),
};
const struct shape state_process_shape = SHAPE(struct process, process_fields, NULL);

static const struct field family_fields[] = {
	FIELD_IN(struct state_family, "leader", &state_process_shape, leader),
	FIELD_MANY(struct state_family, "members", FIELD_LIST, &state_process_shape, members,
		member_count),
	FIELD(struct state_family, "marker", FIELD_TEXT, marker),
	FIELD(struct state_family, "broker", FIELD_UNSIGNED, broker),
	FIELD(struct state_family, "hammer_at_ms", FIELD_SIGNED, hammer_at_ms),
	FIELD(struct state_family, "kill_pause_ms", FIELD_SIGNED, kill_pause_ms),
};
const struct shape state_family_shape = SHAPE(struct state_family, family_fields, NULL);

static const struct field worker_fields[] = {
	FIELD_NAMED(struct state_worker, "state", process_state_name, state),
	FIELD(struct state_worker, "pid", FIELD_SIGNED, pid),
	FIELD(struct state_worker, "pidfd", FIELD_FD, pidfd),
	FIELD(struct state_worker, "channel", FIELD_FD, channel),
	FIELD(struct state_worker, "handoff", FIELD_FD, handoff),
	FIELD(struct state_worker, "is_watched_by_pidfd", FIELD_BOOL, is_watched_by_pidfd),
	FIELD(struct state_worker, "capture", FIELD_SIGNED, capture),
	FIELD(struct state_worker, "has_family", FIELD_BOOL, has_family),
	FIELD_IN(struct state_worker, "family", &state_family_shape, family),
	FIELD(struct state_worker, "started_at_ms", FIELD_SIGNED, started_at_ms),
	FIELD(struct state_worker, "ready_at_ms", FIELD_SIGNED, ready_at_ms),
	FIELD(struct state_worker, "restart_at_ms", FIELD_SIGNED, restart_at_ms),
	FIELD(struct state_worker, "watchdog_at_ms", FIELD_SIGNED, watchdog_at_ms),
	FIELD(struct state_worker, "watchdog_ms", FIELD_SIGNED, watchdog_ms),
	FIELD(struct state_worker, "stop_signal", FIELD_SIGNED, stop_signal),
	FIELD(struct state_worker, "is_aborted", FIELD_BOOL, is_aborted),
	FIELD(struct state_worker, "status", FIELD_CHARS, status),
	FIELD(struct state_worker, "fate", FIELD_CHARS, fate),
	FIELD(struct state_worker, "fate_pid", FIELD_SIGNED, fate_pid),
};
static const struct state_worker new_worker = {
	.pidfd = -1, .channel = -1, .handoff = -1, .capture = STATE_NONE
};
const struct shape state_worker_shape = SHAPE(struct state_worker, worker_fields, &new_worker);

static const struct field inlets_fields[] = {
	FIELD_MANY(
		struct state_inlets, "ports", FIELD_LIST, &state_number_shape, ports, port_count),
	FIELD_MANY(struct state_inlets, "names", FIELD_LIST, &state_name_shape, names, name_count),
	FIELD(struct state_inlets, "has_unseen", FIELD_BOOL, has_unseen),
};
const struct shape state_inlets_shape = SHAPE(struct state_inlets, inlets_fields, NULL);

static const struct field generation_fields[] = {
	FIELD(struct state_generation, "number", FIELD_UNSIGNED, number),
	FIELD(struct state_generation, "setup", FIELD_SIGNED, setup),
	FIELD(struct state_generation, "is_retired", FIELD_BOOL, is_retired),
	FIELD(struct state_generation, "started_at_ms", FIELD_SIGNED, started_at_ms),
	FIELD(struct state_generation, "retired_at_ms", FIELD_SIGNED, retired_at_ms),
	FIELD(struct state_generation, "drain_until_ms", FIELD_SIGNED, drain_until_ms),
	FIELD(struct state_generation, "waits_until_idle", FIELD_BOOL, waits_until_idle),
	FIELD(struct state_generation, "is_watched", FIELD_BOOL, is_watched),
	FIELD(struct state_generation, "idle_since_ms", FIELD_SIGNED, idle_since_ms),
	FIELD_IN(struct state_generation, "inlets", &state_inlets_shape, inlets),
	FIELD(struct state_generation, "stop_signal", FIELD_SIGNED, stop_signal),
	FIELD(struct state_generation, "program", FIELD_TEXT, program),
	FIELD_MANY(struct state_generation, "workers", FIELD_LIST, &state_worker_shape, workers,
		worker_count),
};
static const struct state_generation new_generation = { .setup = STATE_NONE };
const struct shape state_generation_shape =
	SHAPE(struct state_generation, generation_fields, &new_generation);

static const struct field capture_fields[] = {
	FIELD(struct state_capture, "fd", FIELD_FD, fd),
	FIELD(struct state_capture, "is_left", FIELD_BOOL, is_left),
	FIELD(struct state_capture, "pending", FIELD_BYTES, pending),
	FIELD(struct state_capture, "kept", FIELD_BYTES, kept),
};
static const struct state_capture new_capture = { .fd = -1 };
const struct shape state_capture_shape = SHAPE(struct state_capture, capture_fields, &new_capture);

static const struct field machine_config_fields[] = {
	FIELD(struct machine_config, "workers", FIELD_UNSIGNED, workers),
	FIELD(struct machine_config, "ready_timeout_ms", FIELD_SIGNED, ready_timeout_ms),
	FIELD(struct machine_config, "bake_ms", FIELD_SIGNED, bake_ms),
	FIELD(struct machine_config, "drain_timeout_ms", FIELD_SIGNED, drain_timeout_ms),
	FIELD(struct machine_config, "max_draining", FIELD_UNSIGNED, max_draining),
	FIELD(struct machine_config, "restart", FIELD_BOOL, restart),
	FIELD(struct machine_config, "restart_min_ms", FIELD_SIGNED, restart_min_ms),
	FIELD(struct machine_config, "restart_max_ms", FIELD_SIGNED, restart_max_ms),
	FIELD(struct machine_config, "max_restarts", FIELD_SIGNED, max_restarts),
	FIELD(struct machine_config, "configures", FIELD_BOOL, configures),
	FIELD(struct machine_config, "steers", FIELD_BOOL, steers),
};
const struct shape state_machine_config_shape =
	SHAPE(struct machine_config, machine_config_fields, NULL);

static const struct field machine_worker_fields[] = {
	FIELD_NAMED(struct machine_worker, "state", worker_name, state),
	FIELD(struct machine_worker, "failures", FIELD_UNSIGNED, failures),
};
const struct shape state_machine_worker_shape =
	SHAPE(struct machine_worker, machine_worker_fields, NULL);

static const struct field machine_generation_fields[] = {
	FIELD(struct machine_generation, "number", FIELD_UNSIGNED, number),
	FIELD_NAMED(struct machine_generation, "state", generation_name, state),
	FIELD_IN(struct machine_generation, "config", &state_machine_config_shape, config),
	FIELD_MANY(struct machine_generation, "workers", FIELD_ARRAY, &state_machine_worker_shape,
		workers, worker_count),
};
const struct shape state_machine_generation_shape =
	SHAPE(struct machine_generation, machine_generation_fields, NULL);

static const struct field machine_fields[] = {
	FIELD_IN(struct state_machine, "config", &state_machine_config_shape, machine.config),
	FIELD_NAMED(struct state_machine, "state", machine_name, machine.state),
	FIELD(struct state_machine, "last_number", FIELD_UNSIGNED, machine.last_number),
	FIELD_MANY(struct state_machine, "generations", FIELD_ARRAY,
		&state_machine_generation_shape, machine.generations, generation_count),
};
const struct shape state_machine_shape = SHAPE(struct state_machine, machine_fields, NULL);

static const struct field event_fields[] = {
	FIELD(struct event, "number", FIELD_UNSIGNED, number),
	FIELD(struct event, "at_ms", FIELD_SIGNED, at_ms),
	FIELD_NAMED(struct event, "what", report_name, what),
	FIELD(struct event, "generation", FIELD_UNSIGNED, generation),
	FIELD(struct event, "worker", FIELD_UNSIGNED, worker),
	FIELD(struct event, "pid", FIELD_SIGNED, pid),
	FIELD(struct event, "ms", FIELD_SIGNED, ms),
	FIELD(struct event, "text", FIELD_CHARS, text),
};
const struct shape state_event_shape = SHAPE(struct event, event_fields, NULL);

static const struct field count_fields[] = {
	FIELD_NAMED(struct state_count, "what", report_name, what),
	FIELD(struct state_count, "count", FIELD_UNSIGNED, count),
};
const struct shape state_count_shape = SHAPE(struct state_count, count_fields, NULL);

static const struct field events_fields[] = {
	FIELD(struct state_events, "count", FIELD_UNSIGNED, count),
	FIELD(struct state_events, "outcome_count", FIELD_UNSIGNED, outcome_count),
	FIELD_MANY(struct state_events, "recent", FIELD_LIST, &state_event_shape, recent,
		recent_count),
	FIELD_MANY(struct state_events, "outcomes", FIELD_LIST, &state_event_shape, outcomes,
		kept_outcome_count),
	FIELD_MANY(struct state_events, "counts", FIELD_LIST, &state_count_shape, counts,
		counts_count),
	FIELD(struct state_events, "cut_connections", FIELD_UNSIGNED, cut_connections),
};
const struct shape state_events_shape = SHAPE(struct state_events, events_fields, NULL);

static const struct field session_fields[] = {
	FIELD(struct state_session, "fd", FIELD_FD, fd),
	FIELD_NAMED(struct state_session, "wait", wait_name, wait),
	FIELD(struct state_session, "generation", FIELD_UNSIGNED, generation),
	FIELD(struct state_session, "has_ended_input", FIELD_BOOL, has_ended_input),
	FIELD(struct state_session, "is_closing", FIELD_BOOL, is_closing),
	FIELD(struct state_session, "input", FIELD_BYTES, input),
	FIELD(struct state_session, "output", FIELD_BYTES, output),
};
static const struct state_session new_session = { .fd = -1 };
const struct shape state_session_shape = SHAPE(struct state_session, session_fields, &new_session);

static const struct field changes_fields[] = {
	FIELD(struct changes, "has_log_level", FIELD_BOOL, has_log_level),
	FIELD(struct changes, "has_drain_timeout", FIELD_BOOL, has_drain_timeout),
	FIELD(struct changes, "has_end_idle", FIELD_BOOL, has_end_idle),
	FIELD(struct changes, "has_workers", FIELD_BOOL, has_workers),
	FIELD_NAMED(struct changes, "log_level", level_name, log_level),
	FIELD(struct changes, "end_idle_ms", FIELD_SIGNED, end_idle_ms),
	FIELD(struct changes, "drain_timeout_ms", FIELD_SIGNED, drain_timeout_ms),
	FIELD(struct changes, "workers", FIELD_SIGNED, workers),
};
const struct shape state_changes_shape = SHAPE(struct changes, changes_fields, NULL);

static const struct field state_fields[] = {
	FIELD(struct state, "version", FIELD_UNSIGNED, version),
	FIELD(struct state, "pid", FIELD_SIGNED, pid),
	FIELD(struct state, "directory", FIELD_TEXT, directory),
	FIELD(struct state, "started_at_ms", FIELD_SIGNED, started_at_ms),
	FIELD(struct state, "has_notified", FIELD_BOOL, has_notified),
	FIELD(struct state, "has_said_unseen", FIELD_BOOL, has_said_unseen),
	FIELD(struct state, "started_count", FIELD_UNSIGNED, started_count),
	FIELD(struct state, "command_status", FIELD_SIGNED, command_status),
	FIELD(struct state, "command_pid", FIELD_SIGNED, command_pid),
	FIELD(struct state, "command_fate", FIELD_CHARS, command_fate),
	FIELD_IN(struct state, "changes", &state_changes_shape, changes),
	FIELD(struct state, "notify", FIELD_FD, notify),
	FIELD(struct state, "einhorn", FIELD_FD, einhorn),
	FIELD(struct state, "einhorn_path", FIELD_TEXT, einhorn_path),
	FIELD(struct state, "einhorn_directory", FIELD_TEXT, einhorn_directory),
	FIELD(struct state, "control", FIELD_SIGNED, control),
	FIELD(struct state, "store_capacity", FIELD_UNSIGNED, store_capacity),
	FIELD_MANY(struct state, "listeners", FIELD_LIST, &state_listener_shape, listeners,
		listener_count),
	FIELD_MANY(struct state, "setups", FIELD_LIST, &state_setup_shape, setups, setup_count),
	FIELD(struct state, "setup", FIELD_SIGNED, setup),
	FIELD_IN(struct state, "machine", &state_machine_shape, machine),
	FIELD_MANY(struct state, "captures", FIELD_LIST, &state_capture_shape, captures,
		capture_count),
	FIELD_MANY(struct state, "generations", FIELD_LIST, &state_generation_shape, generations,
		generation_count),
	FIELD_MANY(struct state, "strays", FIELD_LIST, &state_family_shape, strays, stray_count),
	FIELD_IN(struct state, "adopt", &state_adopt_shape, adopt),
	FIELD_IN(struct state, "events", &state_events_shape, events),
	FIELD_MANY(struct state, "sessions", FIELD_LIST, &state_session_shape, sessions,
		session_count),
};
static const struct state new_state = { .notify = -1,
	.einhorn = -1,
	.control = STATE_NONE,
	.setup = STATE_NONE,
	.adopt = { .holder = { .link = -1 } } };
const struct shape state_shape = SHAPE(struct state, state_fields, &new_state);
