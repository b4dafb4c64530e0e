/* SPDX-License-Identifier: MIT */
/* Upgrades to another configuration, and those that a bad one refuses. */
#include "support/machine_scenario.h"
#include "support/suite.h"

static struct machine_config first, next;

static void setup(void)
{
	first = one_worker;
	first.configures = true;
	next = first;
}

START_TEST(configuration_is_read_before_anything_is_started)
{
	serve(&first);
	HUP("configure");
	CONFIGURED(&next, "report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0,
		"clear ready 2.0; report ready 2; report took over 2; report draining 1 30000; "
		"retire 1 hup; set drain 1 30000");
}
END_TEST

START_TEST(bad_configuration_leaves_all_as_it_was)
{
	serve(&first);
	HUP("configure");
	CONFIG_REFUSED("report upgrade refused");
	ck_assert_uint_eq(machine.last_number, 1);
	EXITED(1, 0, 5000, "report worker restarting 1.0 100; set restart 1.0 100");
	RESTART_DUE(1, 0, "spawn 1.0");
}
END_TEST

START_TEST(upgrade_asked_for_while_it_is_read_reads_it_again)
{
	serve(&first);
	HUP("configure");
	HUP("report upgrade remembered");
	CONFIG_REFUSED("report upgrade refused; configure");
	CONFIGURED(&next, "report upgrade started 2; spawn 2.0");
}
END_TEST

START_TEST(remembered_upgrade_has_the_newest_configuration)
{
	serve(&first);
	HUP("configure");
	CONFIGURED(&next, "report upgrade started 2; spawn 2.0");
	HUP("report upgrade remembered");
	STARTED(2, 0, "set ready 2.0 60000");
	EXITED(2, 0, -1,
		"clear ready 2.0; report rolled back 2.0: exited before it was ready; report gone "
		"2; forget 2; configure");
	next.workers = 2;
	CONFIGURED(&next, "report upgrade started 3; spawn 3.0; spawn 3.1");
}
END_TEST

START_TEST(successor_has_more_workers)
{
	next.workers = 2;
	serve(&first);
	HUP("configure");
	CONFIGURED(&next, "report upgrade started 2; spawn 2.0; spawn 2.1");
	STARTED(2, 0, "set ready 2.0 60000");
	STARTED(2, 1, "set ready 2.1 60000");
	READY(2, 0, "clear ready 2.0");
	READY(1, 1, ""); /* the predecessor has no such worker */
	READY(2, 1,
		"clear ready 2.1; report ready 2; report took over 2; report draining 1 30000; "
		"retire 1 hup; set drain 1 30000");
	EXITED(1, 0, 5000, "clear drain 1; report gone 1; forget 1");
	EXITED(2, 1, 5000, "report worker restarting 2.1 100; set restart 2.1 100");
}
END_TEST

START_TEST(successor_has_fewer_workers)
{
	first.workers = 2;
	machine_init(&machine, &first);
	START("report starting 1; spawn 1.0; spawn 1.1");
	STARTED(1, 0, "set ready 1.0 60000");
	STARTED(1, 1, "set ready 1.1 60000");
	READY(1, 0, "clear ready 1.0");
	READY(1, 1, "clear ready 1.1; report ready 1; report serving 1");
	next.workers = 1;
	HUP("configure");
	CONFIGURED(&next, "report upgrade started 2; spawn 2.0");
	EXITED(1, 1, 5000, "report worker restarting 1.1 100; set restart 1.1 100");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0,
		"clear ready 2.0; report ready 2; report took over 2; clear restart 1.1; report "
		"draining 1 30000; retire 1 hup; set drain 1 30000");
	EXITED(1, 0, 5000, "clear drain 1; report gone 1; forget 1");
}
END_TEST

START_TEST(predecessor_keeps_its_time_to_drain_and_successor_has_its_own)
{
	next.drain_timeout_ms = 7;
	next.ready_timeout_ms = 8;
	next.bake_ms = 9;
	serve(&first);
	HUP("configure");
	CONFIGURED(&next, "report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 8");
	READY(2, 0, "clear ready 2.0; report ready 2; report baking 2 9; set bake 2 9");
	BAKED(2, "report took over 2; report draining 1 30000; retire 1 hup; set drain 1 30000");
	STOP("close listeners; report stopping: stopped; retire 1 stop; report draining 2 7; "
	     "retire 2 stop; set drain 2 7");
}
END_TEST

