/* SPDX-License-Identifier: MIT */
/* What clients of the control socket may ask for: one table of commands. */
#ifndef SUPERVISOR_CONTROL_REQUESTS_H
#define SUPERVISOR_CONTROL_REQUESTS_H

#include <jansson.h>

struct event;
struct session;

/* Carries out a request of the service (data) and answers it, at once or once it is done. */
void requests_handle(struct session *session, const json_t *request, void *data);

/* Something has happened to the service (data): tells those who wait for it. */
void requests_tell(const struct event *event, void *data);

#endif
