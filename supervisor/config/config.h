/* SPDX-License-Identifier: MIT */
/*
 * What baton is told to do, as it was written: options with their values, each
 * with the line it stands in, and a command. A file is one such list, the
 * command line another; joined they make settings.
 */
#ifndef SUPERVISOR_CONFIG_CONFIG_H
#define SUPERVISOR_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include <baton/error.h>

struct option;
struct problems;
struct settings;

/* The value of an option that takes none on the command line and is not wanted. */
#define CONFIG_OFF "no"

struct config_entry {
	const struct option *option; /* of option_table */
	char *value;                 /* NULL: it takes none, and is on */
	unsigned line;               /* 0: of the command line */
};

struct config {
	struct config_entry *entries; /* in their order; a listener is an entry of --listen */
	size_t count;
	char **command;        /* NULL: none */
	unsigned command_line; /* the line it stands in; 0: on the command line */
};

#define CONFIG_INIT \
	{ \
		0 \
	}

void config_finish(struct config *config);

/* Adds an option with a copy of its value. 0 or -ENOMEM. */
int config_add(
	struct config *config, const struct option *option, const char *value, unsigned line);

/* The first entry of the option, borrowed; NULL if there is none. */
const struct config_entry *config_find(const struct config *config, const struct option *option);

/*
 * Reads argv[1] on, with the options of `baton run`; the rest is the command, if there is one. 0,
 * OPTION_SET_HELP, or -errno.
 */
int config_read_arguments(struct config *ret, char **argv, struct baton_error *error);

/*
 * Joins the file and the command line, which wins: an option that is on it leaves out what the file
 * says of it, and a listener the one of the same name; those that may be repeated are added. 0 or
 * -ENOMEM.
 */
int config_join(struct config *ret, const struct config *file, const struct config *arguments);

/* Takes every option whose scope is OPTION_AT_START, listeners aside, from what is in force. 0 or
 * -ENOMEM. */
int config_keep_started(struct config *config, const struct config *in_force);

/* Makes settings of it, as config_settings does, whether or not they fit the system as it is now:
 * they did when it was read. */
int config_apply(const struct config *config, const char *path, struct settings *ret,
	struct problems *problems);

/*
 * Makes settings of it, which have a name and pass settings_check; path is that of the file, for
 * the problems, NULL if there is none. Returns 0, -ENOMEM, or what the first of the problems is for
 * exit_status(); *ret is written on 0 only.
 */
int config_settings(const struct config *config, const char *path, struct settings *ret,
	struct problems *problems);

#endif