START_TEST(configuration_of_a_successor_that_failed_is_forgotten)
{
	next.restart_min_ms = 500;
	serve(&first);
	HUP("configure");
	CONFIGURED(&next, "report upgrade started 2; spawn 2.0");
	SPAWN_FAILED(2, 0, "report rolled back 2.0: could not be started; report gone 2; forget 2");
	EXITED(1, 0, 5, "report worker restarting 1.0 100; set restart 1.0 100");
	ck_assert_int_eq(machine.config.restart_min_ms, 100);
}
END_TEST

/* From the service whose generation serves to one more, which leaves another that drains. */
static void upgrade(unsigned generation, const char *expected)
{
	HUP("configure");
	CONFIGURED(&next,
		generation == 2           ? "report upgrade started 2; spawn 2.0"
			: generation == 3 ? "report upgrade started 3; spawn 3.0"
					  : "report upgrade started 4; spawn 4.0");
	machine_step(&machine, &ABOUT_WORKER(WORKER_STARTED, generation, 0), &actions);
	READY(generation, 0, expected);
}

START_TEST(fewer_may_drain_from_then_on)
{
	serve(&first);
	upgrade(2,
		"clear ready 2.0; report ready 2; report took over 2; report draining 1 30000; "
		"retire 1 hup; set drain 1 30000");
	upgrade(3,
		"clear ready 3.0; report ready 3; report took over 3; report draining 2 30000; "
		"retire 2 hup; set drain 2 30000");
	next.max_draining = 1;
	upgrade(4,
		"clear ready 4.0; report ready 4; report took over 4; report draining 3 30000; "
		"retire 3 hup; set drain 3 30000; clear drain 1; report hammered 1: too many "
		"draining; kill 1; clear drain 2; report hammered 2: too many draining; kill 2");
}
END_TEST

START_TEST(what_is_set_during_an_upgrade_outlasts_it)
{
	serve(&first);
	HUP("configure");
	CONFIGURED(&next, "report upgrade started 2; spawn 2.0");
	machine_set_drain_timeout(&machine, 7000);
	machine_set_workers(&machine, 2);
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0,
		"clear ready 2.0; report ready 2; report took over 2; report draining 1 7000; "
		"retire 1 hup; set drain 1 7000");
	ck_assert_int_eq(machine.config.drain_timeout_ms, 7000);
	ck_assert_uint_eq(machine.config.workers, 2);
	EXITED(1, 0, 5000, "clear drain 1; report gone 1; forget 1");
}
END_TEST

START_TEST(stop_while_it_is_read_ignores_the_upgrade_and_the_answer)
{
	serve(&first);
	HUP("configure");
	STOP("close listeners; report stopping: stopped; report upgrade ignored; report draining "
	     "1 30000; retire 1 stop; set drain 1 30000");
	CONFIGURED(&next, "");
	CONFIG_REFUSED("");
	EXITED(1, 0, 5000,
		"clear drain 1; report gone 1; forget 1; report stopped: stopped; exit stopped");
}
END_TEST

START_TEST(answer_that_nobody_asked_for_is_ignored)
{
	machine_init(&machine, &first);
	CONFIGURED(&next, "");
	serve(&first);
	CONFIGURED(&next, "");
	CONFIG_REFUSED("");
	HUP("configure");
	CONFIGURED(&next, "report upgrade started 2; spawn 2.0");
	CONFIGURED(&next, "");
	CONFIG_REFUSED("");
}
END_TEST

/* The upgrade is the last hope of a generation past help; a refused one is none. */
START_TEST(service_past_help_ends_when_its_upgrade_is_refused)
{
	first.max_restarts = 0;
	serve(&first);
	HUP("configure");
	EXITED(1, 0, 5, "report worker given up 1.0");
	CONFIG_REFUSED("report upgrade refused; close listeners; report stopping: gave up; report "
		       "gone 1; forget 1; report stopped: gave up; exit gave up");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		configuration_is_read_before_anything_is_started,
		bad_configuration_leaves_all_as_it_was,
		upgrade_asked_for_while_it_is_read_reads_it_again,
		remembered_upgrade_has_the_newest_configuration,
		successor_has_more_workers,
		successor_has_fewer_workers,
		predecessor_keeps_its_time_to_drain_and_successor_has_its_own,
		configuration_of_a_successor_that_failed_is_forgotten,
		fewer_may_drain_from_then_on,
		what_is_set_during_an_upgrade_outlasts_it,
		stop_while_it_is_read_ignores_the_upgrade_and_the_answer,
		answer_that_nobody_asked_for_is_ignored,
		service_past_help_ends_when_its_upgrade_is_refused,
	};
	struct suite suite = {
		.name = "machine_config",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
	};

	return suite_run(&suite);
}
