/* SPDX-License-Identifier: MIT */
/* Settings as they were last read, of the command line and the file that it names. */
#ifndef SUPERVISOR_CONFIG_LOADED_H
#define SUPERVISOR_CONFIG_LOADED_H

#include "config/config.h"
#include "settings.h"

struct problems;

struct loaded {
	struct settings settings;
	struct config config;  /* of which they were made */
	struct config as_read; /* the same before what only counts at the start was kept */
};

/*
 * Reads argv[1] on (argv[0] is the word `run`) and the file of --config, if there is one. What only
 * counts when baton starts is that of in_force, unless that is NULL. Returns 0: *ret is the
 * caller's, for loaded_finish; OPTION_SET_HELP; or -errno with the problems. *ret is written on 0
 * only; *ret_status has the exit status of baton for a failure.
 */
int loaded_read(char **argv, const struct loaded *in_force, struct loaded *ret,
	struct problems *problems, int *ret_status);

void loaded_finish(struct loaded *loaded);

#endif
