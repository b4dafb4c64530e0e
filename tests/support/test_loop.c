/* SPDX-License-Identifier: MIT */
/* See test_loop.h. */
#include "support/test_loop.h"

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

static const double deadline_s = 20;

struct ev_loop *test_loop;
static ev_timer deadline;
static bool is_late;

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w, (void)revents;
	is_late = true;
	ev_break(loop, EVBREAK_ALL);
}

void test_loop_open(void)
{
	test_loop = ev_loop_new(EVFLAG_AUTO);
	ck_assert_ptr_nonnull(test_loop);
	ev_timer_init(&deadline, on_deadline, 0, 0);
}

void test_loop_close(void)
{
	ev_loop_destroy(test_loop);
	test_loop = NULL;
}

static void start_deadline(void)
{
	is_late = false;
	ev_now_update(test_loop); /* the case may have taken its time */
	ev_timer_set(&deadline, deadline_s, 0);
	ev_timer_start(test_loop, &deadline);
}

void test_loop_until(const unsigned *count, unsigned wanted)
{
	start_deadline();
	while (*count < wanted && !is_late)
		ev_run(test_loop, EVRUN_ONCE);
	ev_timer_stop(test_loop, &deadline);
	ck_assert_msg(!is_late, "%u of %u by the deadline", *count, wanted);
}

void test_loop_run(void)
{
	start_deadline();
	ev_unref(test_loop);
	ev_run(test_loop, 0);
	ev_ref(test_loop);
	ev_timer_stop(test_loop, &deadline);
	ck_assert_msg(!is_late, "something keeps the loop running");
}

void test_loop_turn(void)
{
	ev_run(test_loop, EVRUN_NOWAIT);
}
