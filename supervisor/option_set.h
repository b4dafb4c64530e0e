/* SPDX-License-Identifier: MIT */
/*
 * The command line of one of baton's commands: a table says what each option is
 * called, where its value goes and what the help says of it.
 */
#ifndef SUPERVISOR_OPTION_SET_H
#define SUPERVISOR_OPTION_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <baton/error.h>

/* Where the option counts in a configuration file. */
enum option_scope {
	OPTION_AT_START,   /* when baton starts; a change waits until it does so again */
	OPTION_AT_UPGRADE, /* for each generation that is started from then on */
	OPTION_ARGUMENT,   /* nowhere: on the command line only */
};

struct option {
	const char *section; /* of the help, on the first option of it */
	char letter;         /* 0: none */
	const char *name;
	const char *value; /* what the help calls its value; NULL: it takes none */
	/* Puts the value (NULL if it takes none) into the target. 0 or -errno. */
	int (*apply)(const struct option *option, void *target, const char *value,
		struct baton_error *error);
	size_t offset; /* of the member of the target that apply sets */
	enum option_scope scope;
	bool may_repeat;
	int min, max;     /* of a number, or of a duration in milliseconds; max 0: none */
	const char *help; /* lines of 48 columns at most */
};

struct option_set {
	const char *command; /* whose help errors point to */
	const char *intro;   /* of the help, before the options */
	const char *outro;   /* and after them; NULL: none */
	const struct option *options;
	size_t count;
};

/* What option_set_parse returns when the help was asked for. */
#define OPTION_SET_HELP 1

/*
 * Parses argv[1] on, up to "--" or the first argument that is no option. Returns 0, with the index
 * of what follows them; OPTION_SET_HELP; or -errno.
 */
int option_set_parse(const struct option_set *set, char **argv, void *target, int *ret_rest,
	struct baton_error *error);

/* The option of that name, or the one whose name it is nearly; NULL: there is none. */
const struct option *option_set_find(const struct option_set *set, const char *name);
const struct option *option_set_nearest(const struct option_set *set, const char *name);

/* Writes the help, which fits 80 columns. */
void option_set_help(const struct option_set *set, FILE *out);

#endif
