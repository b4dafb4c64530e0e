/* SPDX-License-Identifier: MIT */
/* The options of `baton run`: what each is called, what it sets, and what the help says of it. */
#ifndef SUPERVISOR_OPTION_TABLE_H
#define SUPERVISOR_OPTION_TABLE_H

#include <stddef.h>

#include <baton/error.h>

struct settings;

struct option {
	const char *section; /* of the help, on the first option of it */
	char letter;         /* 0: none */
	const char *name;
	const char *value; /* what the help calls its value; NULL: it takes none */
	/* Puts the value (NULL if it takes none) into the settings. 0 or -errno. */
	int (*apply)(const struct option *option, struct settings *settings, const char *value,
		struct baton_error *error);
	size_t offset;    /* of the member of struct settings that apply sets */
	int min, max;     /* of a number, or of a duration in milliseconds; max 0: none */
	const char *help; /* lines of 48 columns at most */
};

extern const struct option option_table[];
extern const size_t option_count;

#endif
