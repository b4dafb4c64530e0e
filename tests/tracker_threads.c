/* SPDX-License-Identifier: MIT */
/* Tasks on several threads at once: lifecycle/tracker.c and tracker_slots.c. */
#include <baton/tracker.h>

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "support/contexts.h"
#include "support/loop.h"
#include "support/suite.h"
#include "support/threads.h"

enum { THREADS = 4, ROUNDS = 1000, RACES = 100, RACE_ROUNDS = 300, AT_ONCE = 100 };

static struct baton_tracker *tracker;
static sem_t are_done;
static atomic_uint wrong; /* what threads have found amiss, for the case to check */

/* A task's label and its place are those of its thread. */
static const char *const labels[THREADS] = { "a", "b", "c", "d" };
static const char *const places[THREADS] = { "a.c", "b.c", "c.c", "d.c" };

static void open_all(void)
{
	loop_make();
	ck_assert_int_eq(baton_tracker_create("tasks", &tracker), 0);
	ck_assert_int_eq(sem_init(&are_done, 0, 0), 0);
	atomic_store(&wrong, 0);
}

static void close_all(void)
{
	(void)sem_destroy(&are_done);
	ck_assert_int_eq(baton_tracker_destroy(tracker), 0);
	loop_remove();
	ck_assert_uint_eq(atomic_load(&wrong), 0);
}

static void check(bool is_right)
{
	if (!is_right)
		atomic_fetch_add(&wrong, 1);
}

static void begin_and_end(unsigned index)
{
	struct baton_task tasks[AT_ONCE];

	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned count = i % 10 ? 1 : AT_ONCE;

		for (unsigned j = 0; j < count; j++)
			if (baton_tracker_begin_at(
				    tracker, labels[index], &tasks[j], places[index]) < 0)
				abort();
		check(baton_tracker_count(tracker) >= count);
		for (unsigned j = 0; j < count; j++)
			check(baton_task_end(&tasks[j]) == 0);
		check(baton_task_end(&tasks[0]) == -EALREADY);
	}
	(void)sem_post(&are_done);
}

static int check_info(const struct baton_task_info *info, void *data)
{
	(void)data;
	check(info->number != 0 && info->label[0] == info->place[0] && info->age_ms >= 0);
	return 0;
}

START_TEST(tasks_are_counted_and_told_while_they_come_and_go)
{
	unsigned done = 0;

	threads_start(THREADS, begin_and_end);
	while (done < THREADS) {
		check(baton_tracker_count(tracker) <= THREADS * AT_ONCE);
		ck_assert_int_eq(baton_tracker_each(tracker, check_info, NULL), 0);
		if (sem_trywait(&are_done) == 0)
			done++;
	}
	threads_join();
	ck_assert_uint_eq(baton_tracker_count(tracker), 0);
}
END_TEST

static struct baton_task held[THREADS][ROUNDS];
static atomic_uint first_ends;

static void begin_all(unsigned index)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		if (baton_tracker_begin_at(tracker, labels[index], &held[index][i], places[index]) <
			0)
			abort();
}

/* Those of the next thread. */
static void end_others(unsigned index)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		check(baton_task_end(&held[(index + 1) % THREADS][i]) == 0);
}

struct listing {
	unsigned count;
	uint64_t numbers[THREADS * ROUNDS];
};

static int list(const struct baton_task_info *info, void *data)
{
	struct listing *listing = data;

	listing->numbers[listing->count++] = info->number;
	return check_info(info, NULL);
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

START_TEST(no_two_tasks_are_one)
{
	static struct listing listing;

	threads_start(THREADS, begin_all);
	threads_join();
	ck_assert_uint_eq(baton_tracker_count(tracker), THREADS * ROUNDS);
	ck_assert_int_eq(baton_tracker_each(tracker, list, &listing), 0);
	ck_assert_uint_eq(listing.count, THREADS * ROUNDS);
	qsort(listing.numbers, listing.count, sizeof(listing.numbers[0]), compare);
	for (unsigned i = 1; i < listing.count; i++)
		ck_assert_uint_ne(listing.numbers[i - 1], listing.numbers[i]);
	threads_start(THREADS, end_others); /* which the thread that began them need not do */
	threads_join();
	ck_assert_uint_eq(baton_tracker_count(tracker), 0);
}
END_TEST

static void end_first(unsigned index)
{
	(void)index;
	for (unsigned i = 0; i < ROUNDS; i++) {
		int r = baton_task_end(&held[0][i]);

		check(r == 0 || r == -EALREADY);
		if (r == 0)
			atomic_fetch_add(&first_ends, 1);
	}
}

START_TEST(one_of_many_ends_of_a_task_is_its_end)
{
	begin_all(0);
	threads_start(THREADS, end_first);
	threads_join();
	ck_assert_uint_eq(atomic_load(&first_ends), ROUNDS);
	ck_assert_uint_eq(baton_tracker_count(tracker), 0);
}
END_TEST

static atomic_int under_way;  /* what threads have begun and are about to end */
static atomic_bool has_ended; /* on_end was called, with 0 */
static unsigned ends;
static int result;

static void on_end(struct baton_tracker *ended, int r, void *data)
{
	(void)ended, (void)data;
	ends++;
	result = r;
	if (r == 0) {
		check(atomic_load(&under_way) == 0);
		atomic_store(&has_ended, true);
	}
}

/* Begins and ends tasks until none begins any more, but not for ever. */
static void begin_until_refused(unsigned index)
{
	struct baton_task tasks[AT_ONCE];
	unsigned most = index % 2 ? 1 : AT_ONCE;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < RACE_ROUNDS; i++) {
		unsigned count = 0;

		while (count < most &&
			(r = baton_tracker_begin(tracker, labels[index], &tasks[count])) == 0) {
			count++;
			atomic_fetch_add(&under_way, 1);
			check(!atomic_load(&has_ended));
		}
		while (count--) {
			atomic_fetch_sub(&under_way, 1);
			check(baton_task_end(&tasks[count]) == 0);
		}
		if (i == 0)
			(void)sem_post(&are_done);
	}
	check(r == 0 || r == -ESHUTDOWN);
}

