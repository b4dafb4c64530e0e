/* SPDX-License-Identifier: MIT */
/* The commands of the control socket that change what runs: set, kill-generation. */
#ifndef SUPERVISOR_CONTROL_CHANGES_H
#define SUPERVISOR_CONTROL_CHANGES_H

#include <stdbool.h>

#include <jansson.h>

#include "log.h"

struct service;
struct session;
struct settings;

/* What was set: it counts until baton ends, whatever a configuration that is read later says. */
struct changes {
	bool has_log_level, has_drain_timeout, has_end_idle, has_workers;
	enum log_level log_level;
	int drain_timeout_ms;
	int end_idle_ms;
	int workers;
};

/* Puts what was set into settings that were read anew. */
void changes_keep(const struct changes *changes, struct settings *settings);

/* Changes the settings of every generation, and answers with those that there are now. */
void changes_set(struct service *service, struct session *session, const json_t *request);

/* Kills a generation: not the one that serves. */
void changes_kill(struct service *service, struct session *session, const json_t *request);

#endif
