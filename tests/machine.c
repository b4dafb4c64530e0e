/* SPDX-License-Identifier: MIT */
/*
 * The upgrade machine, scenario by scenario: each step and all that comes of
 * it. tests/machine_walk.c checks the rules in every state; this suite says
 * what happens in those that people will meet.
 */
#include "machine.h"

#include <stdlib.h>

#include "support/machine_text.h"
#include "support/suite.h"

static const struct machine_config one_worker = {
	.workers = 1,
	.ready_timeout_ms = 60000,
	.drain_timeout_ms = 30000,
	.max_draining = 2,
	.restart = true,
	.restart_min_ms = 100,
	.restart_max_ms = 1000,
	.max_restarts = -1,
};

static struct machine machine;
static struct machine_actions actions;

/* Feeds the event; the text of its actions must be expected. */
static void feed(struct machine_event event, const char *expected, const char *file, int line)
{
	struct strbuf text = STRBUF_INIT;

	machine_step(&machine, &event, &actions);
	machine_text_event(&text, &event);
	strbuf_append(&text, ": ");
	size_t start = text.length;

	machine_text_actions(&text, &actions);
	ck_assert_msg(text.text, "out of memory");
	ck_assert_msg(strcmp(text.text + start, expected) == 0, "%s:%d\ngot      %s\nexpected %s",
		file, line, text.text, expected);
	strbuf_finish(&text);
}

