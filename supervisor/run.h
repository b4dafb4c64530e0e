/* SPDX-License-Identifier: MIT */
/* The command `baton run`. */
#ifndef SUPERVISOR_RUN_H
#define SUPERVISOR_RUN_H

struct service;
struct setup;

/* argv[0] is the word `run`. The exit status: see baton(1). */
int run(int argc, char **argv);

/* Runs a service that is prepared to its end, of that setup, and closes all that it has, its
 * control socket too. Both are taken: the service was allocated. The exit status. */
int run_service(struct service *take_service, struct setup *take_setup);

#endif
