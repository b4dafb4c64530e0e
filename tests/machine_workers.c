/* SPDX-License-Identifier: MIT */
/* Workers that die while they serve: supervisor/machine_workers.c. */
#include "support/machine_scenario.h"
#include "support/suite.h"

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

int main(void)
{
	const TTest *cases[] = {
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
	};

	return SUITE_RUN("machine_workers", cases);
}
