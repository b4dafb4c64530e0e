/* SPDX-License-Identifier: MIT */
/* Which tasks are under way: lifecycle/tracker.c and tracker_slots.c. */
#include <baton/tracker.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support/contexts.h"
#include "support/suite.h"

enum { MANY = 2000 };

static struct baton_tracker *tracker;

static void create_tracker(void)
{
	ck_assert_int_eq(baton_tracker_create("page views", &tracker), 0);
}

static void destroy_tracker(void)
{
	ck_assert_int_eq(baton_tracker_destroy(tracker), 0);
}

static struct baton_task begin(const char *label)
{
	struct baton_task task;

	ck_assert_int_eq(baton_tracker_begin(tracker, label, &task), 0);
	return task;
}

struct told {
	unsigned count;
	unsigned stop_at; /* the call that returns 42 */
	struct baton_task_info last;
};

static int tell(const struct baton_task_info *info, void *data)
{
	struct told *told = data;

	told->last = *info;
	return ++told->count == told->stop_at ? 42 : 0;
}

/* How many each() tells of; what it says of the last one is in *ret. */
static unsigned count_told(struct baton_task_info *ret)
{
	struct told told = { .count = 0 };

	ck_assert_int_eq(baton_tracker_each(tracker, tell, &told), 0);
	*ret = told.last;
	return told.count;
}

START_TEST(task_is_counted_from_its_begin_to_its_end)
{
	struct baton_task_info info;

	ck_assert_uint_eq(baton_tracker_count(tracker), 0);
	ck_assert_uint_eq(count_told(&info), 0);
	struct baton_task first = begin("first"), second = begin("second");

	ck_assert_uint_eq(baton_tracker_count(tracker), 2);
	ck_assert_uint_eq(count_told(&info), 2);
	ck_assert_int_eq(baton_task_end(&first), 0);
	ck_assert_uint_eq(baton_tracker_count(tracker), 1);
	ck_assert_uint_eq(count_told(&info), 1);
	ck_assert_str_eq(info.label, "second");
	ck_assert_int_eq(baton_task_end(&second), 0);
	ck_assert_uint_eq(baton_tracker_count(tracker), 0);
	ck_assert_uint_eq(count_told(&info), 0);
}
END_TEST

START_TEST(task_has_its_label_and_its_place)
{
	static const char label[] = "view", place[] = "here";
	struct baton_task_info info;
	struct baton_task task, at;

	task = begin("view of a page");
	ck_assert_uint_eq(count_told(&info), 1);
	ck_assert_str_eq(info.label, "view of a page");
	ck_assert_ptr_nonnull(strstr(info.place, "tests/tracker.c:"));
	ck_assert_int_eq(baton_task_end(&task), 0);
	ck_assert_int_eq(baton_tracker_begin_at(tracker, label, &at, place), 0);
	ck_assert_uint_eq(count_told(&info), 1);
	ck_assert_ptr_eq(info.label, label); /* borrowed, not copied */
	ck_assert_ptr_eq(info.place, place);
	ck_assert_int_eq(baton_task_end(&at), 0);
	ck_assert_str_eq(baton_tracker_kind(tracker), "page views");
}
END_TEST

/* The kernel's tick in milliseconds, to which ages are exact. */
static int64_t tick_ms(void)
{
	struct timespec tick;

	ck_assert_int_eq(clock_getres(CLOCK_MONOTONIC_COARSE, &tick), 0);
	return tick.tv_nsec / 1000000 + 1;
}

START_TEST(task_has_its_age)
{
	struct baton_cancel *pause = contexts_timed(NULL, 20);
	struct baton_task_info info;
	int64_t before_ms = baton_context_now_ms();
	struct baton_task task = begin("old");
	int64_t after_ms = baton_context_now_ms();

	contexts_spin_until_ended(pause);
	int64_t least_ms = baton_context_now_ms() - after_ms - tick_ms();

	ck_assert_uint_eq(count_told(&info), 1);
	ck_assert_int_ge(info.age_ms, least_ms);
	ck_assert_int_le(info.age_ms, baton_context_now_ms() - before_ms + tick_ms());
	ck_assert_int_eq(baton_task_end(&task), 0);

	task = begin("young"); /* in the same slot */
	int64_t begun_ms = baton_context_now_ms();

	ck_assert_uint_eq(count_told(&info), 1);
	ck_assert_int_le(info.age_ms, baton_context_now_ms() - begun_ms + tick_ms());
	ck_assert_int_eq(baton_task_end(&task), 0);
	baton_cancel_destroy(pause);
}
END_TEST

static struct baton_task late;

/* At the first call the kernel's clock goes on, and another task begins; at the second that is
 * what is told of. */
