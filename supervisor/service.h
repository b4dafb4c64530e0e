/* SPDX-License-Identifier: MIT */
/*
 * What one supervisor runs: the shell around the machine. Events come in from
 * signals, timers, exits and readiness; each is one step of the machine, whose
 * actions are carried out on real processes (actions.c).
 */
#ifndef SUPERVISOR_SERVICE_H
#define SUPERVISOR_SERVICE_H

#include <ev.h>
#include <stdbool.h>

#include <baton/error.h>

#include "adopt/adopting.h"
#include "base/stop_wish.h"
#include "control/changes.h"
#include "control/control.h"
#include "events.h"
#include "machine.h"
#include "manager.h"
#include "reexec/reexec.h"
#include "runtime.h"
#include "settle.h"
#include "signals.h"
#include "status_file.h"

struct baton_listener;
struct setup;

/* Events wait here while the actions of a step are carried out, which may cause more: a result for
 * each worker that is started, and its exit. */
#define SERVICE_QUEUE_SIZE (4 * MACHINE_WORKERS_MAX)

struct service {
	struct runtime runtime;
	struct machine machine;
	struct machine_config next_config; /* of CONFIGURED, while that is under way */
	char **argv;                       /* of `run`, read again with the configuration */
	struct baton_listener *place; /* of the control socket, borrowed; NULL: there is none */
	struct machine_event queue[SERVICE_QUEUE_SIZE];
	size_t queue_length;
	bool is_stepping;

	struct adopting adopting;
	struct signals signals;
	struct manager manager;
	struct settle settle;
	struct reexec reexec;
	struct stop_wish stop_wish;
	ev_timer settle_timer; /* until a burst of requests has settled */
	struct status_file status_file;
	struct changes changes;        /* by control clients */
	char refusal[EVENT_TEXT_SIZE]; /* why the last configuration was refused; "": none was */
	struct events events;
	struct control control;
	int64_t started_at_ms;
	ev_child any_child; /* every reaped process: a family may be gone now */

	bool ends_now;     /* nobody has time to drain */
	int ending_status; /* of the worker whose end made the service end of itself */
	int exit_status;   /* of baton, once the machine has ended */
};

/*
 * Prepares the service on the default loop: signals, notify socket, subreaper.
 * The setup, whose listeners are open, and argv, of which it was made, have to
 * outlast the service: what only counts at the start is used from there. So has
 * place, the socket for clients (NULL: none). 0, or -errno with the reason;
 * service_finish is due in either case.
 */
int service_init(struct service *service, struct setup *setup, char **argv,
	struct baton_listener *place, struct baton_error *error);

/* The same but for what is opened: for a service that goes on (reexec/restore.h). */
int service_prepare(struct service *service, struct setup *setup, char **argv,
	struct baton_listener *place, struct baton_error *error);

/* Starts the first generation. */
void service_start(struct service *service);

/* Runs until the service has ended; baton's exit status. */
int service_run(struct service *service);

/* Kills what is left of the workers, and frees. */
void service_finish(struct service *service);

/* Gives the machine an event: at once, or after the step that is under way. */
void service_feed(struct service *service, const struct machine_event *event);

/* What SIGHUP asks for: an upgrade, now or when a burst of such wishes has settled. */
void service_ask_upgrade(struct service *service);

/* What SIGTERM asks for; with is_now, what SIGQUIT does. */
void service_ask_stop(struct service *service, bool is_now);

/* The workers that run have changed. */
void service_write_status_file(struct service *service);

#endif
