/* SPDX-License-Identifier: MIT */
/* The command `baton check`. */
#ifndef SUPERVISOR_CONFIG_CHECK_H
#define SUPERVISOR_CONFIG_CHECK_H

/* argv[0] is the word `check`. The exit status: see baton(1). */
int check_main(int argc, char **argv);

#endif