#define FEED(event, expected) feed(event, expected, __FILE__, __LINE__)
#define ABOUT_SERVICE(what)   ((struct machine_event){ .type = MACHINE_EVENT_##what })
#define ABOUT_WORKER(what, g, w) \
	((struct machine_event){ .type = MACHINE_EVENT_##what, .generation = (g), .worker = (w) })

#define START(expected)               FEED(ABOUT_SERVICE(START), expected)
#define HUP(expected)                 FEED(ABOUT_SERVICE(HUP), expected)
#define STOP(expected)                FEED(ABOUT_SERVICE(STOP), expected)
#define STOP_NOW(expected)            FEED(ABOUT_SERVICE(STOP_NOW), expected)
#define BAKED(g, expected)            FEED(ABOUT_WORKER(BAKED, g, 0), expected)
#define DRAIN_TIMEOUT(g, expected)    FEED(ABOUT_WORKER(DRAIN_TIMEOUT, g, 0), expected)
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

/* A service with one worker whose generation 1 serves. */
static void serve(const struct machine_config *config)
{
	machine_init(&machine, config);
	START("report starting 1; spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	READY(1, 0, "clear ready 1.0; report ready 1; report serving 1");
}

START_TEST(first_generation_serves_once_all_its_workers_are_ready)
{
	struct machine_config config = one_worker;

	config.workers = 2;
	config.bake_ms = 500;
	machine_init(&machine, &config);
	START("report starting 1; spawn 1.0; spawn 1.1");
	STARTED(1, 0, "set ready 1.0 60000");
	STARTED(1, 1, "set ready 1.1 60000");
	READY(1, 1, "clear ready 1.1");
	READY(1, 0, "clear ready 1.0; report ready 1; report serving 1");
}
END_TEST

START_TEST(upgrade_retires_the_predecessor_once_the_successor_is_ready)
{
	serve(&one_worker);
	HUP("report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0,
		"clear ready 2.0; report ready 2; report took over 2; report draining 1 30000; "
		"retire 1 hup; set drain 1 30000");
	EXITED(1, 0, 5000, "clear drain 1; report gone 1; forget 1");
}
END_TEST

START_TEST(upgrade_waits_until_the_successor_has_baked)
{
	struct machine_config config = one_worker;

	config.bake_ms = 500;
	serve(&config);
	HUP("report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0, "clear ready 2.0; report ready 2; report baking 2 500; set bake 2 500");
	BAKED(2, "report took over 2; report draining 1 30000; retire 1 hup; set drain 1 30000");
	DRAIN_TIMEOUT(1, "report hammered 1: drain deadline; kill 1");
	EXITED(1, 0, 35000, "report gone 1; forget 1");
}
END_TEST

START_TEST(successor_that_exits_before_it_is_ready_is_rolled_back)
{
	serve(&one_worker);
	HUP("report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 60000");
	EXITED(2, 0, -1,
		"clear ready 2.0; report rolled back 2.0: exited before it was ready; report gone "
		"2; forget 2");
	HUP("report upgrade started 3; spawn 3.0");
}
END_TEST

START_TEST(successor_that_exits_while_baking_is_rolled_back)
{
	struct machine_config config = one_worker;

	config.bake_ms = 500;
	config.workers = 2;
	machine_init(&machine, &config);
	START("report starting 1; spawn 1.0; spawn 1.1");
	STARTED(1, 0, "set ready 1.0 60000");
	STARTED(1, 1, "set ready 1.1 60000");
	READY(1, 0, "clear ready 1.0");
	READY(1, 1, "clear ready 1.1; report ready 1; report serving 1");
	HUP("report upgrade started 2; spawn 2.0; spawn 2.1");
	STARTED(2, 0, "set ready 2.0 60000");
	STARTED(2, 1, "set ready 2.1 60000");
	READY(2, 0, "clear ready 2.0");
	READY(2, 1, "clear ready 2.1; report ready 2; report baking 2 500; set bake 2 500");
	EXITED(2, 1, 20,
		"report rolled back 2.1: exited while it baked; clear bake 2; report draining 2 "
		"30000; retire 2 hup; set drain 2 30000");
	BAKED(2, "");
	EXITED(2, 0, 40, "clear drain 2; report gone 2; forget 2");
}
END_TEST

START_TEST(successor_that_cannot_be_started_is_rolled_back)
{
	serve(&one_worker);
	HUP("report upgrade started 2; spawn 2.0");
	SPAWN_FAILED(2, 0, "report rolled back 2.0: could not be started; report gone 2; forget 2");
}
END_TEST

START_TEST(successor_that_is_not_ready_in_time_is_rolled_back_and_drained)
{
	serve(&one_worker);
	HUP("report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 60000");
	READY_TIMEOUT(2, 0,
		"report rolled back 2.0: was not ready in time; clear ready 2.0; report draining 2 "
		"30000; retire 2 hup; set drain 2 30000");
	READY(2, 0, "");
	DRAIN_TIMEOUT(2, "report hammered 2: drain deadline; kill 2");
	EXITED(2, 0, 30000, "report gone 2; forget 2");
}
END_TEST

START_TEST(worker_whose_sibling_fails_to_start_is_ended_though_not_yet_told_started)
{
	struct machine_config config = one_worker;

	config.workers = 2;
	machine_init(&machine, &config);
	START("report starting 1; spawn 1.0; spawn 1.1");
	SPAWN_FAILED(1, 0,
		"report start failed 1.0: could not be started; close listeners; report stopping: "
		"never ready; report draining 1 30000; retire 1 stop; set drain 1 30000");
	STARTED(1, 1, "");
	EXITED(1, 1, -1,
		"clear drain 1; report gone 1; forget 1; report stopped: never ready; exit never "
		"ready");
}
END_TEST

START_TEST(upgrades_asked_for_during_one_become_one_more)
{
	serve(&one_worker);
	HUP("report upgrade started 2; spawn 2.0");
	for (int i = 0; i < 20; i++)
		HUP("report upgrade remembered");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0,
		"clear ready 2.0; report ready 2; report took over 2; report draining 1 30000; "
		"retire 1 hup; set drain 1 30000; report upgrade started 3; spawn 3.0");
	STARTED(3, 0, "set ready 3.0 60000");
	READY(3, 0,
		"clear ready 3.0; report ready 3; report took over 3; report draining 2 30000; "
		"retire 2 hup; set drain 2 30000");
}
END_TEST

START_TEST(upgrade_remembered_follows_a_rollback)
{
	serve(&one_worker);
	HUP("report upgrade started 2; spawn 2.0");
	HUP("report upgrade remembered");
	SPAWN_FAILED(2, 0,
		"report rolled back 2.0: could not be started; report gone 2; forget 2; "
		"report upgrade started 3; spawn 3.0");
}
END_TEST

START_TEST(upgrade_asked_for_while_the_first_generation_starts_follows_it)
{
	machine_init(&machine, &one_worker);
	START("report starting 1; spawn 1.0");
	HUP("report upgrade remembered");
	STARTED(1, 0, "set ready 1.0 60000");
	READY(1, 0,
		"clear ready 1.0; report ready 1; report serving 1; report upgrade started 2; "
		"spawn 2.0");
}
END_TEST

START_TEST(first_generation_that_exits_ends_the_service)
{
	machine_init(&machine, &one_worker);
	START("report starting 1; spawn 1.0");
	HUP("report upgrade remembered");
	STARTED(1, 0, "set ready 1.0 60000");
	EXITED(1, 0, -1,
		"clear ready 1.0; report start failed 1.0: exited before it was ready; close "
		"listeners; report "
		"stopping: never ready; report upgrade ignored; report gone 1; forget 1; report "
		"stopped: never ready; exit never ready");
	HUP("");
	STOP("");
	START("");
}
END_TEST

START_TEST(first_generation_that_is_never_ready_is_drained_and_ends_the_service)
{
	machine_init(&machine, &one_worker);
	START("report starting 1; spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	READY_TIMEOUT(1, 0,
		"report start failed 1.0: was not ready in time; close listeners; report stopping: "
		"never ready; clear ready 1.0; report draining 1 30000; retire 1 stop; set drain 1 "
		"30000");
	DRAIN_TIMEOUT(1, "report hammered 1: drain deadline; kill 1");
	EXITED(1, 0, -1, "report gone 1; forget 1; report stopped: never ready; exit never ready");
}
END_TEST

START_TEST(serving_worker_that_dies_is_restarted_later_each_time)
{
	serve(&one_worker);
	EXITED(1, 0, 999, "report worker restarting 1.0 100; set restart 1.0 100");
	RESTART_DUE(1, 0, "spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	EXITED(1, 0, -1, "clear ready 1.0; report worker restarting 1.0 200; set restart 1.0 200");
	RESTART_DUE(1, 0, "spawn 1.0");
	SPAWN_FAILED(1, 0, "report worker restarting 1.0 400; set restart 1.0 400");
	RESTART_DUE(1, 0, "spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	READY(1, 0, "clear ready 1.0; report worker recovered 1.0");
	EXITED(1, 0, 999, "report worker restarting 1.0 800; set restart 1.0 800");
	RESTART_DUE(1, 0, "spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	READY(1, 0, "clear ready 1.0; report worker recovered 1.0");
	EXITED(1, 0, 500, "report worker restarting 1.0 1000; set restart 1.0 1000");
	RESTART_DUE(1, 0, "spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	READY(1, 0, "clear ready 1.0; report worker recovered 1.0");
	EXITED(1, 0, 1000, "report worker restarting 1.0 100; set restart 1.0 100");
}
END_TEST

START_TEST(restarted_worker_that_is_not_ready_in_time_is_killed_and_restarted)
{
	serve(&one_worker);
	EXITED(1, 0, 10, "report worker restarting 1.0 100; set restart 1.0 100");
	RESTART_DUE(1, 0, "spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	READY_TIMEOUT(1, 0, "report worker not ready 1.0; kill worker 1.0");
	READY(1, 0, "");
	READY_TIMEOUT(1, 0, "");
	EXITED(1, 0, -1, "report worker restarting 1.0 200; set restart 1.0 200");
}
END_TEST

START_TEST(predecessor_worker_is_restarted_while_the_successor_starts)
{
	serve(&one_worker);
	HUP("report upgrade started 2; spawn 2.0");
	EXITED(1, 0, 10, "report worker restarting 1.0 100; set restart 1.0 100");
	STARTED(2, 0, "set ready 2.0 60000");
	RESTART_DUE(1, 0, "spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	READY(2, 0,
		"clear ready 2.0; report ready 2; report took over 2; clear ready 1.0; report "
		"draining 1 30000; retire 1 hup; set drain 1 30000");
}
END_TEST

START_TEST(take_over_from_a_generation_in_backoff_clears_its_restart)
{
	serve(&one_worker);
	EXITED(1, 0, 10, "report worker restarting 1.0 100; set restart 1.0 100");
	HUP("report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0,
		"clear ready 2.0; report ready 2; report took over 2; clear restart 1.0; report "
		"gone 1; forget 1");
	RESTART_DUE(1, 0, "");
}
END_TEST

START_TEST(worker_that_dies_too_often_ends_the_service)
{
	struct machine_config config = one_worker;

	config.max_restarts = 1;
	serve(&config);
	EXITED(1, 0, 10, "report worker restarting 1.0 100; set restart 1.0 100");
	RESTART_DUE(1, 0, "spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	EXITED(1, 0, -1,
		"clear ready 1.0; report worker given up 1.0; close listeners; report stopping: "
		"gave up; report gone 1; forget 1; report stopped: gave up; exit gave up");
}
END_TEST

START_TEST(successor_saves_a_service_whose_worker_was_given_up)
{
	struct machine_config config = one_worker;

	config.max_restarts = 0;
	serve(&config);
	HUP("report upgrade started 2; spawn 2.0");
	EXITED(1, 0, 10, "report worker given up 1.0");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0, "clear ready 2.0; report ready 2; report took over 2; report gone 1; forget 1");
}
END_TEST

START_TEST(rollback_to_a_generation_past_help_ends_the_service)
{
	struct machine_config config = one_worker;

	config.max_restarts = 0;
	serve(&config);
	HUP("report upgrade started 2; spawn 2.0");
	EXITED(1, 0, 10, "report worker given up 1.0");
	STARTED(2, 0, "set ready 2.0 60000");
	READY_TIMEOUT(2, 0,
		"report rolled back 2.0: was not ready in time; clear ready 2.0; report draining 2 "
		"30000; retire 2 hup; set drain 2 30000; close listeners; report stopping: gave "
		"up; report gone 1; forget 1; retire 2 stop");
	EXITED(2, 0, -1,
		"clear drain 2; report gone 2; forget 2; report stopped: gave up; exit gave up");
}
END_TEST

START_TEST(command_that_ends_without_restart_ends_the_service)
{
	struct machine_config config = one_worker;

	config.restart = false;
	serve(&config);
	EXITED(1, 0, 10,
		"close listeners; report stopping: command ended; report gone 1; forget 1; report "
		"stopped: command ended; exit command ended");
}
END_TEST

START_TEST(command_that_ends_before_it_is_ready_without_restart_has_ended)
{
	struct machine_config config = one_worker;

	config.restart = false;
	machine_init(&machine, &config);
	START("report starting 1; spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	EXITED(1, 0, -1,
		"clear ready 1.0; report start failed 1.0: exited before it was ready; close "
		"listeners; report "
		"stopping: command ended; report gone 1; forget 1; report stopped: command ended; "
		"exit command ended");
}
END_TEST

START_TEST(command_that_ends_during_its_upgrade_waits_for_the_successor)
{
	struct machine_config config = one_worker;

	config.restart = false;
	serve(&config);
	HUP("report upgrade started 2; spawn 2.0");
	EXITED(1, 0, 10, "");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0, "clear ready 2.0; report ready 2; report took over 2; report gone 1; forget 1");
}
END_TEST

START_TEST(more_than_max_draining_hammers_the_oldest)
{
	serve(&one_worker);
	for (unsigned g = 2; g <= 3; g++) {
		machine_step(&machine, &ABOUT_SERVICE(HUP), &actions);
		machine_step(&machine, &ABOUT_WORKER(WORKER_STARTED, g, 0), &actions);
		machine_step(&machine, &ABOUT_WORKER(WORKER_READY, g, 0), &actions);
	}
	HUP("report upgrade started 4; spawn 4.0");
	STARTED(4, 0, "set ready 4.0 60000");
	READY(4, 0,
		"clear ready 4.0; report ready 4; report took over 4; report draining 3 30000; "
		"retire 3 hup; set drain 3 30000; clear drain 1; report hammered 1: too many "
		"draining; kill 1");
}
END_TEST

START_TEST(upgrade_waits_while_too_many_hammered_generations_do_not_die)
{
	struct machine_config config = one_worker;

	config.max_draining = 1;
	serve(&config);
	for (unsigned g = 2; g <= 4; g++) {
		machine_step(&machine, &ABOUT_SERVICE(HUP), &actions);
		machine_step(&machine, &ABOUT_WORKER(WORKER_STARTED, g, 0), &actions);
		machine_step(&machine, &ABOUT_WORKER(WORKER_READY, g, 0), &actions);
	}
	HUP("report upgrade remembered");
	HUP("report upgrade remembered");
	EXITED(2, 0, 10, "report gone 2; forget 2; report upgrade started 5; spawn 5.0");
}
END_TEST

START_TEST(stop_drains_every_generation_and_keeps_deadlines_that_run)
{
	serve(&one_worker);
	HUP("report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0,
		"clear ready 2.0; report ready 2; report took over 2; report draining 1 30000; "
		"retire 1 hup; set drain 1 30000");
	HUP("report upgrade started 3; spawn 3.0");
	HUP("report upgrade remembered");
	STARTED(3, 0, "set ready 3.0 60000");
	STOP("close listeners; report stopping: stopped; report rolled back 3.0: the service was "
	     "stopped; report upgrade ignored; retire 1 stop; report draining 2 30000; retire 2 "
	     "stop; set drain 2 30000; clear ready 3.0; report draining 3 30000; retire 3 stop; "
	     "set drain 3 30000");
	HUP("report upgrade ignored");
	READY(3, 0, "");
	EXITED(3, 0, 0, "clear drain 3; report gone 3; forget 3");
	EXITED(2, 0, 10, "clear drain 2; report gone 2; forget 2");
	EXITED(1, 0, 10,
		"clear drain 1; report gone 1; forget 1; report stopped: stopped; exit stopped");
}
END_TEST

START_TEST(second_stop_hammers_at_once)
{
	serve(&one_worker);
	STOP("close listeners; report stopping: stopped; report draining 1 30000; retire 1 stop; "
	     "set drain 1 30000");
	STOP("clear drain 1; report hammered 1: told to stop at once; kill 1");
	STOP("");
	EXITED(1, 0, 10, "report gone 1; forget 1; report stopped: stopped; exit stopped");
}
END_TEST

START_TEST(stop_now_hammers_at_once)
{
	serve(&one_worker);
	STOP_NOW("close listeners; report stopping: stopped; report hammered 1: told to stop at "
		 "once; kill 1");
	EXITED(1, 0, 10, "report gone 1; forget 1; report stopped: stopped; exit stopped");
}
END_TEST

START_TEST(stop_in_backoff_ends_at_once)
{
	serve(&one_worker);
	EXITED(1, 0, 10, "report worker restarting 1.0 100; set restart 1.0 100");
	STOP("close listeners; report stopping: stopped; clear restart 1.0; report gone 1; forget "
	     "1; report stopped: stopped; exit stopped");
}
END_TEST

START_TEST(stop_before_the_start_ends_at_once)
{
	machine_init(&machine, &one_worker);
	STOP("close listeners; report stopping: stopped; report stopped: stopped; exit stopped");
	START("");
}
END_TEST

START_TEST(first_stop_while_the_service_ends_of_itself_does_not_hurry)
{
	machine_init(&machine, &one_worker);
	START("report starting 1; spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	READY_TIMEOUT(1, 0,
		"report start failed 1.0: was not ready in time; close listeners; report stopping: "
		"never ready; clear ready 1.0; report draining 1 30000; retire 1 stop; set drain 1 "
		"30000");
	STOP("report stopping: never ready");
	STOP("clear drain 1; report hammered 1: told to stop at once; kill 1");
	EXITED(1, 0, -1, "report gone 1; forget 1; report stopped: never ready; exit never ready");
}
END_TEST

START_TEST(stale_events_are_ignored)
{
	serve(&one_worker);
	START("");
	STARTED(1, 0, "");
	SPAWN_FAILED(1, 0, "");
	READY(1, 0, "");
	READY_TIMEOUT(1, 0, "");
	RESTART_DUE(1, 0, "");
	BAKED(1, "");
	DRAIN_TIMEOUT(1, "");
	EXITED(0, 0, 10, "");
	EXITED(2, 0, 10, "");
	EXITED(1, 1, 10, "");
	EXITED(1, MACHINE_WORKERS_MAX, 10, "");
	EXITED(1, -1U, 10, "");
}
END_TEST

START_TEST(longest_list_of_actions_has_room)
{
	struct machine_config config = one_worker;

	config.workers = MACHINE_WORKERS_MAX;
	config.max_draining = MACHINE_DRAINING_MAX;
	machine_init(&machine, &config);
	machine_step(&machine, &ABOUT_SERVICE(START), &actions);
	for (unsigned g = 1; g < MACHINE_GENERATIONS_MAX; g++) {
		for (unsigned w = 0; w < config.workers; w++)
			machine_step(&machine, &ABOUT_WORKER(WORKER_STARTED, g, w), &actions);
		for (unsigned w = 0; w < config.workers; w++)
			machine_step(&machine, &ABOUT_WORKER(WORKER_READY, g, w), &actions);
		machine_step(&machine, &ABOUT_SERVICE(HUP), &actions);
	}
	ck_assert_uint_eq(machine.last_number, MACHINE_GENERATIONS_MAX);
	for (unsigned w = 0; w < config.workers; w++) {
		machine_step(&machine, &ABOUT_WORKER(WORKER_STARTED, MACHINE_GENERATIONS_MAX, w),
			&actions);
		machine_step(&machine, &ABOUT_WORKER(WORKER_EXITED, MACHINE_GENERATIONS_MAX - 1, w),
			&actions);
	}
	machine_step(&machine, &ABOUT_SERVICE(STOP), &actions);
	ck_assert_uint_gt(actions.count, 2 * (size_t)MACHINE_WORKERS_MAX);
	machine_step(&machine, &ABOUT_SERVICE(STOP), &actions);
	ck_assert_uint_gt(actions.count, 3 * (size_t)MACHINE_DRAINING_MAX);
}
END_TEST

START_TEST(expired_timer_becomes_its_event)
{
	struct machine_action action = {
		.timer = MACHINE_TIMER_RESTART, .generation = 7, .worker = 3
	};
	struct machine_event event = machine_expiry(&action);

	ck_assert_int_eq(event.type, MACHINE_EVENT_RESTART_DUE);
	ck_assert_uint_eq(event.generation, 7);
	ck_assert_uint_eq(event.worker, 3);
}
END_TEST

START_TEST(generation_is_found_until_it_is_forgotten)
{
	serve(&one_worker);
	ck_assert_uint_eq(machine_find(&machine, 1)->number, 1);
	ck_assert_ptr_null(machine_find(&machine, 0));
	ck_assert_ptr_null(machine_find(&machine, 2));
	STOP_NOW("close listeners; report stopping: stopped; report hammered 1: told to stop at "
		 "once; kill 1");
	EXITED(1, 0, 10, "report gone 1; forget 1; report stopped: stopped; exit stopped");
	ck_assert_ptr_null(machine_find(&machine, 1));
}
END_TEST

START_TEST(names_are_those_of_the_lists)
{
	ck_assert_str_eq(machine_event_name(MACHINE_EVENT_HUP), "hup");
	ck_assert_str_eq(machine_state_name(MACHINE_UPGRADING), "upgrading");
	ck_assert_str_eq(machine_generation_state_name(MACHINE_GENERATION_BAKING), "baking");
	ck_assert_str_eq(machine_worker_state_name(MACHINE_WORKER_BACKOFF), "backoff");
	ck_assert_str_eq(machine_cause_name(MACHINE_CAUSE_TOO_MANY), "too many draining");
	ck_assert_str_eq(machine_event_name(MACHINE_EVENT_COUNT), "?");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		first_generation_serves_once_all_its_workers_are_ready,
		upgrade_retires_the_predecessor_once_the_successor_is_ready,
		upgrade_waits_until_the_successor_has_baked,
		successor_that_exits_before_it_is_ready_is_rolled_back,
		successor_that_exits_while_baking_is_rolled_back,
		successor_that_cannot_be_started_is_rolled_back,
		successor_that_is_not_ready_in_time_is_rolled_back_and_drained,
		worker_whose_sibling_fails_to_start_is_ended_though_not_yet_told_started,
		upgrades_asked_for_during_one_become_one_more,
		upgrade_remembered_follows_a_rollback,
		upgrade_asked_for_while_the_first_generation_starts_follows_it,
		first_generation_that_exits_ends_the_service,
		first_generation_that_is_never_ready_is_drained_and_ends_the_service,
		serving_worker_that_dies_is_restarted_later_each_time,
		restarted_worker_that_is_not_ready_in_time_is_killed_and_restarted,
		predecessor_worker_is_restarted_while_the_successor_starts,
		take_over_from_a_generation_in_backoff_clears_its_restart,
		worker_that_dies_too_often_ends_the_service,
		successor_saves_a_service_whose_worker_was_given_up,
		rollback_to_a_generation_past_help_ends_the_service,
		command_that_ends_without_restart_ends_the_service,
		command_that_ends_before_it_is_ready_without_restart_has_ended,
		command_that_ends_during_its_upgrade_waits_for_the_successor,
		more_than_max_draining_hammers_the_oldest,
		upgrade_waits_while_too_many_hammered_generations_do_not_die,
		stop_drains_every_generation_and_keeps_deadlines_that_run,
		second_stop_hammers_at_once,
		stop_now_hammers_at_once,
		stop_in_backoff_ends_at_once,
		stop_before_the_start_ends_at_once,
		first_stop_while_the_service_ends_of_itself_does_not_hurry,
		stale_events_are_ignored,
		longest_list_of_actions_has_room,
		expired_timer_becomes_its_event,
		generation_is_found_until_it_is_forgotten,
		names_are_those_of_the_lists,
	};

	return SUITE_RUN("machine", cases);
}
