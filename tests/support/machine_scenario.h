/* SPDX-License-Identifier: MIT */
/*
 * One machine, fed event by event; each must be answered by just the actions
 * that are written down, in the words of machine_text.h:
 *
 *     serve(&one_worker);
 *     HUP("report upgrade started 2; spawn 2.0");
 *     SPAWN_FAILED(2, 0, "report rolled back 2.0: ...");
 */
#ifndef TESTS_SUPPORT_MACHINE_SCENARIO_H
#define TESTS_SUPPORT_MACHINE_SCENARIO_H

#include "machine.h"

extern struct machine machine;
extern struct machine_actions actions; /* of the last event */

/* One worker, restarted after 100 ms to 1 s, no bake, at most two generations drain. */
extern const struct machine_config one_worker;

/* The case fails, naming file and line, unless the answer is as expected. */
void scenario_feed(struct machine_event event, const char *expected, const char *file, int line);

/* Starts a service with one worker and feeds it until generation 1 serves. */
void serve(const struct machine_config *config);

#define FEED(event, expected) scenario_feed((event), (expected), __FILE__, __LINE__)
#define ABOUT_SERVICE(what)   ((struct machine_event){ .type = MACHINE_EVENT_##what })
#define ABOUT_WORKER(what, g, w) \
	((struct machine_event){ .type = MACHINE_EVENT_##what, .generation = (g), .worker = (w) })

#define START(expected)          FEED(ABOUT_SERVICE(START), expected)
#define HUP(expected)            FEED(ABOUT_SERVICE(HUP), expected)
#define STOP(expected)           FEED(ABOUT_SERVICE(STOP), expected)
#define STOP_NOW(expected)       FEED(ABOUT_SERVICE(STOP_NOW), expected)
#define CONFIG_REFUSED(expected) FEED(ABOUT_SERVICE(CONFIG_REFUSED), expected)
#define CONFIGURED(with, expected) \
	FEED(((struct machine_event){ .type = MACHINE_EVENT_CONFIGURED, .config = (with) }), \
		expected)
#define BAKED(g, expected)            FEED(ABOUT_WORKER(BAKED, g, 0), expected)
#define DRAIN_TIMEOUT(g, expected)    FEED(ABOUT_WORKER(DRAIN_TIMEOUT, g, 0), expected)
#define IDLE(g, expected)             FEED(ABOUT_WORKER(IDLE, g, 0), expected)
#define STARTED(g, w, expected)       FEED(ABOUT_WORKER(WORKER_STARTED, g, w), expected)
#define SPAWN_FAILED(g, w, expected)  FEED(ABOUT_WORKER(SPAWN_FAILED, g, w), expected)
#define READY(g, w, expected)         FEED(ABOUT_WORKER(WORKER_READY, g, w), expected)
#define READY_TIMEOUT(g, w, expected) FEED(ABOUT_WORKER(READY_TIMEOUT, g, w), expected)
#define RESTART_DUE(g, w, expected)   FEED(ABOUT_WORKER(RESTART_DUE, g, w), expected)
#define EXITED(g, w, lived, expected) \
	FEED(((struct machine_event){ .type = MACHINE_EVENT_WORKER_EXITED, \
		     .generation = (g), \
		     .worker = (w), \
		     .lived_ms = (lived) }), \
		expected)

#endif
