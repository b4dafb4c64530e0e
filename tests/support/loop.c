/* SPDX-License-Identifier: MIT */
/* See loop.h. */
#include "support/loop.h"

#include <check.h>
#include <ev.h>

#include "support/process.h"

struct ev_loop *case_loop;

void loop_make(void)
{
	case_loop = ev_loop_new(EVFLAG_AUTO);
	ck_assert_ptr_nonnull(case_loop);
}

void loop_remove(void)
{
	ck_assert_msg(!loop_turn(), "something keeps the loop running");
	ev_loop_destroy(case_loop);
}

/* That it is no longer active says it all. */
static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w, (void)revents;
	ev_break(loop, EVBREAK_ALL);
}

static void start_deadline(ev_timer *deadline)
{
	ev_timer_init(deadline, on_deadline, PROCESS_DEADLINE_MS / 1e3, 0);
	ev_now_update(case_loop); /* the case may not have run it for long */
	ev_timer_start(case_loop, deadline);
}

void loop_await(const int *count, int wanted)
{
	ev_timer deadline;

	start_deadline(&deadline);
	ev_invoke_pending(case_loop); /* or the loop, which begins with it, waits for more */
	while (*count < wanted) {
		ck_assert_msg(ev_is_active(&deadline), "%d instead of %d", *count, wanted);
		ev_run(case_loop, EVRUN_ONCE);
	}
	ev_timer_stop(case_loop, &deadline);
}

void loop_run(void)
{
	ev_timer deadline;

	start_deadline(&deadline);
	ev_unref(case_loop);
	ev_run(case_loop, 0);
	ck_assert_msg(ev_is_active(&deadline), "something keeps the loop running");
	ev_ref(case_loop);
	ev_timer_stop(case_loop, &deadline);
}

bool loop_turn(void)
{
	return ev_run(case_loop, EVRUN_NOWAIT);
}