static int begin_late(const struct baton_task_info *info, void *data)
{
	struct told *told = data;
	struct baton_cancel *pause = contexts_timed(NULL, 2 * tick_ms());

	if (told->count == 0) {
		contexts_spin_until_ended(pause);
		late = begin("late");
	}
	baton_cancel_destroy(pause);
	return tell(info, data);
}

START_TEST(task_that_begins_while_they_are_told_of_is_not_younger_than_new)
{
	struct told told = { .count = 0 };
	struct baton_task first = begin("first");

	ck_assert_int_eq(baton_tracker_each(tracker, begin_late, &told), 0);
	ck_assert_uint_eq(told.count, 2);
	ck_assert_str_eq(told.last.label, "late");
	ck_assert_int_ge(told.last.age_ms, 0);
	ck_assert_int_eq(baton_task_end(&first), 0);
	ck_assert_int_eq(baton_task_end(&late), 0);
}
END_TEST

START_TEST(each_task_has_a_number_of_its_own)
{
	uint64_t numbers[100];
	struct baton_task kept = begin("kept");
	struct baton_task_info info;

	ck_assert_uint_eq(count_told(&info), 1);
	numbers[0] = info.number;
	for (size_t i = 1; i < array_length(numbers); i++) {
		struct baton_task task = begin("next"); /* in the same slot as the one before */

		ck_assert_uint_eq(count_told(&info), 2);
		ck_assert_str_eq(info.label, "next");
		numbers[i] = info.number;
		for (size_t j = 0; j < i; j++)
			ck_assert_uint_ne(numbers[j], numbers[i]);
		ck_assert_int_eq(baton_task_end(&task), 0);
	}
	ck_assert_int_eq(baton_task_end(&kept), 0);
}
END_TEST

START_TEST(each_ends_with_the_first_result)
{
	struct baton_task tasks[] = { begin("a"), begin("b"), begin("c") };
	struct told told = { .stop_at = 2 };

	ck_assert_int_eq(baton_tracker_each(tracker, tell, &told), 42);
	ck_assert_uint_eq(told.count, 2);
	for (size_t i = 0; i < array_length(tasks); i++)
		ck_assert_int_eq(baton_task_end(&tasks[i]), 0);
}
END_TEST

static int end_task(const struct baton_task_info *info, void *data)
{
	(void)info;
	return baton_task_end(data);
}

START_TEST(task_may_end_while_it_is_told_of)
{
	struct baton_task task = begin("a");

	ck_assert_int_eq(baton_tracker_each(tracker, end_task, &task), 0);
	ck_assert_uint_eq(baton_tracker_count(tracker), 0);
}
END_TEST

static char labels[MANY][8];
static struct baton_task tasks[MANY];
static unsigned times_told[MANY];

static int mark(const struct baton_task_info *info, void *data)
{
	size_t index = (size_t)(info->label - labels[0]) / sizeof(labels[0]);

	(void)data;
	ck_assert_ptr_eq(info->label, labels[index]);
	times_told[index]++;
	return 0;
}

/* Those from `first` on, `step` apart, are under way and no others. */
static void check_under_way(size_t count, size_t first, size_t step)
{
	memset(times_told, 0, sizeof(times_told));
	ck_assert_int_eq(baton_tracker_each(tracker, mark, NULL), 0);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(times_told[i], i >= first && (i - first) % step == 0);
}

/* A chunk has 63. */
START_TEST(any_number_of_tasks_may_be_under_way)
{
	static const size_t counts[] = { 1, 62, 63, 64, 126, 127, 1000, MANY };

	for (size_t i = 0; i < MANY; i++)
		(void)snprintf(labels[i], sizeof(labels[i]), "%zu", i);
	for (size_t row = 0; row < array_length(counts); row++) {
		size_t count = counts[row];

		for (size_t i = 0; i < count; i++) {
			tasks[i] = begin(labels[i]);
			ck_assert_uint_eq(baton_tracker_count(tracker), i + 1);
		}
		check_under_way(count, 0, 1);
		for (size_t i = 0; i < count; i += 2)
			ck_assert_int_eq(baton_task_end(&tasks[i]), 0);
		check_under_way(count, 1, 2);
		ck_assert_uint_eq(baton_tracker_count(tracker), count / 2);
		for (size_t i = 0; i < count; i += 2)
			tasks[i] = begin(labels[i]);
		check_under_way(count, 0, 1);
		for (size_t i = count; i-- > 0;)
			ck_assert_int_eq(baton_task_end(&tasks[i]), 0);
		ck_assert_uint_eq(baton_tracker_count(tracker), 0);
	}
}
END_TEST