static void start_race(unsigned round)
{
	if (!tracker)
		ck_assert_int_eq(baton_tracker_create("tasks", &tracker), 0);
	atomic_store(&has_ended, false);
	ends = 0;
	threads_start(THREADS, begin_until_refused);
	if (round % 2) /* otherwise before most have begun anything */
		threads_await(&are_done);
}

static void end_race(void)
{
	threads_join();
	while (sem_trywait(&are_done) == 0)
		;
	ck_assert_int_eq(atomic_load(&under_way), 0);
	ck_assert_int_eq(baton_tracker_destroy(tracker), 0);
	tracker = NULL;
}

START_TEST(exactly_what_has_begun_is_waited_for)
{
	for (unsigned round = 0; round < RACES; round++) {
		start_race(round);
		ck_assert_int_eq(baton_tracker_shutdown(tracker, case_loop,
					 baton_context_background(), on_end, NULL),
			0);
		loop_run();
		ck_assert_uint_eq(ends, 1);
		ck_assert_int_eq(result, 0);
		ck_assert_uint_eq(baton_tracker_count(tracker), 0);
		end_race();
	}
}
END_TEST

START_TEST(wait_that_is_given_up_may_go_on)
{
	struct baton_cancel *cancel = contexts_new(NULL);

	baton_cancel_now(cancel, 0, NULL);
	for (unsigned round = 0; round < RACES; round++) {
		unsigned tries = 0;

		start_race(round);
		do {
			struct baton_context *context = tries++ < 3 ? baton_cancel_context(cancel)
								    : baton_context_background();

			ck_assert_int_eq(
				baton_tracker_shutdown(tracker, case_loop, context, on_end, NULL),
				0);
			loop_run();
			ck_assert_uint_eq(ends, tries);
			ck_assert(result == 0 || result == -ECANCELED);
		} while (result < 0);
		end_race();
	}
	baton_cancel_destroy(cancel);
}
END_TEST

static struct baton_tracker *trackers[ROUNDS];

static void end_own(unsigned index)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		check(baton_task_end(&held[index][i]) == 0);
}

static void destroy_on_end(struct baton_tracker *ended, int r, void *data)
{
	ends++;
	check(r == 0 && *(struct baton_tracker **)data == ended);
	check(baton_tracker_destroy(ended) == 0);
}

/* An end touches nothing of the tracker after it has counted. */
START_TEST(tracker_may_go_as_soon_as_the_last_task_has_ended)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		ck_assert_int_eq(baton_tracker_create("tasks", &trackers[i]), 0);
		for (unsigned index = 0; index < THREADS; index++)
			ck_assert_int_eq(
				baton_tracker_begin(trackers[i], "task", &held[index][i]), 0);
		ck_assert_int_eq(baton_tracker_shutdown(trackers[i], case_loop,
					 baton_context_background(), destroy_on_end, &trackers[i]),
			0);
	}
	threads_start(THREADS, end_own);
	loop_run();
	threads_join();
	ck_assert_uint_eq(ends, ROUNDS);
}
END_TEST

/* Nor without anybody who waits, if it is the only one. */
START_TEST(tracker_may_be_destroyed_as_soon_as_it_is_not_busy)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		ck_assert_int_eq(baton_tracker_create("tasks", &trackers[i]), 0);
		ck_assert_int_eq(baton_tracker_begin(trackers[i], "task", &held[0][i]), 0);
	}
	int64_t until_ms = baton_context_now_ms() + 20000;

	threads_start(1, end_own);
	for (unsigned i = 0; i < ROUNDS; i++)
		while (baton_tracker_destroy(trackers[i]) == -EBUSY)
			ck_assert_int_lt(baton_context_now_ms(), until_ms);
	threads_join();
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		tasks_are_counted_and_told_while_they_come_and_go,
		no_two_tasks_are_one,
		one_of_many_ends_of_a_task_is_its_end,
		exactly_what_has_begun_is_waited_for,
		wait_that_is_given_up_may_go_on,
		tracker_may_go_as_soon_as_the_last_task_has_ended,
		tracker_may_be_destroyed_as_soon_as_it_is_not_busy,
	};

	return suite_run(&(struct suite){
		.name = "tracker_threads",
		.cases = cases,
		.count = array_length(cases),
		.setup = open_all,
		.teardown = close_all,
	});
}
