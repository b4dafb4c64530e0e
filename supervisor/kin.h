/* SPDX-License-Identifier: MIT */
/*
 * The family of one run of a worker (see family.h), on the heap because it may
 * outlive the worker's main process: what a crashed worker leaves behind is told
 * to stop and has as long for it as any draining generation.
 */
#ifndef SUPERVISOR_KIN_H
#define SUPERVISOR_KIN_H

#include <ev.h>
#include <stdbool.h>

#include "base/list.h"
#include "family.h"

struct runtime;

#define KIN_MARKER_SIZE 64

struct kin {
	struct list link; /* runtime::strays, while it is one */
	struct runtime *runtime;
	struct family family;
	char marker[KIN_MARKER_SIZE]; /* "BATON_FAMILY=...", in the environment of the family */
	ev_timer hammer;              /* of a stray; and the next round of a kill */
};

/* A kin without members yet, with a marker of its own. NULL if memory ran out. */
struct kin *kin_create(struct runtime *runtime);

/* Frees it; its processes are left alone. NULL is allowed. */
void kin_destroy(struct kin *kin);

/* The worker was started. 0 or -errno. */
int kin_enter(struct kin *kin, pid_t pid);

/* Whether anybody of it is alive; looks. */
bool kin_is_alive(struct kin *kin);

/* Sends a signal to all who were alive at the last look. */
void kin_signal(struct kin *kin, int signal);

/* SIGKILL to all of it, again until nobody is left. */
void kin_kill(struct kin *kin);

/*
 * Takes the kin of a worker whose main process died by itself: signals all of it, kills what is left after
 * drain_ms, and frees it once it is gone (kin_check_strays).
 */
void kin_take_stray(struct kin *kin, int signal, int drain_ms);

/* Some process has been reaped: frees the strays that are gone by now. */
void kin_check_strays(struct runtime *runtime);

/* Kills and frees all strays: at the end of the service. */
void kin_kill_strays(struct runtime *runtime);

#endif
