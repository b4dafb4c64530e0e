/* SPDX-License-Identifier: MIT */
/* See pace.h. */
#include "doctor/pace.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/container.h"

static void on_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct pace *pace = w->data;

	(void)loop;
	(void)revents;
	pace->signal = w->signum;
}

/* That it turns the loop is all it is for. */
static void on_wake(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
}

void pace_init(struct pace *pace, struct ev_loop *loop, int limit_ms)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };

	*pace = (struct pace){ .loop = loop, .started_ms = clock_ms(), .limit_ms = limit_ms };
	ev_init(&pace->wake, on_wake);
	for (size_t i = 0; i < array_length(signals); i++) {
		ev_signal_init(&pace->signals[i], on_signal, signals[i]);
		pace->signals[i].data = pace;
		ev_signal_start(loop, &pace->signals[i]);
	}
}

void pace_finish(struct pace *pace)
{
	ev_timer_stop(pace->loop, &pace->wake);
	for (size_t i = 0; i < array_length(pace->signals); i++)
		ev_signal_stop(pace->loop, &pace->signals[i]);
}

static void turn(struct pace *pace, int timeout_ms)
{
	ev_now_update(pace->loop); /* or the timer would begin in the past */
	ev_timer_set(&pace->wake, timeout_ms / 1e3, 0);
	ev_timer_start(pace->loop, &pace->wake);
	ev_run(pace->loop, EVRUN_ONCE);
	ev_timer_stop(pace->loop, &pace->wake);
}

int pace_await_anyway(struct pace *pace, pace_fn holds, void *data, int timeout_ms)
{
	int64_t since_ms = clock_ms();

	while (!holds(data)) {
		int left_ms = timeout_ms - clock_ms_since(since_ms);

		if (left_ms <= 0)
			return -ETIMEDOUT;
		turn(pace, left_ms);
	}
	return 0;
}

/* A condition, or that there is no point in waiting any longer. */
struct wish {
	struct pace *pace;
	pace_fn holds;
	void *data;
};

static bool is_settled(void *data)
{
	struct wish *wish = data;

	return wish->pace->signal || wish->holds(wish->data);
}

int pace_await(struct pace *pace, pace_fn holds, void *data, int timeout_ms)
{
	struct wish wish = { pace, holds, data };
	int left_ms = pace->limit_ms - clock_ms_since(pace->started_ms);
	bool is_limited = left_ms < timeout_ms;
	int r = pace_await_anyway(pace, is_settled, &wish, is_limited ? left_ms : timeout_ms);

	if (pace->signal)
		return -EINTR;
	return r == -ETIMEDOUT && is_limited ? -ETIME : r;
}

static bool never(void *data)
{
	(void)data;
	return false;
}

int pace_pass(struct pace *pace, int ms)
{
	int r = pace_await(pace, never, NULL, ms);

	return r == -ETIMEDOUT ? 0 : r;
}
