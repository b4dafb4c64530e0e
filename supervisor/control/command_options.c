/* SPDX-License-Identifier: MIT */
/* See command_options.h. */
#include "control/command_options.h"

#include <stdlib.h>

#include "base/container.h"
#include "machine.h"
#include "option_values.h"

#define OPTION_NAME \
	{ \
		.letter = 'n', .name = "name", .value = "NAME", .apply = option_apply_name, \
		.offset = offsetof(struct command_options, name), \
		.help = "of the service (default: the only one that runs)", \
	}

#define OPTION_CONTROL \
	{ \
		.name = "control", .value = "PATH", .apply = option_apply_text, \
		.offset = offsetof(struct command_options, control), \
		.help = "its control socket (default: found by the name)", \
	}

#define OPTION_WAIT(text) \
	{ \
		.name = "wait", .apply = option_apply_true, \
		.offset = offsetof(struct command_options, waits), .help = (text), \
	}

#define OPTION_TIMEOUT \
	{ \
		.name = "timeout", .value = "TIME", .apply = option_apply_duration, \
		.offset = offsetof(struct command_options, timeout_ms), .min = 1, \
		.help = "with --wait: give up waiting, with status 75\n(default: never)", \
	}

static const struct option common_options[] = {
	OPTION_NAME,
	OPTION_CONTROL,
};

static const struct option events_options[] = {
	OPTION_NAME,
	OPTION_CONTROL,
	{
		.letter = 'f',
		.name = "follow",
		.apply = option_apply_true,
		.offset = offsetof(struct command_options, follows),
		.help = "go on with what happens from now on",
	},
};

static const struct option set_options[] = {
	OPTION_NAME,
	OPTION_CONTROL,
	{
		.name = "drain-timeout",
		.value = "TIME",
		.apply = option_apply_duration,
		.offset = offsetof(struct command_options, drain_timeout_ms),
		.help = "of generations that are told to drain from now\non (default: unchanged)",
	},
	{
		.name = "end-idle",
		.value = "TIME",
		.apply = option_apply_duration,
		.offset = offsetof(struct command_options, end_idle_ms),
		.help = "without a connection, after which a drain is\nover; 0: it is not "
			"(default: unchanged)",
	},
	{
		.name = "log-level",
		.value = "LEVEL",
		.apply = option_apply_log_level,
		.offset = offsetof(struct command_options, log_level),
		.help = "error, warning, notice, info or debug\n(default: unchanged)",
	},
	{
		.letter = 'w',
		.name = "workers",
		.value = "N",
		.apply = option_apply_number,
		.offset = offsetof(struct command_options, workers),
		.min = 1,
		.max = MACHINE_WORKERS_MAX,
		.help = "of generations to come, 1 to 64\n(default: unchanged)",
	},
};

static const struct option status_options[] = {
	OPTION_NAME,
	OPTION_CONTROL,
	{
		.name = "json",
		.apply = option_apply_true,
		.offset = offsetof(struct command_options, is_json),
		.help = "as a JSON object, see baton-control(7)",
	},
};

static const struct option list_options[] = {
	{
		.name = "json",
		.apply = option_apply_true,
		.offset = offsetof(struct command_options, is_json),
		.help = "as a JSON array, see baton(1)",
	},
};

static const struct option stop_options[] = {
	OPTION_NAME,
	OPTION_CONTROL,
	{
		.name = "now",
		.apply = option_apply_true,
		.offset = offsetof(struct command_options, is_now),
		.help = "kill what runs, and do not drain",
	},
	OPTION_WAIT("until it has stopped"),
	OPTION_TIMEOUT,
};

static const struct option upgrade_options[] = {
	OPTION_NAME,
	OPTION_CONTROL,
	{
		.name = "command",
		.value = "COMMAND",
		.apply = option_apply_text,
		.offset = offsetof(struct command_options, program),
		.help = "try this program in the place of the service's,\n"
			"with the same arguments, until the next upgrade\n"
			"(default: the service's own)",
	},
	OPTION_WAIT("for the outcome: status 0 once the new\n"
		    "generation has taken over, 1 if it was rolled\n"
		    "back"),
	OPTION_TIMEOUT,
};

const struct option_set command_option_sets[] = {
	{
		.command = "events",
		.intro = "Usage: baton events [OPTIONS]\n\n"
			 "Prints what has happened lately, one JSON object a line.\n\n",
		.options = events_options,
		.count = array_length(events_options),
	},
	{
		.command = "kill-generation",
		.intro = "Usage: baton kill-generation [OPTIONS] GENERATION\n\n"
			 "Kills a generation that drains, or that is not ready yet.\n\n",
		.options = common_options,
		.count = array_length(common_options),
	},
	{
		.command = "list",
		.intro = "Usage: baton list [OPTIONS]\n\n"
			 "Prints all services of this user, those whose baton was killed, too.\n\n",
		.options = list_options,
		.count = array_length(list_options),
	},
	{
		.command = "metrics",
		.intro = "Usage: baton metrics [OPTIONS]\n\n"
			 "Prints the state of the service as Prometheus reads it.\n\n",
		.options = common_options,
		.count = array_length(common_options),
	},
	{
		.command = "reexec",
		.intro = "Usage: baton reexec [OPTIONS]\n\n"
			 "Replaces baton's own binary by the one that is on disk now; pid, workers "
			 "and\n"
			 "sockets stay. What is under way is finished first.\n\n",
		.options = common_options,
		.count = array_length(common_options),
	},
	{
		.command = "reopen",
		.intro = "Usage: baton reopen [OPTIONS]\n\n"
			 "Sends SIGUSR1 to every worker: many servers reopen their logs then.\n\n",
		.options = common_options,
		.count = array_length(common_options),
	},
	{
		.command = "set",
		.intro = "Usage: baton set [OPTIONS]\n\n"
			 "Changes settings of a service that runs, and prints what they are.\n\n",
		.options = set_options,
		.count = array_length(set_options),
	},
	{
		.command = "status",
		.intro = "Usage: baton status [OPTIONS]\n\n"
			 "Prints generations, workers, listeners and the last upgrades.\n\n",
		.options = status_options,
		.count = array_length(status_options),
	},
	{
		.command = "stop",
		.intro = "Usage: baton stop [OPTIONS]\n\n"
			 "Has the service drain and end.\n\n",
		.options = stop_options,
		.count = array_length(stop_options),
	},
	{
		.command = "top",
		.intro = "Usage: baton top [OPTIONS]\n\n"
			 "Shows what baton status does, again every second, until q or ^C.\n\n",
		.options = common_options,
		.count = array_length(common_options),
	},
	{
		.command = "upgrade",
		.intro = "Usage: baton upgrade [OPTIONS]\n\n"
			 "Replaces the generation that serves by one of what is on disk now.\n\n",
		.options = upgrade_options,
		.count = array_length(upgrade_options),
	},
};

const size_t command_option_set_count = array_length(command_option_sets);

int command_options_parse(const struct option_set *set, char **argv, struct command_options *ret,
	char ***ret_rest, struct baton_error *error)
{
	int rest;

	*ret = (struct command_options){ .drain_timeout_ms = -1, .end_idle_ms = -1 };
	int r = option_set_parse(set, argv, ret, &rest, error);

	if (r == 0)
		*ret_rest = argv + rest;
	return r;
}

void command_options_finish(struct command_options *options)
{
	free(options->name);
	free(options->control);
	free(options->program);
	*options = (struct command_options){ .drain_timeout_ms = -1, .end_idle_ms = -1 };
}
