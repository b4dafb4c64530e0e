/* SPDX-License-Identifier: MIT */
/* When can another binary take a service over? When nothing is under way that would have to be
 * taken over in the middle: drains, timers and workers that wait for their restart may be. */
#ifndef SUPERVISOR_REEXEC_REST_H
#define SUPERVISOR_REEXEC_REST_H

struct service;

/* What is in the way, in words after "when"; NULL: nothing. */
const char *rest_obstacle(const struct service *service);

#endif
