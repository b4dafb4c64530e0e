/* SPDX-License-Identifier: MIT */
/* When the machine says who gets what is new, among all else that it says then. */
#include "support/machine_scenario.h"
#include "support/suite.h"

static struct machine_config config;

static void setup(void)
{
	config = one_worker;
	config.steers = true;
}

/* A service that steers until its generation 1 serves. */
static void serve_steered(void)
{
	machine_init(&machine, &config);
	START("report starting 1; spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	READY(1, 0, "clear ready 1.0; report ready 1; steer 1; report serving 1");
}

/* And its successor until it bakes. */
static void bake(void)
{
	config.bake_ms = 500;
	serve_steered();
	HUP("report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0,
		"clear ready 2.0; report ready 2; steer 2 in part; report baking 2 500; "
		"set bake 2 500");
}

START_TEST(first_generation_is_steered_to_once_all_its_workers_are_ready)
{
	config.workers = 2;
	config.bake_ms = 500; /* it does not: there is nothing to go back to */
	machine_init(&machine, &config);
	START("report starting 1; spawn 1.0; spawn 1.1");
	STARTED(1, 0, "set ready 1.0 60000");
	STARTED(1, 1, "set ready 1.1 60000");
	READY(1, 1, "clear ready 1.1");
	READY(1, 0, "clear ready 1.0; report ready 1; steer 1; report serving 1");
}
END_TEST

START_TEST(first_generation_that_fails_is_never_steered_to)
{
	machine_init(&machine, &config);
	START("report starting 1; spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	EXITED(1, 0, -1,
		"clear ready 1.0; report start failed 1.0: exited before it was ready; close "
		"listeners; report stopping: never ready; report gone 1; forget 1; report "
		"stopped: never ready; exit never ready");
}
END_TEST

/* The predecessor may only be told to end when it gets nothing any more. */
START_TEST(successor_is_steered_to_before_its_predecessor_is_retired)
{
	serve_steered();
	HUP("report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0,
		"clear ready 2.0; report ready 2; steer 2; report took over 2; report draining 1 "
		"30000; retire 1 hup; set drain 1 30000");
	EXITED(1, 0, 5000, "clear drain 1; report gone 1; forget 1");
}
END_TEST

START_TEST(successor_gets_a_part_while_it_bakes_and_then_all)
{
	bake();
	BAKED(2,
		"steer 2; report took over 2; report draining 1 30000; retire 1 hup; set drain 1 "
		"30000");
	DRAIN_TIMEOUT(1, "report hammered 1: drain deadline; kill 1");
	EXITED(1, 0, 35000, "report gone 1; forget 1");
}
END_TEST

START_TEST(successor_that_is_not_ready_in_time_gets_nothing)
{
	serve_steered();
	HUP("report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 60000");
	READY_TIMEOUT(2, 0,
		"steer 1; report rolled back 2.0: was not ready in time; clear ready 2.0; report "
		"draining 2 30000; retire 2 hup; set drain 2 30000");
	READY(2, 0, "");
	EXITED(2, 0, 30, "clear drain 2; report gone 2; forget 2");
}
END_TEST

START_TEST(successor_that_exits_before_it_is_ready_gets_nothing)
{
	serve_steered();
	HUP("report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 60000");
	EXITED(2, 0, -1,
		"clear ready 2.0; steer 1; report rolled back 2.0: exited before it was ready; "
		"report gone 2; forget 2");
}
END_TEST

START_TEST(successor_that_cannot_be_started_gets_nothing)
{
	serve_steered();
	HUP("report upgrade started 2; spawn 2.0");
	SPAWN_FAILED(2, 0,
		"steer 1; report rolled back 2.0: could not be started; report gone 2; forget 2");
}
END_TEST

/* What it got a part of comes to its predecessor at once: it may have other workers left. */
START_TEST(all_goes_back_when_a_successor_that_bakes_exits)
{
	config.workers = 2;
	config.bake_ms = 500;
	machine_init(&machine, &config);
	START("report starting 1; spawn 1.0; spawn 1.1");
	STARTED(1, 0, "set ready 1.0 60000");
	STARTED(1, 1, "set ready 1.1 60000");
	READY(1, 0, "clear ready 1.0");
	READY(1, 1, "clear ready 1.1; report ready 1; steer 1; report serving 1");
	HUP("report upgrade started 2; spawn 2.0; spawn 2.1");
	STARTED(2, 0, "set ready 2.0 60000");
	STARTED(2, 1, "set ready 2.1 60000");
	READY(2, 0, "clear ready 2.0");
	READY(2, 1,
		"clear ready 2.1; report ready 2; steer 2 in part; report baking 2 500; "
		"set bake 2 500");
	EXITED(2, 1, 20,
		"steer 1; report rolled back 2.1: exited while it baked; clear bake 2; report "
		"draining 2 30000; retire 2 hup; set drain 2 30000");
	BAKED(2, "");
	EXITED(2, 0, 40, "clear drain 2; report gone 2; forget 2");
}
END_TEST

START_TEST(all_goes_back_when_the_only_worker_of_a_successor_exits)
{
	bake();
	EXITED(2, 0, 20,
		"steer 1; report rolled back 2.0: exited while it baked; clear bake 2; report gone "
		"2; forget 2");
}
END_TEST

START_TEST(upgrade_after_a_rollback_is_steered_to_anew)
{
	bake();
	EXITED(2, 0, 20,
		"steer 1; report rolled back 2.0: exited while it baked; clear bake 2; report gone "
		"2; forget 2");
	HUP("report upgrade started 3; spawn 3.0");
	STARTED(3, 0, "set ready 3.0 60000");
	READY(3, 0,
		"clear ready 3.0; report ready 3; steer 3 in part; report baking 3 500; "
		"set bake 3 500");
	BAKED(3,
		"steer 3; report took over 3; report draining 1 30000; retire 1 hup; set drain 1 "
		"30000");
}
END_TEST

START_TEST(upgrade_that_was_remembered_starts_after_the_steering)
{
	serve_steered();
	HUP("report upgrade started 2; spawn 2.0");
	HUP("report upgrade remembered");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0,
		"clear ready 2.0; report ready 2; steer 2; report took over 2; report draining 1 "
		"30000; retire 1 hup; set drain 1 30000; report upgrade started 3; spawn 3.0");
}
END_TEST

