/* SPDX-License-Identifier: MIT */
/* Waiting for the end of a context on a loop: lifecycle/context_watch.c. */
#include <baton/context.h>

#include <errno.h>
#include <ev.h>
#include <stdbool.h>

#include "support/contexts.h"
#include "support/loop.h"
#include "support/suite.h"
#include "support/threads.h"

enum { MANY = 10000, FAR_MS = 1000000 };

struct watched {
	struct baton_context_watch *watch;
	int calls;
	unsigned order; /* of its last call, among all */
	int err;        /* what its context said then */
	struct baton_context *context;
	/* For on_done to do, if not NULL. */
	struct baton_context_watch **unwatches;
	struct baton_cancel **destroys;
};

static int calls; /* of any */
static struct watched a, b, c;
static struct baton_cancel *shared; /* what the case's threads cancel */

static void on_done(struct baton_context *context, void *data)
{
	struct watched *watched = data;

	watched->calls++;
	watched->order = ++calls;
	watched->context = context;
	watched->err = baton_context_err(context);
	if (watched->unwatches) {
		baton_context_unwatch(*watched->unwatches);
		*watched->unwatches = NULL;
	}
	if (watched->destroys) {
		baton_cancel_destroy(*watched->destroys);
		*watched->destroys = NULL;
	}
}

static void open_loop(void)
{
	loop_make();
	calls = 0;
	a = b = c = (struct watched){ .watch = NULL };
}

static void watch(struct baton_cancel *cancel, struct watched *watched)
{
	ck_assert_int_eq(baton_context_watch(baton_cancel_context(cancel), case_loop, on_done,
				 watched, &watched->watch),
		0);
}

static void cancel_shared(unsigned index)
{
	(void)index;
	baton_cancel_now(shared, -EIO, "from a thread");
}

