/* SPDX-License-Identifier: MIT */
/* The command upgrade of the control socket: asked for, and its outcome waited for. */
#ifndef SUPERVISOR_CONTROL_UPGRADES_H
#define SUPERVISOR_CONTROL_UPGRADES_H

#include <jansson.h>

struct event;
struct service;
struct session;

/* Asks for an upgrade, as SIGHUP does. */
void upgrades_ask(struct service *service, struct session *session, const json_t *request);

/* Something has happened: to the upgrade that the session waits for, perhaps. */
void upgrades_tell(struct service *service, struct session *session, const struct event *event);

#endif
