/* SPDX-License-Identifier: MIT */
/* What a service is, as a state: nothing of it changes. */
#ifndef SUPERVISOR_REEXEC_SAVE_H
#define SUPERVISOR_REEXEC_SAVE_H

struct service;
struct state;

/* Writes all of it to a state that state_init has prepared, and whose descriptors are the service's
 * still. The service must be at rest (rest.h). 0 or -ENOMEM. */
int save(struct service *service, struct state *ret);

#endif
