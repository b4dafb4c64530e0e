/* SPDX-License-Identifier: MIT */
/* Actors that run on threads of their own: lifecycle/actor.c. */
#include <baton/group.h>

#include <baton/leak.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "support/gate.h"
#include "support/group_test.h"
#include "support/loop.h"
#include "support/process.h"
#include "support/refuse.h"
#include "support/suite.h"

static struct gate gate;
static atomic_int seen; /* what baton_context_err said at the end of a run */

static void setup(void)
{
	group_test_setup();
	gate_init(&gate);
}

static void teardown(void)
{
	group_test_teardown();
	gate_finish(&gate);
}

/* data: the result. */
static int run_briefly(struct baton_context *context, struct baton_error *error, void *data)
{
	const int *result = data;

	(void)context;
	return *result ? error_set(error, *result, "it ran out of paper") : 0;
}

static int run_until_stopped(struct baton_context *context, struct baton_error *error, void *data)
{
	(void)error, (void)data;
	gate_arrive(&gate);
	atomic_store(&seen, baton_context_poll(context, NULL, 0, PROCESS_DEADLINE_MS));
	return 0;
}

/* Whatever its context says. */
static int run_through_gate(struct baton_context *context, struct baton_error *error, void *data)
{
	(void)error, (void)data;
	gate_pass(&gate);
	atomic_store(&seen, baton_context_err(context));
	return -EIO;
}

static int stop_by_gate(struct baton_actor *actor, struct baton_error *error, void *data)
{
	(void)actor, (void)error, (void)data;
	group_test_note("stop thread");
	gate_open(&gate, 1);
	return 0;
}

START_TEST(result_and_words_of_a_thread_are_those_of_the_actor)
{
	int result = -ENOSPC;

	group_test_create(0);
	group_test_add_run("printer", run_briefly, NULL, &result);
	group_test_start();
	group_test_await(2);
	group_test_expect("ended printer ENOSPC, \"it ran out of paper\", end ENOSPC");
	ck_assert_int_eq(group_test_describe("printer").result, -ENOSPC);
	ck_assert_str_eq(group_test_describe("printer").error, "it ran out of paper");
}
END_TEST

START_TEST(end_of_a_thread_stops_the_others)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true } };
	int result = 0;

	group_test_create(0);
	group_test_add(actors, 1);
	group_test_add_run("thread", run_briefly, NULL, &result);
	group_test_start();
	group_test_await(3);
	group_test_expect("start a, ended thread 0, stop a, ended a 0, end 0");
}
END_TEST

START_TEST(end_of_the_context_is_a_threads_stop)
{
	struct group_test_actor actors[] = { { "a" } };

	group_test_create(0);
	group_test_add_run("thread", run_until_stopped, NULL, NULL);
	group_test_add_run("thread", run_until_stopped, NULL, NULL);
	group_test_add(actors, 1);
	group_test_start();
	gate_await(&gate, 2);
	baton_actor_ended(actors[0].actor, -EPIPE, NULL);
	group_test_await(4);
	group_test_expect("start a, ended a EPIPE, ended thread 0, ended thread 0, end EPIPE");
	ck_assert_int_eq(seen, -ECANCELED);
}
END_TEST

START_TEST(thread_may_have_a_stop_of_its_own)
{
	group_test_create(0);
	group_test_add_run("thread", run_through_gate, stop_by_gate, NULL);
	group_test_start();
	gate_await(&gate, 1);
	baton_group_stop(test_group);
	group_test_await(2);
	group_test_expect("stop thread, ended thread EIO, end EIO");
}
END_TEST

START_TEST(thread_has_the_name_and_place_of_its_actor)
{
	struct baton_leak *threads;
	bool found = false;

	group_test_create(0);
	group_test_add_run("a name that is too long", run_until_stopped, NULL, NULL);
	group_test_start();
	gate_await(&gate, 1);
	ck_assert_int_eq(baton_leak_snapshot(BATON_LEAK_THREAD, &threads), 0);
	for (size_t i = 0; i < baton_leak_count(threads); i++) {
		const struct baton_leak_entry *entry = baton_leak_get(threads, i);

		found |= strcmp(entry->what, "a name that is ") == 0 &&
			strstr(entry->place, "group_test.c:");
	}
	baton_leak_destroy(threads);
	ck_assert(found);
	baton_group_stop(test_group);
	group_test_await(2);
}
END_TEST

static atomic_bool same_thread = true;
static pthread_t main_thread;

static int run_compare(struct baton_context *context, struct baton_error *error, void *data)
{
	(void)context, (void)error, (void)data;
	atomic_store(&same_thread, pthread_equal(main_thread, pthread_self()));
	return 0;
}

START_TEST(run_is_on_another_thread)
{
	main_thread = pthread_self();
	group_test_create(0);
	group_test_add_run("thread", run_compare, NULL, NULL);
	group_test_start();
	group_test_expect("");
	group_test_await(2);
	ck_assert(!same_thread);
}
END_TEST

static int run_telling(struct baton_context *context, struct baton_error *error, void *data)
{
	(void)error, (void)data;
	gate_pass(&gate);
	return baton_context_err(context);
}

START_TEST(end_of_a_thread_is_nothing_to_be_told)
{
	const struct baton_actor_options options = {
		.size = sizeof(options), .name = "thread", .run = run_telling
	};
	struct baton_actor *actor;

	group_test_create(0);
	ck_assert_int_eq(baton_group_add(test_group, &options, &actor, NULL), 0);
	group_test_start();
	baton_actor_ended(actor, -EIO, NULL);
	(void)loop_turn();
	group_test_expect("");
	gate_open(&gate, 1);
	group_test_await(2);
	group_test_expect("ended thread 0, end 0");
}
END_TEST

