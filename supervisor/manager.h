/* SPDX-License-Identifier: MIT */
/*
 * What baton tells the manager it runs under itself (systemd, another baton),
 * by sd_notify(3). Every function does nothing when there is no manager, and
 * none blocks; a message that cannot be sent is logged, once until one goes through.
 */
#ifndef SUPERVISOR_MANAGER_H
#define SUPERVISOR_MANAGER_H

#include <ev.h>
#include <stdbool.h>

struct manager {
	struct ev_loop *loop;
	ev_timer watchdog; /* WATCHDOG=1 at half the interval that the manager asked for */
	bool is_failing;   /* the last message could not be sent */
};

void manager_init(struct manager *manager, struct ev_loop *loop);
void manager_finish(struct manager *manager);

/* Another program of this process was the manager's before: it is told that this one lives. */
void manager_go_on(struct manager *manager);

/* The first generation is starting and may take this long. */
void manager_starting(struct manager *manager, int timeout_ms);

/* An upgrade to this generation begins: RELOADING=1 with its time, and how long it may take. */
void manager_reloading(struct manager *manager, long long timeout_ms, unsigned generation);

/* The service serves: READY=1, which also ends a reload; status is the line an operator sees. */
__attribute__((format(printf, 2, 3))) void manager_ready(
	struct manager *manager, const char *status, ...);

/* Only the status line. */
__attribute__((format(printf, 2, 3))) void manager_status(
	struct manager *manager, const char *status, ...);

/* The service stops and may drain this long: STOPPING=1, EXTEND_TIMEOUT_USEC. */
void manager_stopping(struct manager *manager, int timeout_ms);

#endif
