/* SPDX-License-Identifier: MIT */
/* The new binary's side of reexec.h: `baton run`, which finds a state in its environment. */
#ifndef SUPERVISOR_REEXEC_RESUME_H
#define SUPERVISOR_REEXEC_RESUME_H

#include <stdbool.h>

/* Whether this process was baton before, and goes on with its state. */
bool resume_is_due(void);

/* Goes on, until the service ends; argv is that of run(). The exit status. */
int resume(char **argv);

#endif
