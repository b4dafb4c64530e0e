/* SPDX-License-Identifier: MIT */
/* Contexts on several threads at once: lifecycle/context*.c. */
#include <baton/context.h>

#include <errno.h>
#include <ev.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "lifecycle/context_object.h"
#include "support/contexts.h"
#include "support/loop.h"
#include "support/suite.h"
#include "support/threads.h"

enum { THREADS = 4, ROUNDS = 300, FAR_MS = 1000000 };

static struct baton_cancel *shared, *each[ROUNDS];
static sem_t are_there;
static atomic_uint wrong; /* what threads have found amiss, for the case to check */

static void open_all(void)
{
	loop_make();
	ck_assert_int_eq(sem_init(&are_there, 0, 0), 0);
	atomic_store(&wrong, 0);
}

static void close_all(void)
{
	(void)sem_destroy(&are_there);
	loop_remove();
	ck_assert_uint_eq(atomic_load(&wrong), 0);
}

static void check(bool is_right)
{
	if (!is_right)
		atomic_fetch_add(&wrong, 1);
}

static void destroy_each(void)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		baton_cancel_destroy(each[i]);
}

/* What one thread has seen of the end of each. */
struct view {
	int err;
	int cause;
	struct baton_error words;
};

static struct view views[THREADS][ROUNDS];

static void look(unsigned index, unsigned i)
{
	struct view *view = &views[index][i];

	view->err = contexts_err(each[i]);
	view->cause = baton_context_cause(baton_cancel_context(each[i]), &view->words);
	check(view->err != 0 && view->err == contexts_err(each[i]));
}

static void check_views_agree(void)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		for (unsigned index = 1; index < THREADS; index++) {
			ck_assert_int_eq(views[index][i].err, views[0][i].err);
			ck_assert_int_eq(views[index][i].cause, views[0][i].cause);
			ck_assert_str_eq(views[index][i].words.text, views[0][i].words.text);
		}
}

static void cancel_each(unsigned index)
{
	char reason[32];

	(void)snprintf(reason, sizeof(reason), "thread %u", index);
	for (unsigned i = 0; i < ROUNDS; i++) {
		baton_cancel_now(each[i], -1 - (int)index, reason);
		look(index, i);
	}
}

START_TEST(one_of_many_cancels_is_the_cause_for_all)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		each[i] = contexts_new(NULL);
	threads_start(THREADS, cancel_each);
	threads_join();
	check_views_agree();
	for (unsigned i = 0; i < ROUNDS; i++) {
		char reason[32];

		(void)snprintf(reason, sizeof(reason), "thread %d", -1 - views[0][i].cause);
		contexts_check_end(each[i], -ECANCELED, views[0][i].cause, reason);
	}
	destroy_each();
}
END_TEST

static void cancel_or_look(unsigned index)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		int64_t deadline_ms = baton_context_deadline_ms(baton_cancel_context(each[i]));

		if (index % 2)
			baton_cancel_now(each[i], -EIO, "cancelled");
		for (int64_t asked_ms = baton_context_now_ms(); contexts_err(each[i]) == 0;
			asked_ms = baton_context_now_ms())
			check(asked_ms <= deadline_ms);
		look(index, i);
	}
}

START_TEST(cancel_and_deadline_at_once_are_one_end_for_all)
{
	int64_t now_ms = baton_context_now_ms();

	for (unsigned i = 0; i < ROUNDS; i++)
		each[i] = contexts_until(NULL, now_ms + i / 60);
	threads_start(THREADS, cancel_or_look);
	threads_join();
	check_views_agree();
	for (unsigned i = 0; i < ROUNDS; i++) {
		bool has_timed_out = views[0][i].err == -ETIMEDOUT;

		ck_assert_int_eq(views[0][i].cause, has_timed_out ? -ETIMEDOUT : -EIO);
		ck_assert(has_timed_out || views[0][i].err == -ECANCELED);
	}
	destroy_each();
}
END_TEST

