/* SPDX-License-Identifier: MIT */
/* The commands of the control socket that change what runs: set, kill-generation. */
#ifndef SUPERVISOR_CONTROL_CHANGES_H
#define SUPERVISOR_CONTROL_CHANGES_H

#include <jansson.h>

struct service;
struct session;

/* Changes settings, and answers with those that there are now. */
void changes_set(struct service *service, struct session *session, const json_t *request);

/* Kills a generation: not the one that serves. */
void changes_kill(struct service *service, struct session *session, const json_t *request);

#endif
