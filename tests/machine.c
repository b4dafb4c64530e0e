/* SPDX-License-Identifier: MIT */
/*
 * The step of the upgrade machine: supervisor/machine.c. What happens in the
 * situations people will meet is in machine_upgrade.c, machine_workers.c and
 * machine_stop.c; machine_walk.c checks the rules in every state there is.
 */
#include "support/machine_scenario.h"
#include "support/suite.h"

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
		stale_events_are_ignored,
		longest_list_of_actions_has_room,
		expired_timer_becomes_its_event,
		generation_is_found_until_it_is_forgotten,
		names_are_those_of_the_lists,
	};

	return SUITE_RUN("machine", cases);
}