static void look_until_deadline(unsigned index)
{
	int64_t deadline_ms = baton_context_deadline_ms(baton_cancel_context(shared));
	struct baton_context *context;

	check(baton_context_with_value(
		      baton_cancel_context(shared), &each, &each[index], &context) == 0);
	while (baton_context_err(context) == 0)
		check(baton_context_value(context, &each) == &each[index]);
	check(baton_context_now_ms() >= deadline_ms);
	check(baton_context_err(context) == -ETIMEDOUT);
	check(baton_context_cause(context, NULL) == -ETIMEDOUT);
	baton_context_unref(context);
}

START_TEST(many_threads_see_the_deadline_pass)
{
	for (int i = 0; i < 10; i++) {
		shared = contexts_timed(NULL, 3);
		threads_start(THREADS, look_until_deadline);
		threads_join();
		baton_cancel_destroy(shared);
	}
}
END_TEST

/* Until one is made that has ended from the start: so the end is seen at every stage. */
static void make_and_destroy(unsigned index)
{
	bool has_ended = false;

	for (unsigned i = 0; !has_ended; i++) {
		struct baton_cancel *child, *below;
		struct baton_context *context = baton_cancel_context(shared);

		has_ended = baton_context_err(context) != 0;
		if (baton_context_with_timeout(context, FAR_MS, &child) < 0 ||
			baton_context_with_cancel(baton_cancel_context(child), &below) < 0)
			abort();
		check(!has_ended || contexts_err(below) == -ECANCELED);
		if (i % 2)
			baton_cancel_now(child, -EIO, "of its own");
		int cause = baton_context_cause(baton_cancel_context(below), NULL);

		check(cause == 0 || cause == -EPIPE || (i % 2 && cause == -EIO));
		if ((i + index) % 3)
			baton_cancel_destroy(child);
		baton_cancel_destroy(below);
		if ((i + index) % 3 == 0)
			baton_cancel_destroy(child);
		if (i == 10)
			(void)sem_post(&are_there);
	}
}

START_TEST(children_come_and_go_while_the_parent_is_cancelled)
{
	for (int i = 0; i < 20; i++) {
		shared = contexts_new(NULL);
		threads_start(THREADS, make_and_destroy);
		for (unsigned j = 0; j < THREADS; j++)
			threads_await(&are_there);
		baton_cancel_now(shared, -EPIPE, NULL);
		threads_join();
		ck_assert_ptr_eq(baton_cancel_context(shared)->children.next,
			&baton_cancel_context(shared)->children);
		baton_cancel_destroy(shared);
	}
}
END_TEST

static void give_up_each(unsigned index)
{
	(void)index;
	for (unsigned i = 0; i < ROUNDS; i++)
		baton_context_unref(baton_cancel_context(each[i]));
}

/* Each below the one before, so the last reference to one may be the last to all above it. */
START_TEST(any_thread_may_give_the_last_reference_up)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		each[i] = contexts_below(i % 10 ? each[i - 1] : NULL);
		for (unsigned j = 1; j < THREADS; j++)
			(void)baton_context_ref(baton_cancel_context(each[i]));
	}
	threads_start(THREADS, give_up_each);
	threads_join(); /* and the suite finds what is left */
}
END_TEST

static int count_entry(const struct context_entry *entry, void *data)
{
	check(entry->number != 0 && entry->root != 0);
	++*(unsigned *)data;
	return 0;
}

static void make_roots(unsigned index)
{
	(void)index;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct baton_cancel *top, *below;

		if (baton_context_with_cancel(baton_context_background(), &top) < 0 ||
			baton_context_with_timeout(
				baton_cancel_context(top), (int64_t)i % 3, &below) < 0)
			abort();
		baton_cancel_destroy(i % 2 ? top : below);
		baton_cancel_destroy(i % 2 ? below : top);
	}
	(void)sem_post(&are_there);
}

