/* SPDX-License-Identifier: MIT */
/* The end of the service, gently and with the hammer: supervisor/machine_stop.c. */
#include "support/machine_scenario.h"
#include "support/suite.h"

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

START_TEST(generation_that_drains_and_is_idle_is_hammered)
{
	serve(&one_worker);
	IDLE(1, ""); /* it serves: that is nothing to be killed for */
	HUP("report upgrade started 2; spawn 2.0");
	STARTED(2, 0, "set ready 2.0 60000");
	READY(2, 0,
		"clear ready 2.0; report ready 2; report took over 2; report draining 1 30000; "
		"retire 1 hup; set drain 1 30000");
	IDLE(2, "");
	IDLE(1, "clear drain 1; report hammered 1: no connection; kill 1");
	IDLE(1, "");
	DRAIN_TIMEOUT(1, "");
	EXITED(1, 0, 10, "report gone 1; forget 1");
	IDLE(1, "");
}
END_TEST

START_TEST(idle_generation_is_hammered_at_the_end_of_the_service_too)
{
	serve(&one_worker);
	STOP("close listeners; report stopping: stopped; report draining 1 30000; retire 1 stop; "
	     "set drain 1 30000");
	IDLE(1, "clear drain 1; report hammered 1: no connection; kill 1");
	STOP("");
	EXITED(1, 0, 10, "report gone 1; forget 1; report stopped: stopped; exit stopped");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		stop_drains_every_generation_and_keeps_deadlines_that_run,
		second_stop_hammers_at_once,
		stop_now_hammers_at_once,
		stop_in_backoff_ends_at_once,
		stop_before_the_start_ends_at_once,
		first_stop_while_the_service_ends_of_itself_does_not_hurry,
		generation_that_drains_and_is_idle_is_hammered,
		idle_generation_is_hammered_at_the_end_of_the_service_too,
	};

	return SUITE_RUN("machine_stop", cases);
}
