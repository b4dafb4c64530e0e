/* SPDX-License-Identifier: MIT */
/*
 * The exit status of baton for a failure, in one place: what was attempted and
 * the -errno it ended with give a number of sysexits.h, or env(1)'s 126 and 127
 * for a command that cannot be started. baton(1) has the table.
 */
#ifndef SUPERVISOR_EXIT_STATUS_H
#define SUPERVISOR_EXIT_STATUS_H

enum exit_step {
	EXIT_STEP_SETTINGS, /* options_parse, settings_check */
	EXIT_STEP_CONFIG,   /* config_file_read, and settings_check of what it read */
	EXIT_STEP_LISTEN,   /* listeners_open */
	EXIT_STEP_COMMAND,  /* baton_spawn of the first generation */
};

/* error is a -errno. Never 0. */
int exit_status(enum exit_step step, int error);

#endif
