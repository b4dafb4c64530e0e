/* SPDX-License-Identifier: MIT */
/* The command line of `baton run`: its options (option_table.h), and the command after them. */
#ifndef SUPERVISOR_OPTIONS_H
#define SUPERVISOR_OPTIONS_H

#include <stdio.h>

#include <baton/error.h>

#include "option_set.h"

struct settings;

/* What options_parse returns when the help was asked for. */
#define OPTIONS_HELP OPTION_SET_HELP

/*
 * Parses argv[1] on (argv[0] is the word `run`) and checks the result with
 * settings_check. Returns 0: *ret is filled and the caller's, to be given to
 * settings_finish; OPTIONS_HELP; or -errno, for which EXIT_STEP_SETTINGS of
 * exit_status.h has the status. *ret is written on 0 only.
 */
int options_parse(int argc, char **argv, struct settings *ret, struct baton_error *error);

/* Writes the help, which fits 80 columns. */
void options_help(FILE *out);

#endif