START_TEST(second_end_of_a_task_changes_nothing)
{
	struct baton_task task = begin("a"), copy = task, other = begin("b");

	ck_assert_int_eq(baton_task_end(&task), 0);
	ck_assert_int_eq(baton_task_end(&task), -EALREADY);
	ck_assert_int_eq(baton_task_end(&copy), -EALREADY);
	ck_assert_uint_eq(baton_tracker_count(tracker), 1);
	ck_assert_int_eq(baton_task_end(&other), 0);
	ck_assert_int_eq(baton_task_end(&copy), -EALREADY);
	ck_assert_uint_eq(baton_tracker_count(tracker), 0);
}
END_TEST

START_TEST(second_end_does_not_end_the_next_task_of_the_slot)
{
	struct baton_task old = begin("old");

	ck_assert_int_eq(baton_task_end(&old), 0);
	for (int i = 0; i < 100; i++) {
		struct baton_task task = begin("new");

		ck_assert_ptr_eq(task.slot, old.slot);
		ck_assert_int_eq(baton_task_end(&old), -EALREADY);
		ck_assert_uint_eq(baton_tracker_count(tracker), 1);
		ck_assert_int_eq(baton_task_end(&task), 0);
	}
}
END_TEST

START_TEST(task_that_never_began_does_not_end)
{
	ck_assert_int_eq(baton_task_end(&(struct baton_task){ .slot = NULL }), -EALREADY);
}
END_TEST

START_TEST(trackers_know_nothing_of_each_other)
{
	struct baton_tracker *other;
	struct baton_task_info info;
	struct baton_task task = begin("a"), elsewhere;

	ck_assert_int_eq(baton_tracker_create("others", &other), 0);
	ck_assert_int_eq(baton_tracker_begin(other, "b", &elsewhere), 0);
	ck_assert_uint_eq(baton_tracker_count(tracker), 1);
	ck_assert_uint_eq(baton_tracker_count(other), 1);
	ck_assert_uint_eq(count_told(&info), 1);
	ck_assert_str_eq(info.label, "a");
	ck_assert_int_eq(baton_task_end(&elsewhere), 0);
	ck_assert_int_eq(baton_tracker_destroy(other), 0);
	ck_assert_uint_eq(baton_tracker_count(tracker), 1);
	ck_assert_int_eq(baton_task_end(&task), 0);
}
END_TEST

START_TEST(tracker_with_tasks_is_not_destroyed)
{
	struct baton_task task = begin("a");

	ck_assert_int_eq(baton_tracker_destroy(tracker), -EBUSY);
	ck_assert_int_eq(baton_tracker_destroy(tracker), -EBUSY);
	ck_assert_uint_eq(baton_tracker_count(tracker), 1);
	struct baton_task next = begin("b"); /* all goes on */

	ck_assert_int_eq(baton_task_end(&task), 0);
	ck_assert_int_eq(baton_tracker_destroy(tracker), -EBUSY);
	ck_assert_int_eq(baton_task_end(&next), 0); /* teardown destroys it */
}
END_TEST

START_TEST(what_must_not_be_null_is_refused)
{
	struct baton_tracker *other;
	struct baton_task task;

	ck_assert_int_eq(baton_tracker_begin(NULL, "a", &task), -EINVAL);
	ck_assert_int_eq(baton_tracker_begin(tracker, NULL, &task), -EINVAL);
	ck_assert_int_eq(baton_tracker_begin(tracker, "a", NULL), -EINVAL);
	ck_assert_uint_eq(baton_tracker_count(tracker), 0);
	ck_assert_int_eq(baton_tracker_create(NULL, &other), -EINVAL);
	ck_assert_int_eq(baton_tracker_create("a", NULL), -EINVAL);
	ck_assert_int_eq(baton_tracker_each(NULL, NULL, NULL), -EINVAL);
	ck_assert_int_eq(baton_tracker_each(tracker, NULL, NULL), -EINVAL);
	ck_assert_int_eq(baton_task_end(NULL), -EINVAL);
	ck_assert_int_eq(baton_tracker_destroy(NULL), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		task_is_counted_from_its_begin_to_its_end,
		task_has_its_label_and_its_place,
		task_has_its_age,
		task_that_begins_while_they_are_told_of_is_not_younger_than_new,
		each_task_has_a_number_of_its_own,
		each_ends_with_the_first_result,
		task_may_end_while_it_is_told_of,
		any_number_of_tasks_may_be_under_way,
		second_end_of_a_task_changes_nothing,
		second_end_does_not_end_the_next_task_of_the_slot,
		task_that_never_began_does_not_end,
		trackers_know_nothing_of_each_other,
		tracker_with_tasks_is_not_destroyed,
		what_must_not_be_null_is_refused,
	};

	return suite_run(&(struct suite){
		.name = "tracker",
		.cases = cases,
		.count = array_length(cases),
		.setup = create_tracker,
		.teardown = destroy_tracker,
	});
}
