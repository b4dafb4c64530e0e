/* SPDX-License-Identifier: MIT */
/* What is different in a configuration that was read anew, told in the log. */
#ifndef SUPERVISOR_CONFIG_CHANGES_H
#define SUPERVISOR_CONFIG_CHANGES_H

struct loaded;

/*
 * Logs "KEY: OLD -> NEW" for each option but the listeners, and for the command, with "default" for
 * what is not given. What only counts at the start is a warning: it stays until baton is started
 * anew.
 */
void changes_log(const struct loaded *in_force, const struct loaded *next);

#endif
