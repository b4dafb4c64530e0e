/* SPDX-License-Identifier: MIT */
/*
 * The family of one run of a worker (see family.h), on the heap because it may
 * outlive the worker's main process: what a crashed worker leaves behind is told
 * to stop and has as long for it as any draining generation.
 */
#ifndef SUPERVISOR_WORKER_FAMILY_H
#define SUPERVISOR_WORKER_FAMILY_H

#include <ev.h>
#include <stdbool.h>

#include "base/list.h"
#include "family.h"

struct runtime;

#define WORKER_FAMILY_MARKER_SIZE 64

struct worker_family {
	struct list link; /* runtime::strays, while it is one */
	struct runtime *runtime;
	struct family processes;
	char marker
		[WORKER_FAMILY_MARKER_SIZE]; /* "BATON_FAMILY=...", in the environment of the family */
	struct broker *broker;               /* of what they bind; owned; NULL: none */
	ev_timer hammer;                     /* of a stray; and the next round of a kill */
	ev_tstamp kill_pause;                /* until the next round; 0: nothing was killed yet */
};

/* A family without members yet, with a marker of its own. NULL if memory ran out. */
struct worker_family *worker_family_create(struct runtime *runtime);

/* Frees it; its processes are left alone. NULL is allowed. */
void worker_family_destroy(struct worker_family *family);

/* The worker was started. 0 or -errno. */
int worker_family_enter(struct worker_family *family, pid_t pid);

/* Whether anybody of it is alive; looks. */
bool worker_family_is_alive(struct worker_family *family);

/* One that is alive and our own child, as who has put itself into the background is; 0: none.
 * Looks. */
pid_t worker_family_find_child(struct worker_family *family);

/* Sends a signal to all who were alive at the last look. */
void worker_family_signal(struct worker_family *family, int signal);

/* SIGKILL to all of it, again until nobody is left. */
void worker_family_kill(struct worker_family *family);

/*
 * Takes the family of a worker whose main process died by itself: signals all of it, kills
 * what is left after drain_ms, and frees it once it is gone (worker_family_check_strays).
 */
void worker_family_take_stray(struct worker_family *family, int signal, int drain_ms);

/* Some process has been reaped: frees the strays that are gone by now. */
void worker_family_check_strays(struct runtime *runtime);

/* Kills and frees all strays: at the end of the service. */
void worker_family_kill_strays(struct runtime *runtime);

#endif
