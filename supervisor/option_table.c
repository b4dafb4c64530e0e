/* SPDX-License-Identifier: MIT */
/* See option_table.h. */
#include "option_table.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/container.h"
#include "base/error.h"
#include "base/parse.h"
#include "log_line.h"
#include "settings.h"
#include "socket/inherit_protocol.h"

static void *member(const struct option *option, struct settings *settings)
{
	return (char *)settings + option->offset;
}

static int bad_value(const struct option *option, const char *value, const char *expected,
	struct baton_error *error)
{
	return error_set(
		error, -EINVAL, "bad value \"%.80s\" for --%s: %s", value, option->name, expected);
}

/* Puts the option's name before what a parser of values said. */
static int refused(const struct option *option, int r, const struct baton_error *reason,
	struct baton_error *error)
{
	return error_set(error, r, "--%s: %s", option->name, reason->text);
}

static int apply_text(const struct option *option, struct settings *settings, const char *value,
	struct baton_error *error)
{
	char **text = member(option, settings);

	if (!*value)
		return bad_value(option, value, "it is empty", error);
	char *copy = strdup(value);

	if (!copy)
		return error_set(error, -ENOMEM, "out of memory");
	free(*text);
	*text = copy;
	return 0;
}

static int apply_number(const struct option *option, struct settings *settings, const char *value,
	struct baton_error *error)
{
	int max = option->max ? option->max : INT_MAX;

	if (parse_int(value, option->min, max, member(option, settings)) == 0)
		return 0;
	return error_set(error, -EINVAL, "bad value \"%.80s\" for --%s: not a number from %d to %d",
		value, option->name, option->min, max);
}

static int apply_duration(const struct option *option, struct settings *settings, const char *value,
	struct baton_error *error)
{
	int ms;
	int r = parse_duration(value, &ms);

	if (r == -ERANGE)
		return bad_value(option, value, "more than 24 days", error);
	if (r < 0)
		return bad_value(
			option, value, "not a duration such as 500ms, 2s, 1m or 1h", error);
	if (ms < option->min)
		return bad_value(option, value, "it must be longer", error);
	*(int *)member(option, settings) = ms;
	return 0;
}

/*
 * Whether a server may take the signal for the wish to end. Not KILL and STOP, which it never
 * sees, nor what the kernel or a terminal sends for reasons of its own; WINCH is Apache's.
 */
static bool can_ask_to_end(int signal)
{
	static const int others[] = { SIGKILL, SIGSTOP, SIGCONT, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU,
		SIGURG };

	for (size_t i = 0; i < array_length(others); i++)
		if (signal == others[i])
			return false;
	return true;
}

static int apply_signal(const struct option *option, struct settings *settings, const char *value,
	struct baton_error *error)
{
	int signal;

	if (parse_signal(value, &signal) < 0)
		return bad_value(
			option, value, "not a signal such as TERM, USR2 or RTMIN+1", error);
	if (signal == SIGKILL)
		return bad_value(option, value,
			"it cannot ask a worker to end; to kill at once: --drain-timeout 0", error);
	if (!can_ask_to_end(signal))
		return bad_value(option, value, "it cannot ask a worker to end", error);
	*(int *)member(option, settings) = signal;
	return 0;
}

static int apply_false(const struct option *option, struct settings *settings, const char *value,
	struct baton_error *error)
{
	(void)value;
	(void)error;
	*(bool *)member(option, settings) = false;
	return 0;
}

static int apply_true(const struct option *option, struct settings *settings, const char *value,
	struct baton_error *error)
{
	(void)value;
	(void)error;
	*(bool *)member(option, settings) = true;
	return 0;
}