START_TEST(lack_of_threads_is_an_actor_that_cannot_start)
{
	struct group_test_actor actors[] = { { "a", .ends_in_stop = true } };

	refuse_threads();
	group_test_create(0);
	group_test_add(actors, 1);
	group_test_add_run("thread", run_until_stopped, stop_by_gate, NULL);
	group_test_start();
	group_test_await(3);
	group_test_expect("start a, ended thread EAGAIN, stop a, ended a 0, end EAGAIN");
}
END_TEST

static int stop_in_vain(struct baton_actor *actor, struct baton_error *error, void *data)
{
	(void)actor, (void)data;
	return error_set(error, -EBUSY, "it does not listen");
}

START_TEST(thread_that_cannot_be_stopped_counts_as_ended)
{
	group_test_create(0);
	group_test_add_run("stuck", run_through_gate, stop_in_vain, NULL);
	group_test_start();
	gate_await(&gate, 1);
	baton_group_stop(test_group);
	group_test_await(2);
	group_test_expect("ended stuck EBUSY, \"it does not listen\", end EBUSY");
	ck_assert_int_eq(group_test_describe("stuck").result, -EBUSY);
	group_test_destroy();
	gate_open(&gate, 1);
	threads_await_ended();
	threads_remember();
	ck_assert_int_eq(seen, -ECANCELED);
}
END_TEST

START_TEST(late_end_of_a_thread_that_could_not_be_stopped_is_lost)
{
	group_test_create(0);
	group_test_add_run("stuck", run_through_gate, stop_in_vain, NULL);
	group_test_start();
	baton_group_stop(test_group);
	group_test_await(2);
	gate_open(&gate, 1);
	threads_await_ended();
	threads_remember();
	(void)loop_turn();
	group_test_expect("ended stuck EBUSY, \"it does not listen\", end EBUSY");
	ck_assert_int_eq(group_test_describe("stuck").result, -EBUSY);
}
END_TEST

START_TEST(stuck_thread_is_left_at_the_timeout)
{
	static int result;

	group_test_create(1);
	group_test_add_run("stuck", run_through_gate, NULL, NULL);
	group_test_add_run("brief", run_briefly, NULL, &result);
	group_test_start();
	gate_await(&gate, 1);
	group_test_await(2);
	group_test_expect("ended brief 0, end ETIMEDOUT");
	ck_assert_int_eq(group_test_describe("stuck").state, BATON_ACTOR_STOPPING);
	ck_assert_int_eq(group_test_describe("brief").state, BATON_ACTOR_ENDED);
	group_test_destroy();
	gate_open(&gate, 1);
	threads_await_ended();
	threads_remember();
	ck_assert_int_eq(seen, -ECANCELED);
}
END_TEST

START_TEST(group_may_be_destroyed_in_on_end_while_a_thread_is_stuck)
{
	group_test_destroy_at_end();
	group_test_create(1);
	group_test_add_run("stuck", run_through_gate, NULL, NULL);
	group_test_start();
	gate_await(&gate, 1);
	baton_group_stop(test_group);
	group_test_await(1);
	group_test_expect("end ETIMEDOUT");
	ck_assert_ptr_null(test_group);
	ck_assert(!loop_turn());
	gate_open(&gate, 1);
	threads_await_ended();
	threads_remember();
	ck_assert_int_eq(seen, -ECANCELED);
	ck_assert(!loop_turn());
}
END_TEST

START_TEST(thread_that_ends_after_the_timeout_is_seen)
{
	group_test_create(1);
	group_test_add_run("stuck", run_through_gate, NULL, NULL);
	group_test_start();
	baton_group_stop(test_group);
	group_test_await(1);
	group_test_expect("end ETIMEDOUT");
	gate_open(&gate, 1);
	while (group_test_describe("stuck").state != BATON_ACTOR_ENDED)
		(void)loop_turn();
	group_test_expect("");
	ck_assert_int_eq(group_test_describe("stuck").result, -EIO);
}
END_TEST

START_TEST(group_may_be_destroyed_at_any_moment)
{
	static int result; /* of threads that may outlive the case's function */

	for (int i = 0; i < 100; i++) {
		group_test_create(0);
		group_test_add_run("brief", run_briefly, NULL, &result);
		group_test_add_run("thread", run_until_stopped, NULL, NULL);
		group_test_start();
		if (i % 2)
			gate_await(&gate, 1);
		if (i % 3)
			(void)loop_turn();
		group_test_destroy();
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		result_and_words_of_a_thread_are_those_of_the_actor,
		end_of_a_thread_stops_the_others,
		end_of_the_context_is_a_threads_stop,
		thread_may_have_a_stop_of_its_own,
		thread_has_the_name_and_place_of_its_actor,
		run_is_on_another_thread,
		end_of_a_thread_is_nothing_to_be_told,
		lack_of_threads_is_an_actor_that_cannot_start,
		thread_that_cannot_be_stopped_counts_as_ended,
		late_end_of_a_thread_that_could_not_be_stopped_is_lost,
		stuck_thread_is_left_at_the_timeout,
		group_may_be_destroyed_in_on_end_while_a_thread_is_stuck,
		thread_that_ends_after_the_timeout_is_seen,
		group_may_be_destroyed_at_any_moment,
	};

	return suite_run(&(struct suite){
		.name = "group_run",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
