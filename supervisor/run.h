/* SPDX-License-Identifier: MIT */
/* The command `baton run`. */
#ifndef SUPERVISOR_RUN_H
#define SUPERVISOR_RUN_H

/* argv[0] is the word `run`. The exit status: see baton(1). */
int run(int argc, char **argv);

#endif
