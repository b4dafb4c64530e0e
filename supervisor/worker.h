/* SPDX-License-Identifier: MIT */
/*
 * One worker's place in a generation, and the process that fills it: start,
 * readiness, signals, watchdog, exit. What happens to it becomes events of the
 * machine; what the machine decides comes back as calls of these functions.
 */
#ifndef SUPERVISOR_WORKER_H
#define SUPERVISOR_WORKER_H

#include <ev.h>
#include <stdint.h>
#include <sys/types.h>

#include <baton/error.h>

#include "base/env.h"
#include "log.h"
#include "machine.h"
#include "notify_message.h"
#include "readiness/readiness.h"
#include "readiness/waiting.h"

struct capture;
struct generation;
struct worker_family;

enum worker_state {
	WORKER_EMPTY,    /* no process */
	WORKER_STARTING, /* runs, readiness is awaited */
	WORKER_READY,    /* accepts */
	WORKER_ENDING,   /* the main process has exited, others of its family have not */
};

struct worker {
	struct generation *generation;
	unsigned index;
	enum worker_state state;
	pid_t pid;   /* the main process; 0 if none */
	int pidfd;   /* -1 if none */
	int channel; /* our end of BATON_CHANNEL; -1 if none */
	int handoff; /* where it takes connections, until its predecessor is told; -1 if none */
	ev_io channel_watcher;
	ev_child exit_watcher;
	ev_io end_watcher;       /* the pidfd of a main process that is not our child (MAINPID) */
	struct capture *capture; /* of its last run; NULL: none */
	struct worker_family *family; /* the processes of this run; NULL if none */
	ino_t *inodes;                /* owned */
	struct waiting_sockets
		sockets; /* these, for accept detection: of the listeners it inherited or bound */
	struct env probe_env; /* for the command of --ready exec */
	struct readiness readiness;
	ev_timer ready_timer;
	ev_timer restart_timer;
	ev_timer watchdog_timer; /* its repeat is what the worker asked for */
	int64_t started_at_ms;
	int64_t ready_at_ms;             /* 0: not yet */
	int stop_signal;                 /* that it was told to stop with; 0: none yet */
	bool is_aborted;                 /* by the watchdog */
	char fate[BATON_ERROR_SIZE];     /* how the last run ended, in words; "" before */
	char status[NOTIFY_STATUS_SIZE]; /* what it says of itself (STATUS= of sd_notify(3)) */
	pid_t fate_pid;                  /* whose it was; 0 if it was never started */
};

/* Prepares an empty place. */
void worker_init(struct worker *worker, struct generation *generation, unsigned index);

/* Stops the watchers and frees; a process that still runs is left alone. */
void worker_finish(struct worker *worker);

/* What log lines about the worker say in front. */
struct log_where worker_where(const struct worker *worker);

/*
 * Starts the process and feeds WORKER_STARTED or SPAWN_FAILED; the reason of a
 * failure is logged and becomes the worker's fate.
 */
void worker_start(struct worker *worker);

/* The process accepts: seen or told. */
void worker_ready(struct worker *worker, enum readiness_how how);

/* It is to end, and may be told later. */
void worker_retire(struct worker *worker);

/* Tells the main process to stop, with that signal, unless it was told just that already. */
void worker_stop(struct worker *worker, int signal);

/* Sends a signal to the main process, if there is one. */
void worker_signal(struct worker *worker, int signal);

/* The hammer: SIGKILL to the whole family. */
void worker_kill(struct worker *worker);

/* The timers of the machine: READY and RESTART. */
void worker_set_timer(struct worker *worker, enum machine_timer timer, int ms);
void worker_clear_timer(struct worker *worker, enum machine_timer timer);

/* Whether the main process had ended before the rest of its family, which is gone now as well. */
bool worker_has_ended(struct worker *worker);

/* Nothing is left of the worker: feeds WORKER_EXITED, after which the generation may be gone. */
void worker_end(struct worker *worker);

#endif