static int apply_keep_file(const struct option *option, struct settings *settings,
	const char *value, struct baton_error *error)
{
	if (!*value)
		return bad_value(option, value, "it is empty", error);
	if (settings_add_keep_file(settings, value) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}

static int apply_listen(const struct option *option, struct settings *settings, const char *value,
	struct baton_error *error)
{
	struct baton_error reason;
	int r = settings_add_listener(settings, value, &reason);

	return r < 0 ? refused(option, r, &reason, error) : 0;
}

/* The text stays with the settings, because the mode points into it. */
static int apply_ready(const struct option *option, struct settings *settings, const char *value,
	struct baton_error *error)
{
	cleanup_free char *text = strdup(value);
	struct baton_error reason;

	if (!text)
		return error_set(error, -ENOMEM, "out of memory");
	int r = readiness_parse(text, &settings->ready, &reason);
	if (r < 0)
		return refused(option, r, &reason, error);
	free(settings->ready_text);
	settings->ready_text = take_ptr(&text);
	return 0;
}

static int apply_protocols(const struct option *option, struct settings *settings,
	const char *value, struct baton_error *error)
{
	struct baton_error reason;
	int r = inherit_parse_protocols(value, member(option, settings), &reason);

	return r < 0 ? refused(option, r, &reason, error) : 0;
}

static int apply_log_format(const struct option *option, struct settings *settings,
	const char *value, struct baton_error *error)
{
	if (log_parse_format(value, member(option, settings)) < 0)
		return bad_value(option, value, "text or json", error);
	return 0;
}

static int apply_log_level(const struct option *option, struct settings *settings,
	const char *value, struct baton_error *error)
{
	if (log_parse_level(value, member(option, settings)) < 0)
		return bad_value(option, value, "error, warning, notice, info or debug", error);
	return 0;
}

/* Each default here is that of settings_init; a test compares them. */
const struct option option_table[] = {
	{
		.section = "Sockets and workers",
		.letter = 'l',
		.name = "listen",
		.value = "[NAME=]ADDRESS",
		.apply = apply_listen,
		.help = "a socket to hold and pass on; may be repeated.\n"
			"tcp://HOST:PORT, :PORT, unix:/PATH,\n"
			"systemd:NAME, fd:N, ... each with options:\n"
			"?backlog=N&reuseport=N&mode=0660, see\n"
			"baton-address(7) (default: none)",
	},
	{
		.letter = 'w',
		.name = "workers",
		.value = "N",
		.apply = apply_number,
		.offset = offsetof(struct settings, workers),
		.min = 1,
		.max = SETTINGS_WORKERS_MAX,
		.help = "processes of each generation, 1 to 64\n(default: 1)",
	},
	{
		.name = "protocol",
		.value = "LIST",
		.apply = apply_protocols,
		.offset = offsetof(struct settings, protocols),
		.help = "how the sockets are announced, of systemd,\n"
			"notify, starter, einhorn, nginx, fpm, unicorn,\n"
			"puma, baton\n"
			"(default: systemd,notify,starter,baton)",
	},
	{
		.section = "Servers that bind for themselves",
		.name = "adopt",
		.apply = apply_true,
		.offset = offsetof(struct settings, adopt),
		.help = "hold what COMMAND binds, and give it to the next\ngeneration: see "
			"baton-adopt(7)",
	},
	{
		.name = "keep-file",
		.value = "FILE",
		.apply = apply_keep_file,
		.help = "with --adopt: an old generation that ends does\nnot remove it, "
			"such as a pid file; may be\nrepeated (default: none)",
	},
	{
		.section = "Upgrades",
		.name = "ready",
		.value = "MODE",
		.apply = apply_ready,
		.help = "when a worker counts as ready: auto, notify,\n"
			"accept, delay:TIME or exec:COMMAND\n"
			"(default: auto)",
	},
	{
		.name = "ready-timeout",
		.value = "TIME",
		.apply = apply_duration,
		.offset = offsetof(struct settings, ready_timeout_ms),
		.min = 1,
		.help = "roll back if it takes longer (default: 60s)",
	},
	{
		.name = "bake",
		.value = "TIME",
		.apply = apply_duration,
		.offset = offsetof(struct settings, bake_ms),
		.help = "keep both generations serving for this long;\n"
			"roll back if the new one dies (default: 0)",
	},
	{
		.name = "drain-timeout",
		.value = "TIME",
		.apply = apply_duration,
		.offset = offsetof(struct settings, drain_timeout_ms),
		.help = "how long the old generation may take to end;\n"
			"then it is killed (default: 60s)",
	},
	{
		.name = "settle",
		.value = "TIME",
		.apply = apply_duration,
		.offset = offsetof(struct settings, settle_ms),
		.help = "HUPs that follow within this time are merged\n(default: 100ms)",
	},
	{
		.name = "max-draining",
		.value = "N",
		.apply = apply_number,
		.offset = offsetof(struct settings, max_draining),
		.min = 1,
		.max = SETTINGS_DRAINING_MAX,
		.help = "generations that may drain at once, 1 to 16;\n"
			"past that the oldest is killed (default: 8)",
	},
	{
		.name = "stop-signal",
		.value = "SIGNAL",
		.apply = apply_signal,
		.offset = offsetof(struct settings, stop_signal),
		.help = "asks a worker to drain and end (default: TERM)",
	},
	{
		.name = "hup-signal",
		.value = "SIGNAL",
		.apply = apply_signal,
		.offset = offsetof(struct settings, hup_signal),
		.help = "what an upgrade sends the old generation instead\n(default: that of "
			"--stop-signal)",
	},
	{
		.section = "Restarts",
		.name = "no-restart",
		.apply = apply_false,
		.offset = offsetof(struct settings, restart),
		.help = "exit when a serving worker exits",
	},
	{
		.name = "restart-min",
		.value = "TIME",
		.apply = apply_duration,
		.offset = offsetof(struct settings, restart_min_ms),
		.min = 1,
		.help = "pause before a first restart, doubled each\ntime (default: 100ms)",
	},
	{
		.name = "restart-max",
		.value = "TIME",
		.apply = apply_duration,
		.offset = offsetof(struct settings, restart_max_ms),
		.min = 1,
		.help = "the longest pause (default: 30s)",
	},
	{
		.name = "max-restarts",
		.value = "N",
		.apply = apply_number,
		.offset = offsetof(struct settings, max_restarts),
		.help = "give up after so many restarts in a row\n(default: no limit)",
	},
	{
		.section = "The processes",
		.name = "workdir",
		.value = "DIR",
		.apply = apply_text,
		.offset = offsetof(struct settings, workdir),
		.help = "where COMMAND runs; looked up at each start\n(default: baton's own)",
	},
	{
		.name = "env-file",
		.value = "FILE",
		.apply = apply_text,
		.offset = offsetof(struct settings, env_file),
		.help = "KEY=VALUE lines to add to the environment;\n"
			"read at each start (default: none)",
	},
	{
		.name = "user",
		.value = "USER",
		.apply = apply_text,
		.offset = offsetof(struct settings, user),
		.help = "run COMMAND as this user (default: baton's own)",
	},
	{
		.name = "group",
		.value = "GROUP",
		.apply = apply_text,
		.offset = offsetof(struct settings, group),
		.help = "run COMMAND in this group\n(default: the user's)",
	},
	{
		.section = "Files and log",
		.name = "pid-file",
		.value = "FILE",
		.apply = apply_text,
		.offset = offsetof(struct settings, pid_file),
		.help = "where to write baton's pid (default: nowhere)",
	},
	{
		.name = "status-file",
		.value = "FILE",
		.apply = apply_text,
		.offset = offsetof(struct settings, status_file),
		.help = "where to list GENERATION:PID of each worker,\n"
			"as Server::Starter does (default: nowhere)",
	},
	{
		.name = "log-format",
		.value = "FORMAT",
		.apply = apply_log_format,
		.offset = offsetof(struct settings, log_format),
		.help = "text or json (default: text)",
	},
	{
		.name = "log-level",
		.value = "LEVEL",
		.apply = apply_log_level,
		.offset = offsetof(struct settings, log_level),
		.help = "error, warning, notice, info or debug\n(default: notice)",
	},
};

const size_t option_count = array_length(option_table);
