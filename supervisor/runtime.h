/* SPDX-License-Identifier: MIT */
/*
 * What the generations and workers of a service share: where they find what
 * they need, and where they report what happens to them. The service owns it
 * (service.h) and makes the machine's events of what is fed.
 */
#ifndef SUPERVISOR_RUNTIME_H
#define SUPERVISOR_RUNTIME_H

#include <baton/error.h>
#include <ev.h>
#include <stdbool.h>

#include "base/list.h"
#include "family.h"
#include "notify_socket.h"
#include "own_directory.h"
#include "readiness/einhorn.h"
#include "readiness/readiness.h"
#include "steer/own_sockets.h"

struct adopt;
struct held_table;
struct machine_event;
struct settings;
struct setup;

struct runtime {
	struct ev_loop *loop;
	struct setup *setup;             /* of the next generation to start; has a reference */
	const struct settings *settings; /* of that setup */
	/* Takes an event: at once, or after the step that is under way. What the event is
	 * about may be gone when this returns. */
	void (*feed)(struct runtime *runtime, const struct machine_event *event);

	struct adopt *adopt;     /* NULL: the service does not bind for itself */
	struct held_table *held; /* what is held, and who is steered to */
	struct own_sockets own_sockets;
	struct list generations; /* struct generation::link, oldest first */
	struct list captures;    /* struct capture::link */
	struct list strays;      /* struct worker_family::link: left behind by crashed workers */
	struct family_registry families;
	char *next_program; /* of the generation that comes next, alone; owned; NULL: as ever */
	unsigned long started_count; /* workers, ever: makes markers unique */
	struct notify_socket notify;
	struct einhorn_socket einhorn;
	struct readiness_memory memory;
	bool has_said_unseen;                /* that --end-idle cannot count: it is said once */
	struct own_directory directory;      /* where workers without --workdir start */
	int command_status;                  /* of the last worker that ended: a shell's $? */
	pid_t command_pid;                   /* of the same; 0 if it was never started */
	char command_fate[BATON_ERROR_SIZE]; /* how it ended, in words; "": none has */
};

#endif
