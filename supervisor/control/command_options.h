/* SPDX-License-Identifier: MIT */
/* The command lines of the commands that speak to a supervisor which runs. */
#ifndef SUPERVISOR_CONTROL_COMMAND_OPTIONS_H
#define SUPERVISOR_CONTROL_COMMAND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <baton/error.h>

#include "log.h"
#include "option_set.h"

/* What they are told; each looks at its own. Strings are owned. */
struct command_options {
	char *name;    /* NULL: not given */
	char *control; /* NULL: not given */
	char *program; /* NULL: not given */
	bool is_json;
	bool is_now;
	bool waits;
	bool follows;
	int timeout_ms;           /* 0: none */
	int drain_timeout_ms;     /* -1: not given */
	int end_idle_ms;          /* -1: not given */
	enum log_level log_level; /* 0: not given */
	int workers;              /* 0: not given */
};

/* Each a command of the name `command`. */
extern const struct option_set command_option_sets[];
extern const size_t command_option_set_count;

/* Parses argv[1] on by the command's set; *ret_rest is what follows the options. 0,
 * OPTION_SET_HELP or -errno; the options are to be finished in either case. */
int command_options_parse(const struct option_set *set, char **argv, struct command_options *ret,
	char ***ret_rest, struct baton_error *error);

void command_options_finish(struct command_options *options);

#endif
