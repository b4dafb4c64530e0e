/* SPDX-License-Identifier: MIT */
/* Generations from their start until they serve or have failed: supervisor/machine_upgrade.c. */
#include "support/machine_scenario.h"
#include "support/suite.h"

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

START_TEST(number_of_workers_is_that_of_the_generations_start)
{
	serve(&one_worker);
	machine_set_workers(&machine, 3);
	EXITED(1, 0, 5000, "report worker restarting 1.0 100; set restart 1.0 100");
	RESTART_DUE(1, 0, "spawn 1.0");
	STARTED(1, 0, "set ready 1.0 60000");
	READY(1, 0, "clear ready 1.0; report worker recovered 1.0");
	HUP("report upgrade started 2; spawn 2.0; spawn 2.1; spawn 2.2");
	STARTED(2, 0, "set ready 2.0 60000");
	STARTED(2, 1, "set ready 2.1 60000");
	STARTED(2, 2, "set ready 2.2 60000");
	READY(2, 0, "clear ready 2.0");
	READY(2, 1, "clear ready 2.1");
	machine_set_workers(&machine, 1);
	READY(2, 2,
		"clear ready 2.2; report ready 2; report took over 2; report draining 1 30000; "
		"retire 1 hup; set drain 1 30000");
	EXITED(1, 0, 5000, "clear drain 1; report gone 1; forget 1");
	HUP("report upgrade started 3; spawn 3.0");
	STARTED(3, 0, "set ready 3.0 60000");
	READY(3, 0,
		"clear ready 3.0; report ready 3; report took over 3; report draining 2 30000; "
		"retire 2 hup; set drain 2 30000");
	EXITED(2, 0, 5000, "");
	EXITED(2, 2, 5000, "");
	EXITED(2, 1, 5000, "clear drain 2; report gone 2; forget 2");
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
		"never started; report draining 1 30000; retire 1 stop; set drain 1 30000");
	STARTED(1, 1, "");
	EXITED(1, 1, -1,
		"clear drain 1; report gone 1; forget 1; report stopped: never started; exit never "
		"started");
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

int main(void)
{
	const TTest *cases[] = {
		first_generation_serves_once_all_its_workers_are_ready,
		upgrade_retires_the_predecessor_once_the_successor_is_ready,
		number_of_workers_is_that_of_the_generations_start,
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
		more_than_max_draining_hammers_the_oldest,
		upgrade_waits_while_too_many_hammered_generations_do_not_die,
	};

	return SUITE_RUN("machine_upgrade", cases);
}
