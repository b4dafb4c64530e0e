/* SPDX-License-Identifier: MIT */
/* The commands that speak to a supervisor which runs: `baton status` and its like. */
#ifndef SUPERVISOR_CONTROL_COMMANDS_H
#define SUPERVISOR_CONTROL_COMMANDS_H

/* argv[0] is the word, such as `status`. The exit status: see baton(1). */
int commands_run(int argc, char **argv);

#endif