/* Its sockets stay, and what waits in them is for who comes next. */
START_TEST(worker_that_is_restarted_changes_nothing)
{
	serve_steered();
	EXITED(1, 0, 5000, "report worker restarting 1.0 100; set restart 1.0 100");
	RESTART_DUE(1, 0, "spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	READY(1, 0, "clear ready 1.0; report worker recovered 1.0");
}
END_TEST

START_TEST(stop_steers_nothing)
{
	bake();
	STOP("close listeners; report stopping: stopped; report rolled back 2.0: the service was "
	     "stopped; report draining 1 30000; retire 1 "
	     "stop; set drain 1 30000; clear bake 2; report draining 2 30000; retire 2 stop; "
	     "set drain 2 30000");
}
END_TEST

START_TEST(service_that_does_not_steer_steers_nothing)
{
	config.steers = false;
	config.bake_ms = 500;
	serve(&config);
	HUP("report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0, "clear ready 2.0; report ready 2; report baking 2 500; set bake 2 500");
	BAKED(2, "report took over 2; report draining 1 30000; retire 1 hup; set drain 1 30000");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		first_generation_is_steered_to_once_all_its_workers_are_ready,
		first_generation_that_fails_is_never_steered_to,
		successor_is_steered_to_before_its_predecessor_is_retired,
		successor_gets_a_part_while_it_bakes_and_then_all,
		successor_that_is_not_ready_in_time_gets_nothing,
		successor_that_exits_before_it_is_ready_gets_nothing,
		successor_that_cannot_be_started_gets_nothing,
		all_goes_back_when_a_successor_that_bakes_exits,
		all_goes_back_when_the_only_worker_of_a_successor_exits,
		upgrade_after_a_rollback_is_steered_to_anew,
		upgrade_that_was_remembered_starts_after_the_steering,
		worker_that_is_restarted_changes_nothing,
		stop_steers_nothing,
		service_that_does_not_steer_steers_nothing,
	};
	struct suite suite = {
		.name = "machine_steer",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
	};

	return suite_run(&suite);
}
