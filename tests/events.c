/* SPDX-License-Identifier: MIT */
/* What has happened, kept and told: supervisor/events.c. */
#include "events.h"

#include <string.h>

#include "support/suite.h"

static struct events events;
static struct event told;
static int told_count;

static void setup(void)
{
	told_count = 0;
	ck_assert_int_eq(events_init(&events), 0);
}

static void teardown(void)
{
	events_finish(&events);
	events_finish(&events); /* harmless */
}

static void add(enum machine_report what, unsigned generation)
{
	events_add(&events, &(struct event){ .what = what, .generation = generation, .text = "x" });
}

static void on_event(const struct event *event, void *data)
{
	*(int *)data += 1;
	told = *event;
}

START_TEST(there_is_nothing_at_first)
{
	ck_assert_uint_eq(events_first(&events), 1);
	ck_assert_ptr_null(events_get(&events, 0));
	ck_assert_ptr_null(events_get(&events, 1));
	ck_assert_ptr_null(events_outcome(&events, 0));
}
END_TEST

START_TEST(event_is_numbered_and_told)
{
	events.on_event = on_event;
	events.data = &told_count;
	add(MACHINE_REPORT_STARTING, 1);
	add(MACHINE_REPORT_READY, 1);
	ck_assert_int_eq(told_count, 2);
	ck_assert_uint_eq(told.number, 2);
	ck_assert_int_eq(told.what, MACHINE_REPORT_READY);
	ck_assert_str_eq(told.text, "x");
	ck_assert_int_gt(told.at_ms, 1700000000000);
	ck_assert_int_eq(events_get(&events, 1)->what, MACHINE_REPORT_STARTING);
	ck_assert_ptr_null(events_get(&events, 3));
}
END_TEST

START_TEST(oldest_give_way)
{
	for (unsigned i = 1; i <= EVENTS_KEPT + 10; i++)
		add(MACHINE_REPORT_GONE, i);
	ck_assert_uint_eq(events_first(&events), 11);
	ck_assert_ptr_null(events_get(&events, 10));
	for (unsigned i = 11; i <= EVENTS_KEPT + 10; i++) {
		ck_assert_uint_eq(events_get(&events, i)->number, i);
		ck_assert_uint_eq(events_get(&events, i)->generation, i);
	}
	ck_assert_uint_eq(events.counts[MACHINE_REPORT_GONE], EVENTS_KEPT + 10);
}
END_TEST

START_TEST(outcomes_outlive_other_events)
{
	add(MACHINE_REPORT_SERVING, 1);
	add(MACHINE_REPORT_ROLLED_BACK, 2);
	for (unsigned i = 0; i < 2 * EVENTS_KEPT; i++)
		add(MACHINE_REPORT_WORKER_RESTARTING, 1);
	ck_assert_int_eq(events_outcome(&events, 0)->what, MACHINE_REPORT_ROLLED_BACK);
	ck_assert_int_eq(events_outcome(&events, 1)->what, MACHINE_REPORT_SERVING);
	ck_assert_ptr_null(events_outcome(&events, 2));
	for (unsigned i = 3; i < 3 + 2 * EVENTS_OUTCOMES_KEPT; i++)
		add(MACHINE_REPORT_TOOK_OVER, i);
	for (unsigned i = 0; i < EVENTS_OUTCOMES_KEPT; i++)
		ck_assert_uint_eq(
			events_outcome(&events, i)->generation, 2 + 2 * EVENTS_OUTCOMES_KEPT - i);
	ck_assert_ptr_null(events_outcome(&events, EVENTS_OUTCOMES_KEPT));
}
END_TEST

START_TEST(after_the_end_nothing_is_kept)
{
	events_finish(&events);
	add(MACHINE_REPORT_GONE, 1);
	ck_assert_ptr_null(events_get(&events, 1));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		there_is_nothing_at_first,
		event_is_numbered_and_told,
		oldest_give_way,
		outcomes_outlive_other_events,
		after_the_end_nothing_is_kept,
	};
	const struct suite suite = {
		.name = "events",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
