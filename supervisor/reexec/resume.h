/* SPDX-License-Identifier: MIT */
/* The new binary's side of reexec.h: `baton run`, which finds a state in its environment. */
#ifndef SUPERVISOR_REEXEC_RESUME_H
#define SUPERVISOR_REEXEC_RESUME_H

struct execute_legacy;

/* Goes on with what is left (execute_find_legacy), which is taken, until the service ends; argv is
 * that of run(). The exit status. */
int resume(struct execute_legacy *take_legacy, char **argv);

#endif