START_TEST(end_is_told_once_from_the_loop_and_not_within_the_call)
{
	struct baton_cancel *cancel = contexts_new(NULL);

	watch(cancel, &a);
	(void)loop_turn();
	ck_assert_uint_eq(a.calls, 0);
	baton_cancel_now(cancel, -EIO, NULL);
	ck_assert_uint_eq(a.calls, 0);
	loop_run();
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_ptr_eq(a.context, baton_cancel_context(cancel));
	ck_assert_int_eq(a.err, -ECANCELED);
	baton_cancel_now(cancel, 0, NULL);
	loop_run();
	ck_assert_uint_eq(a.calls, 1);
	baton_context_unwatch(a.watch);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(what_had_ended_before_is_told_from_the_loop_too)
{
	struct baton_cancel *cancelled = contexts_new(NULL), *timed = contexts_timed(NULL, 0);

	baton_cancel_now(cancelled, 0, NULL);
	watch(cancelled, &a);
	watch(timed, &b);
	ck_assert_uint_eq(calls, 0);
	loop_run();
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_uint_eq(b.calls, 1);
	ck_assert_int_eq(a.err, -ECANCELED);
	ck_assert_int_eq(b.err, -ETIMEDOUT);
	baton_context_unwatch(a.watch);
	baton_context_unwatch(b.watch);
	baton_cancel_destroy(cancelled);
	baton_cancel_destroy(timed);
}
END_TEST

START_TEST(deadlines_at_the_ends_of_time_are_understood)
{
	struct baton_cancel *past = contexts_until(NULL, INT64_MIN);
	struct baton_cancel *future = contexts_until(NULL, INT64_MAX - 1);

	watch(past, &a);
	watch(future, &b);
	loop_await(&a.calls, 1);
	(void)loop_turn();
	ck_assert_uint_eq(b.calls, 0);
	baton_context_unwatch(a.watch);
	baton_context_unwatch(b.watch);
	baton_cancel_destroy(past);
	baton_cancel_destroy(future);
}
END_TEST

START_TEST(deadline_is_told_when_it_has_come)
{
	struct baton_cancel *timed = contexts_timed(NULL, 5), *below = contexts_below(timed);
	int64_t deadline_ms = baton_context_deadline_ms(baton_cancel_context(timed));

	watch(below, &b); /* the deadline is that above */
	watch(timed, &a);
	loop_run();
	ck_assert_int_ge(baton_context_now_ms(), deadline_ms);
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_uint_eq(b.calls, 1);
	ck_assert_int_eq(a.err, -ETIMEDOUT);
	ck_assert_int_eq(b.err, -ETIMEDOUT);
	baton_context_unwatch(a.watch);
	baton_context_unwatch(b.watch);
	baton_cancel_destroy(below);
	baton_cancel_destroy(timed);
}
END_TEST

/* The loop's idea of the time is that of its last turn. */
START_TEST(loop_whose_clock_is_behind_tells_no_deadline_early)
{
	struct baton_cancel *pause = contexts_timed(NULL, 30);

	ev_now_update(case_loop);
	contexts_spin_until_ended(pause);
	struct baton_cancel *timed = contexts_timed(NULL, 10);
	int64_t deadline_ms = baton_context_deadline_ms(baton_cancel_context(timed));

	watch(timed, &a);
	while (!a.calls)
		ev_run(case_loop, EVRUN_ONCE);
	ck_assert_int_ge(baton_context_now_ms(), deadline_ms);
	baton_context_unwatch(a.watch);
	baton_cancel_destroy(timed);
	baton_cancel_destroy(pause);
}
END_TEST

START_TEST(nothing_is_told_after_unwatch)
{
	struct baton_cancel *cancel = contexts_new(NULL);

	watch(cancel, &a);
	watch(cancel, &b);
	watch(cancel, &c);
	baton_context_unwatch(a.watch);
	baton_cancel_now(cancel, 0, NULL);
	baton_context_unwatch(b.watch); /* its call was on the way */
	loop_run();
	ck_assert_uint_eq(a.calls, 0);
	ck_assert_uint_eq(b.calls, 0);
	ck_assert_uint_eq(c.calls, 1);
	baton_context_unwatch(c.watch);
	baton_context_unwatch(NULL);
	loop_run();
	ck_assert_uint_eq(calls, 1);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(watch_may_end_within_its_call)
{
	struct baton_cancel *cancel = contexts_new(NULL);

	a.unwatches = &a.watch;
	watch(cancel, &a);
	baton_cancel_now(cancel, 0, NULL);
	loop_run();
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_ptr_null(a.watch);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(context_may_be_given_up_within_the_call)
{
	struct baton_cancel *cancel = contexts_new(NULL), *below = contexts_below(cancel);

	a.unwatches = &a.watch;
	a.destroys = &cancel;
	watch(cancel, &a);
	watch(below, &b);
	baton_cancel_now(cancel, 0, NULL);
	loop_run();
	ck_assert_ptr_null(cancel);
	ck_assert_uint_eq(b.calls, 1);
	baton_context_unwatch(b.watch);
	baton_cancel_destroy(below);
}
END_TEST

START_TEST(other_watch_may_end_within_a_call)
{
	struct baton_cancel *cancel = contexts_new(NULL);

	a.unwatches = &b.watch;
	watch(cancel, &a);
	watch(cancel, &b);
	watch(cancel, &c);
	baton_cancel_now(cancel, 0, NULL);
	loop_run();
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_uint_eq(b.calls, 0);
	ck_assert_uint_eq(c.calls, 1);
	baton_context_unwatch(a.watch);
	baton_context_unwatch(c.watch);
	baton_cancel_destroy(cancel);
}
END_TEST

static void watch_b(struct baton_context *context, void *data)
{
	on_done(context, data);
	ck_assert_int_eq(baton_context_watch(context, case_loop, on_done, &b, &b.watch), 0);
	ck_assert_uint_eq(b.calls, 0);
}

START_TEST(watch_begun_within_a_call_is_called_later)
{
	struct baton_cancel *cancel = contexts_new(NULL);

	ck_assert_int_eq(
		baton_context_watch(baton_cancel_context(cancel), case_loop, watch_b, &a, &a.watch),
		0);
	baton_cancel_now(cancel, 0, NULL);
	loop_run();
	ck_assert_uint_eq(a.order, 1);
	ck_assert_uint_eq(b.order, 2);
	baton_context_unwatch(a.watch);
	baton_context_unwatch(b.watch);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(watches_are_told_in_the_order_of_the_ends)
{
	struct baton_cancel *top = contexts_new(NULL), *below = contexts_below(top);

	watch(below, &a);
	watch(top, &b);
	watch(top, &c);
	baton_cancel_now(top, 0, NULL);
	loop_run();
	ck_assert_uint_eq(b.order, 1);
	ck_assert_uint_eq(c.order, 2);
	ck_assert_uint_eq(a.order, 3);
	baton_context_unwatch(c.watch);
	baton_context_unwatch(b.watch);
	baton_context_unwatch(a.watch);
	baton_cancel_destroy(below);
	baton_cancel_destroy(top);
}
END_TEST

START_TEST(watch_keeps_the_loop_running_until_it_is_called)
{
	for (int i = 0; i < 20; i++) {
		shared = contexts_new(NULL);
		watch(shared, &a);
		threads_start(1, cancel_shared);
		loop_run();
		ck_assert_uint_eq(a.calls, (unsigned)i + 1);
		loop_run(); /* returns, though the watch is still there */
		threads_join();
		baton_context_unwatch(a.watch);
		baton_cancel_destroy(shared);
	}
}
END_TEST

static void count_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	++*(int *)w->data;
}

/* The loop's count of what keeps it running is even again after each. */
START_TEST(watch_leaves_alone_what_else_keeps_the_loop_running)
{
	int ticks = 0;
	ev_timer timer;
	struct baton_cancel *cancel = contexts_timed(NULL, FAR_MS);

	watch(cancel, &a);
	baton_context_unwatch(a.watch);
	watch(cancel, &a);
	baton_cancel_now(cancel, 0, NULL);
	baton_context_unwatch(a.watch);
	watch(cancel, &a);
	loop_run();
	baton_context_unwatch(a.watch);
	ev_timer_init(&timer, count_tick, 0.001, 0);
	timer.data = &ticks;
	ev_timer_start(case_loop, &timer);
	loop_run();
	ck_assert_uint_eq(ticks, 1);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(no_timer_is_left_once_the_context_is_done)
{
	struct baton_cancel *cancel = contexts_timed(NULL, FAR_MS);
	int64_t begun_ms = baton_context_now_ms();

	watch(cancel, &a);
	watch(cancel, &b);
	baton_context_unwatch(b.watch);
	baton_cancel_now(cancel, 0, NULL);
	loop_run();
	watch(cancel, &c); /* of one that has ended long before its deadline */
	loop_run();
	ck_assert_uint_eq(calls, 2);
	ck_assert_int_lt(baton_context_now_ms() - begun_ms, FAR_MS);
	baton_context_unwatch(a.watch);
	baton_context_unwatch(c.watch);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(background_is_watched_in_vain)
{
	ck_assert_int_eq(
		baton_context_watch(baton_context_background(), case_loop, on_done, &a, &a.watch),
		0);
	(void)loop_turn();
	ck_assert_uint_eq(a.calls, 0);
	baton_context_unwatch(a.watch);
	loop_run();
}
END_TEST

START_TEST(watch_keeps_the_context)
{
	struct baton_cancel *cancel = contexts_new(NULL);

	watch(cancel, &a);
	baton_cancel_destroy(cancel);
	loop_run();
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_int_eq(baton_context_err(a.context), -ECANCELED);
	baton_context_unwatch(a.watch);
}
END_TEST

START_TEST(what_must_not_be_null_is_refused)
{
	struct baton_context *context = baton_context_background();
	struct baton_context_watch *ret;

	ck_assert_int_eq(baton_context_watch(NULL, case_loop, on_done, NULL, &ret), -EINVAL);
	ck_assert_int_eq(baton_context_watch(context, NULL, on_done, NULL, &ret), -EINVAL);
	ck_assert_int_eq(baton_context_watch(context, case_loop, NULL, NULL, &ret), -EINVAL);
	ck_assert_int_eq(baton_context_watch(context, case_loop, on_done, NULL, NULL), -EINVAL);
}
END_TEST

START_TEST(ten_thousand_watches_are_told_by_one_wake_up)
{
	static struct watched many[MANY];
	struct baton_cancel *cancel = contexts_new(NULL);

	for (unsigned i = 0; i < MANY; i++)
		watch(cancel, &many[i]);
	baton_cancel_now(cancel, 0, NULL);
	(void)loop_turn();
	ck_assert_uint_eq(calls, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_uint_eq(many[i].order, i + 1);
		baton_context_unwatch(many[i].watch);
	}
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(each_loop_is_told_of_its_own_watches)
{
	struct ev_loop *other = ev_loop_new(EVFLAG_AUTO);
	struct baton_cancel *cancel = contexts_new(NULL);

	watch(cancel, &a);
	ck_assert_int_eq(
		baton_context_watch(baton_cancel_context(cancel), other, on_done, &b, &b.watch), 0);
	baton_cancel_now(cancel, 0, NULL);
	loop_run();
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_uint_eq(b.calls, 0);
	ev_run(other, EVRUN_NOWAIT);
	ck_assert_uint_eq(b.calls, 1);
	baton_context_unwatch(b.watch);
	ev_loop_destroy(other);
	baton_context_unwatch(a.watch);
	baton_cancel_destroy(cancel);
}
END_TEST

/* Whichever comes first. */
START_TEST(deadline_and_cancel_at_once_are_told_once)
{
	for (unsigned i = 0; i < 50; i++) {
		shared = contexts_timed(NULL, i % 2);
		watch(shared, &a);
		threads_start(1, cancel_shared);
		loop_run();
		threads_join();
		(void)loop_turn();
		ck_assert_uint_eq(a.calls, i + 1);
		ck_assert_int_eq(a.err, contexts_err(shared));
		baton_context_unwatch(a.watch);
		baton_cancel_destroy(shared);
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		end_is_told_once_from_the_loop_and_not_within_the_call,
		what_had_ended_before_is_told_from_the_loop_too,
		deadlines_at_the_ends_of_time_are_understood,
		deadline_is_told_when_it_has_come,
		loop_whose_clock_is_behind_tells_no_deadline_early,
		nothing_is_told_after_unwatch,
		watch_may_end_within_its_call,
		context_may_be_given_up_within_the_call,
		other_watch_may_end_within_a_call,
		watch_begun_within_a_call_is_called_later,
		watches_are_told_in_the_order_of_the_ends,
		watch_keeps_the_loop_running_until_it_is_called,
		watch_leaves_alone_what_else_keeps_the_loop_running,
		no_timer_is_left_once_the_context_is_done,
		background_is_watched_in_vain,
		watch_keeps_the_context,
		what_must_not_be_null_is_refused,
		ten_thousand_watches_are_told_by_one_wake_up,
		each_loop_is_told_of_its_own_watches,
		deadline_and_cancel_at_once_are_told_once,
	};

	return suite_run(&(struct suite){
		.name = "context_watch",
		.cases = cases,
		.count = array_length(cases),
		.setup = open_loop,
		.teardown = loop_remove,
	});
}