START_TEST(contexts_are_listed_while_they_come_and_go)
{
	int there = 0;

	shared = contexts_new(NULL);
	threads_start(THREADS, make_roots);
	while (there < THREADS) {
		unsigned count = 0;

		ck_assert_int_eq(context_list(count_entry, &count), 0);
		ck_assert_uint_ge(count, 1);
		if (sem_trywait(&are_there) == 0)
			there++;
	}
	threads_join();
	baton_cancel_destroy(shared);
}
END_TEST

static unsigned told[THREADS];

static void on_done(struct baton_context *context, void *data)
{
	check(baton_context_err(context) == -ECANCELED);
	++*(unsigned *)data;
}

static void watch_on_own_loop(unsigned index)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct baton_context_watch *watch;

	if (!loop ||
		baton_context_watch(
			baton_cancel_context(shared), loop, on_done, &told[index], &watch) < 0)
		abort();
	(void)sem_post(&are_there);
	ev_run(loop, 0); /* the case waits for its end with a deadline */
	baton_context_unwatch(watch);
	ev_loop_destroy(loop);
}

START_TEST(loops_of_many_threads_are_told_of_one_end)
{
	shared = contexts_new(NULL);
	threads_start(THREADS, watch_on_own_loop);
	for (unsigned i = 0; i < THREADS; i++)
		threads_await(&are_there);
	baton_cancel_now(shared, 0, NULL);
	threads_join();
	for (unsigned i = 0; i < THREADS; i++)
		ck_assert_uint_eq(told[i], 1);
	baton_cancel_destroy(shared);
}
END_TEST

static void end_each(unsigned index)
{
	(void)index;
	for (unsigned i = 0; i < ROUNDS; i++)
		baton_cancel_now(each[i], 0, NULL);
}

struct racing {
	struct baton_context_watch *watch;
	bool is_over; /* not watched any more */
	unsigned calls;
};

static void on_racing_done(struct baton_context *context, void *data)
{
	struct racing *racing = data;

	check(!racing->is_over && baton_context_err(context) == -ECANCELED);
	racing->calls++;
}

START_TEST(unwatch_is_the_end_of_it_though_a_thread_cancels)
{
	static struct racing racing[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++) {
		each[i] = contexts_new(NULL);
		ck_assert_int_eq(baton_context_watch(baton_cancel_context(each[i]), case_loop,
					 on_racing_done, &racing[i], &racing[i].watch),
			0);
	}
	threads_start(1, end_each);
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (i % 8 == 0)
			(void)loop_turn();
		baton_context_unwatch(racing[i].watch);
		racing[i].is_over = true;
	}
	threads_join();
	loop_run();
	for (unsigned i = 0; i < ROUNDS; i++)
		ck_assert_uint_le(racing[i].calls, 1);
	destroy_each();
}
END_TEST

static void poll_each(unsigned index)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		int r = baton_context_poll(
			baton_cancel_context(each[i]), NULL, 0, index % 2 ? -1 : FAR_MS);

		check(r == -ECANCELED);
	}
}

static void end_or_poll(unsigned index)
{
	if (index == 0)
		end_each(index);
	else
		poll_each(index);
}

START_TEST(polls_of_many_threads_end_while_one_cancels)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		each[i] = contexts_new(NULL);
	threads_start(THREADS, end_or_poll);
	threads_join();
	destroy_each();
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		one_of_many_cancels_is_the_cause_for_all,
		cancel_and_deadline_at_once_are_one_end_for_all,
		many_threads_see_the_deadline_pass,
		children_come_and_go_while_the_parent_is_cancelled,
		any_thread_may_give_the_last_reference_up,
		contexts_are_listed_while_they_come_and_go,
		loops_of_many_threads_are_told_of_one_end,
		unwatch_is_the_end_of_it_though_a_thread_cancels,
		polls_of_many_threads_end_while_one_cancels,
	};

	return suite_run(&(struct suite){
		.name = "context_threads",
		.cases = cases,
		.count = array_length(cases),
		.setup = open_all,
		.teardown = close_all,
	});
}
