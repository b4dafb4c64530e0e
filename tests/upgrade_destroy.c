/* SPDX-License-Identifier: MIT */
/* The host destroys the upgrade object, from wherever it likes: process/upgrade_host.c. */
#include <baton/upgrade.h>

#include <ev.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "support/process.h"
#include "support/suite.h"

enum place { ON_DRAIN, ON_DEADLINE, ON_SIGNAL, ON_LOG, ON_END };

static struct ev_loop *loop; /* NULL: the host polls */
static struct baton_upgrade *object;
static enum place place;
static bool is_destroyed;
static unsigned calls; /* of any callback, after it was destroyed */

static void come_by(enum place here)
{
	if (is_destroyed)
		calls++;
	if (here != place || is_destroyed)
		return;
	is_destroyed = true;
	baton_upgrade_destroy(object);
	if (loop)
		ev_break(loop, EVBREAK_ALL);
}

static void poll_and_dispatch(void)
{
	struct pollfd wait = { .fd = baton_upgrade_fd(object), .events = POLLIN };

	while (!is_destroyed) {
		ck_assert_int_eq(poll(&wait, 1, PROCESS_DEADLINE_MS), 1);
		ck_assert_int_eq(baton_upgrade_dispatch(object), 0);
	}
}

static void on_drain(struct baton_upgrade *upgrade, void *data)
{
	(void)upgrade, (void)data;
	come_by(ON_DRAIN);
}

static void on_deadline(struct baton_upgrade *upgrade, void *data)
{
	(void)upgrade, (void)data;
	come_by(ON_DEADLINE);
}

static void on_end(struct baton_upgrade *upgrade, int status, void *data)
{
	(void)upgrade, (void)status, (void)data;
	come_by(ON_END);
}

static void on_log(int level, const char *text, void *data)
{
	(void)level, (void)text, (void)data;
	come_by(ON_LOG);
}

static void on_signal(
	struct baton_upgrade *upgrade, int signal, enum baton_upgrade_hook hook, void *data)
{
	(void)upgrade, (void)signal, (void)hook, (void)data;
	come_by(ON_SIGNAL);
}

/* What is left over is found by the suite (descriptors) and by ASan (memory). */
static void destroy(enum place wanted, bool polls, const int *signals)
{
	static char name[] = "server";
	static char *const argv[] = { name, NULL };
	const struct baton_upgrade_options options = {
		.size = sizeof(options),
		.argv = argv,
		.drain_timeout_ms = 1,
		.hammer_ms = 1,
		.on_drain = on_drain,
		.on_deadline = on_deadline,
		.on_end = on_end,
		.on_log = on_log,
		.on_signal = on_signal,
	};
	struct baton_error error;

	place = wanted;
	is_destroyed = false;
	calls = 0;
	loop = polls ? NULL : ev_loop_new(EVFLAG_AUTO);
	ck_assert_int_eq(baton_upgrade_create(loop, &options, &object, &error), 0);
	ck_assert_int_eq(baton_upgrade_ready(object, &error), 0);
	for (; *signals; signals++)
		ck_assert_int_eq(raise(*signals), 0);
	if (polls)
		poll_and_dispatch();
	else
		ev_run(loop, 0);
	ck_assert(is_destroyed);
	ck_assert_uint_eq(calls, 0);
	if (!polls)
		ev_loop_destroy(loop);
}

static void destroy_from(enum place wanted, const int *signals)
{
	destroy(wanted, false, signals);
	destroy(wanted, true, signals);
}

START_TEST(object_may_be_destroyed_as_it_drains)
{
	destroy_from(ON_DRAIN, (const int[]){ SIGTERM, 0 });
}
END_TEST

START_TEST(object_may_be_destroyed_at_the_deadline)
{
	destroy_from(ON_DEADLINE, (const int[]){ SIGTERM, 0 });
}
END_TEST

START_TEST(object_may_be_destroyed_by_a_hook)
{
	destroy_from(ON_SIGNAL, (const int[]){ SIGTERM, 0 });
	destroy_from(ON_SIGNAL, (const int[]){ SIGUSR1, 0 });
}
END_TEST

START_TEST(object_may_be_destroyed_by_what_logs)
{
	destroy_from(ON_LOG, (const int[]){ SIGTERM, 0 });
}
END_TEST

START_TEST(object_may_be_destroyed_in_the_end)
{
	destroy_from(ON_END, (const int[]){ SIGTERM, 0 });
	destroy_from(ON_END, (const int[]){ SIGQUIT, 0 });
}
END_TEST

START_TEST(signals_are_blocked_as_long_as_a_polling_host_has_the_object)
{
	static char name[] = "server";
	static char *const argv[] = { name, NULL };
	const struct baton_upgrade_options options = {
		.size = sizeof(options),
		.argv = argv,
		.on_drain = on_drain,
		.on_end = on_end,
	};
	struct baton_error error;
	sigset_t before, between, after;

	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &before), 0);
	ck_assert_int_eq(baton_upgrade_create(NULL, &options, &object, &error), 0);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &between), 0);
	baton_upgrade_destroy(object);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &after), 0);
	ck_assert_int_eq(sigismember(&before, SIGHUP), 0);
	ck_assert_int_eq(sigismember(&between, SIGHUP), 1);
	ck_assert_int_eq(sigismember(&between, SIGUSR1), 0); /* there is no hook for it */
	ck_assert_int_eq(sigismember(&after, SIGHUP), 0);
}
END_TEST

START_TEST(object_with_a_loop_is_not_polled)
{
	static char name[] = "server";
	static char *const argv[] = { name, NULL };
	const struct baton_upgrade_options options = {
		.size = sizeof(options),
		.argv = argv,
		.on_drain = on_drain,
		.on_end = on_end,
	};
	struct baton_error error;

	loop = ev_loop_new(EVFLAG_AUTO);
	ck_assert_int_eq(baton_upgrade_create(loop, &options, &object, &error), 0);
	ck_assert_int_eq(baton_upgrade_fd(object), -EINVAL);
	ck_assert_int_eq(baton_upgrade_dispatch(object), -EINVAL);
	baton_upgrade_destroy(object);
	ev_loop_destroy(loop);
}
END_TEST

START_TEST(no_object_is_an_object_that_is_over)
{
	baton_upgrade_destroy(NULL);
	baton_upgrade_start(NULL);
	baton_upgrade_stop(NULL);
	baton_upgrade_drained(NULL);
	ck_assert_int_eq(baton_upgrade_fd(NULL), -EINVAL);
	ck_assert_int_eq(baton_upgrade_dispatch(NULL), -EINVAL);
	ck_assert_int_eq(baton_upgrade_state(NULL), BATON_UPGRADE_DRAINED);
	ck_assert_uint_eq(baton_upgrade_generation(NULL), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		object_may_be_destroyed_as_it_drains,
		object_may_be_destroyed_at_the_deadline,
		object_may_be_destroyed_by_a_hook,
		object_may_be_destroyed_by_what_logs,
		object_may_be_destroyed_in_the_end,
		signals_are_blocked_as_long_as_a_polling_host_has_the_object,
		object_with_a_loop_is_not_polled,
		no_object_is_an_object_that_is_over,
	};

	return SUITE_RUN("upgrade_destroy", cases);
}
