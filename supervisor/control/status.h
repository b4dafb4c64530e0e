/* SPDX-License-Identifier: MIT */
/* How the service is, for those who ask: generations, workers, listeners, the last upgrades. */
#ifndef SUPERVISOR_CONTROL_STATUS_H
#define SUPERVISOR_CONTROL_STATUS_H

#include <jansson.h>

struct service;

/* The caller's; NULL: no memory. Looks at every process of the service. */
json_t *status_describe(struct service *service);

#endif
