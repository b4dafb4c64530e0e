/* SPDX-License-Identifier: MIT */
/* See option_table.h. */
#include "option_table.h"

#include "base/container.h"
#include "option_values.h"
#include "settings.h"

/* Each default here is that of settings_init; a test compares them. */
const struct option option_table[] = {
	{
		.section = "Configuration",
		.letter = 'c',
		.name = "config",
		.value = "FILE",
		.scope = OPTION_ARGUMENT,
		.apply = option_apply_text,
		.offset = offsetof(struct settings, config_file),
		.help = "where the rest of this is written down, and read\n"
			"anew at each upgrade: baton.conf(5)\n(default: none)",
	},
	{
		.section = "Sockets and workers",
		.letter = 'l',
		.name = "listen",
		.value = "[NAME=]ADDRESS",
		.may_repeat = true,
		.apply = option_apply_listen,
		.help = "a socket to hold and pass on; may be repeated.\n"
			"tcp://HOST:PORT, :PORT, unix:/PATH,\n"
			"systemd:NAME, fd:N, ... each with options:\n"
			"?backlog=N&reuseport=N&mode=0660, see\n"
			"baton-address(7) (default: none)",
	},
	{
		.letter = 'n',
		.name = "name",
		.value = "NAME",
		.apply = option_apply_name,
		.offset = offsetof(struct settings, name),
		.help = "what the service is called, by which it is found\n(default: the last part "
			"of "
			"COMMAND)",
	},
	{
		.name = "control",
		.value = "PATH",
		.apply = option_apply_text,
		.offset = offsetof(struct settings, control),
		.help = "the socket that baton status, upgrade, ... speak\nto, or none "
			"(default: one of that name)",
	},
	{
		.letter = 'w',
		.name = "workers",
		.value = "N",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_number,
		.offset = offsetof(struct settings, workers),
		.min = 1,
		.max = SETTINGS_WORKERS_MAX,
		.help = "processes of each generation, 1 to 64\n(default: 1)",
	},
	{
		.name = "protocol",
		.value = "LIST",
		.apply = option_apply_protocols,
		.offset = offsetof(struct settings, protocols),
		.help = "how the sockets are announced, of systemd,\n"
			"notify, starter, einhorn, nginx, fpm, unicorn,\n"
			"puma, baton\n"
			"(default: systemd,notify,starter,baton)",
	},
	{
		.section = "Servers that bind for themselves",
		.name = "adopt",
		.apply = option_apply_true,
		.offset = offsetof(struct settings, adopt),
		.help = "hold what COMMAND binds, and give it to the next\ngeneration: see "
			"baton-adopt(7)",
	},
	{
		.name = "steer",
		.apply = option_apply_true,
		.offset = offsetof(struct settings, steer),
		.help = "each generation has sockets of its own, and one\nthat is new gets what is "
			"new; the old is stopped\nonce it is idle",
	},
	{
		.name = "no-drain-when-idle",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_false,
		.offset = offsetof(struct settings, drain_when_idle),
		.help = "with --steer: tell the old generation to stop\nwhatever connections it "
			"has, once none waits",
	},
	{
		.name = "canary",
		.value = "PERCENT",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_percent,
		.offset = offsetof(struct settings, canary),
		.min = 1,
		.max = 100,
		.help = "with --steer: the part of the connections that a\ngeneration gets while "
			"it bakes (default: 50)",
	},
	{
		.name = "keep-file",
		.value = "FILE",
		.may_repeat = true,
		.apply = option_apply_keep_file,
		.help = "with --adopt: an old generation that ends does\nnot remove it, "
			"such as a pid file; may be\nrepeated (default: none)",
	},
	{
		.name = "takeover",
		.value = "PID",
		.scope = OPTION_ARGUMENT,
		.apply = option_apply_number,
		.offset = offsetof(struct settings, takeover),
		.min = 1,
		.help = "with --adopt: of a server that runs already; it\nis told to stop once "
			"COMMAND serves\n(default: none)",
	},
	{
		.section = "Upgrades",
		.name = "ready",
		.value = "MODE",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_ready,
		.help = "when a worker counts as ready: auto, notify,\n"
			"accept, delay:TIME or exec:COMMAND\n"
			"(default: auto)",
	},
	{
		.name = "ready-timeout",
		.value = "TIME",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_duration,
		.offset = offsetof(struct settings, ready_timeout_ms),
		.min = 1,
		.help = "roll back if it takes longer (default: 60s)",
	},
	{
		.name = "bake",
		.value = "TIME",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_duration,
		.offset = offsetof(struct settings, bake_ms),
		.help = "keep both generations serving for this long;\n"
			"roll back if the new one dies (default: 0)",
	},
	{
		.name = "drain-timeout",
		.value = "TIME",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_duration,
		.offset = offsetof(struct settings, drain_timeout_ms),
		.help = "how long the old generation may take to end;\n"
			"then it is killed (default: 60s)",
	},
	{
		.name = "end-idle",
		.value = "TIME",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_duration,
		.offset = offsetof(struct settings, end_idle_ms),
		.help = "kill the old generation before that, when it\nhas had no connection for "
			"this long; 0: do not\n(default: 0)",
	},
	{
		.name = "settle",
		.value = "TIME",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_duration,
		.offset = offsetof(struct settings, settle_ms),
		.help = "HUPs that follow within this time are merged\n(default: 100ms)",
	},
	{
		.name = "max-draining",
		.value = "N",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_number,
		.offset = offsetof(struct settings, max_draining),
		.min = 1,
		.max = SETTINGS_DRAINING_MAX,
		.help = "generations that may drain at once, 1 to 16;\n"
			"past that the oldest is killed (default: 8)",
	},
	{
		.name = "stop-signal",
		.value = "SIGNAL",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_signal,
		.offset = offsetof(struct settings, stop_signal),
		.help = "asks a worker to drain and end (default: TERM)",
	},
	{
		.name = "hup-signal",
		.value = "SIGNAL",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_signal,
		.offset = offsetof(struct settings, hup_signal),
		.help = "what an upgrade sends the old generation instead\n(default: that of "
			"--stop-signal)",
	},
	{
		.section = "Restarts",
		.name = "no-restart",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_false,
		.offset = offsetof(struct settings, restart),
		.help = "exit when a serving worker exits",
	},
	{
		.name = "restart-min",
		.value = "TIME",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_duration,
		.offset = offsetof(struct settings, restart_min_ms),
		.min = 1,
		.help = "pause before a first restart, doubled each\ntime (default: 100ms)",
	},
	{
		.name = "restart-max",
		.value = "TIME",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_duration,
		.offset = offsetof(struct settings, restart_max_ms),
		.min = 1,
		.help = "the longest pause (default: 30s)",
	},
	{
		.name = "max-restarts",
		.value = "N",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_number,
		.offset = offsetof(struct settings, max_restarts),
		.help = "give up after so many restarts in a row\n(default: no limit)",
	},
	{
		.section = "The processes",
		.name = "workdir",
		.value = "DIR",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_text,
		.offset = offsetof(struct settings, workdir),
		.help = "where COMMAND runs; looked up at each start\n(default: baton's own)",
	},
	{
		.name = "env-file",
		.value = "FILE",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_text,
		.offset = offsetof(struct settings, env_file),
		.help = "KEY=VALUE lines to add to the environment;\n"
			"read at each start (default: none)",
	},
	{
		.name = "user",
		.value = "USER",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_text,
		.offset = offsetof(struct settings, user),
		.help = "run COMMAND as this user (default: baton's own)",
	},
	{
		.name = "group",
		.value = "GROUP",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_text,
		.offset = offsetof(struct settings, group),
		.help = "run COMMAND in this group\n(default: the user's)",
	},
	{
		.section = "Files and log",
		.name = "pid-file",
		.value = "FILE",
		.apply = option_apply_text,
		.offset = offsetof(struct settings, pid_file),
		.help = "where to write baton's pid (default: nowhere)",
	},
	{
		.name = "status-file",
		.value = "FILE",
		.apply = option_apply_text,
		.offset = offsetof(struct settings, status_file),
		.help = "where to list GENERATION:PID of each worker,\n"
			"as Server::Starter does (default: nowhere)",
	},
	{
		.name = "capture",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_true,
		.offset = offsetof(struct settings, capture),
		.help = "remember the last 4 KiB of a worker's standard\nerror, for baton "
			"upgrade --wait to show",
	},
	{
		.name = "log-format",
		.value = "FORMAT",
		.apply = option_apply_log_format,
		.offset = offsetof(struct settings, log_format),
		.help = "text or json (default: text)",
	},
	{
		.name = "log-level",
		.value = "LEVEL",
		.scope = OPTION_AT_UPGRADE,
		.apply = option_apply_log_level,
		.offset = offsetof(struct settings, log_level),
		.help = "error, warning, notice, info or debug\n(default: notice)",
	},
};

const size_t option_count = array_length(option_table);

const struct option_set option_set = {
	.command = "run",
	.intro = "Usage: baton run [OPTIONS] [--] COMMAND [ARG...]\n"
		 "\n"
		 "Starts COMMAND with listening sockets that baton holds, and upgrades it\n"
		 "without losing a connection: kill -HUP BATON starts the next generation\n"
		 "beside the old one, which is told to end once the new one is ready.\n"
		 "{fd:NAME} and {port:NAME} in ARG become a listener's descriptor and port.\n",
	.outro = "TIME is a number with ms, s, m or h; a bare number means seconds.\n"
		 "Signals to baton: HUP upgrade; TERM, INT stop (twice: at once); QUIT stop at\n"
		 "once; USR1 and WINCH go to the workers. See baton(1).\n",
	.options = option_table,
	.count = array_length(option_table),
};
