/* SPDX-License-Identifier: MIT */
/* Accepting when descriptors or buffers are short: lifecycle/acceptor.c. */
#include <baton/acceptor.h>

#include <errno.h>
#include <ev.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "support/acceptor_test.h"
#include "support/loop.h"
#include "support/process.h"
#include "support/suite.h"

static struct rlimit full_limit;
static int limiter[2]; /* what it is told, and has done */
static pid_t limiter_pid;

/* A child: what a process sets for itself valgrind keeps from the kernel, and so loses clients. */
static void limit_parent(void)
{
	struct rlimit limit;

	fd_close(limiter[0]);
	while (read(limiter[1], &limit, sizeof(limit)) == sizeof(limit)) {
		int r = prlimit(getppid(), RLIMIT_NOFILE, &limit, NULL);

		if (write(limiter[1], &r, sizeof(r)) != sizeof(r))
			_exit(1);
	}
	_exit(0);
}

static void setup(void)
{
	acceptor_test_setup();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &full_limit), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, limiter), 0);
	limiter_pid = check_fork();
	if (limiter_pid == 0)
		limit_parent();
	fd_close(limiter[1]);
}

static void teardown(void)
{
	fd_close(limiter[0]);
	ck_assert_int_eq(waitpid(limiter_pid, NULL, 0), limiter_pid);
	acceptor_test_teardown();
}

static void set_limit(rlim_t limit)
{
	const struct rlimit limits = { .rlim_cur = limit, .rlim_max = full_limit.rlim_max };
	int r;

	ck_assert_int_eq(write(limiter[0], &limits, sizeof(limits)), sizeof(limits));
	ck_assert_int_eq(read(limiter[0], &r, sizeof(r)), sizeof(r));
	ck_assert_int_eq(r, 0);
}

/* Leaves room for so many descriptors more. */
static void allow_fds(rlim_t count)
{
	int first = fd_dup(STDIN_FILENO);

	ck_assert_int_ge(first, 0);
	ck_assert_int_eq(close(first), 0);
	set_limit((rlim_t)first + count);
}

static void allow_all_fds(void)
{
	set_limit(full_limit.rlim_cur);
}

static void await_pauses(uint64_t count)
{
	int64_t since_ms = clock_ms();

	while (acceptor_test_counts().pauses < count) {
		ck_assert_int_lt(clock_ms_since(since_ms), PROCESS_DEADLINE_MS);
		ev_run(case_loop, EVRUN_ONCE);
	}
}

START_TEST(client_waits_while_there_are_no_descriptors)
{
	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	baton_acceptor_resume(test_acceptor);
	(void)loop_turn();
	(void)acceptor_test_connect(listener, 1);
	allow_fds(0);
	await_pauses(3);
	ck_assert_int_eq(test_accepted_count, 0);
	ck_assert(acceptor_test_counts().is_short);
	ck_assert_int_eq(test_lines, 1);
	ck_assert_int_eq(test_levels[0], LOG_WARNING);
	ck_assert_str_eq(test_log[0], "cannot accept connections: Too many open files; they wait");
	allow_all_fds();
	acceptor_test_await(1);
	ck_assert(!acceptor_test_counts().is_short);
	ck_assert_int_eq(test_lines, 2);
	ck_assert_int_eq(test_levels[1], LOG_NOTICE);
	ck_assert_ptr_eq(strstr(test_log[1], "accepts connections again after "), test_log[1]);
	ck_assert_uint_eq(acceptor_test_counts().accepted, 1);
	ck_assert_uint_eq(acceptor_test_counts().failed, 0);
	ck_assert_int_eq(test_ends, 0);
	acceptor_test_destroy();
	baton_listener_close(listener);
}
END_TEST

START_TEST(waits_double_from_5_ms_and_the_loop_sleeps)
{
	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	baton_acceptor_resume(test_acceptor);
	(void)loop_turn();
	(void)acceptor_test_connect(listener, 1);
	allow_fds(0);
	int64_t since_ms = clock_ms();
	unsigned turns = ev_iteration(case_loop);

	for (uint64_t i = 0; i < 6; i++) {
		await_pauses(i + 1);
		/* 5, 15, 35, 75, 155 ms */
		ck_assert_int_ge(clock_ms_since(since_ms), 5 * ((1 << i) - 1));
	}
	/* For each one that finds the client, and one that ends the wait; the rest is for timers
	 * that are a little early. */
	ck_assert_uint_le(ev_iteration(case_loop) - turns, 6 * 4);
	ck_assert_uint_eq(acceptor_test_counts().pauses, 6);
	ck_assert_int_eq(test_lines, 1);
	allow_all_fds();
	acceptor_test_destroy();
	baton_listener_close(listener);
}
END_TEST

START_TEST(shortage_holds_all_listeners)
{
	acceptor_test_create(4);
	struct baton_listener *first = acceptor_test_add_unix("first");
	struct baton_listener *second = acceptor_test_add_unix("second");

	baton_acceptor_resume(test_acceptor);
	(void)loop_turn();
	(void)acceptor_test_connect(first, 3);
	(void)acceptor_test_connect(second, 3);
	allow_fds(2);
	await_pauses(1);
	ck_assert_int_eq(test_accepted_count, 2); /* both of one listener */
	ck_assert_uint_eq(acceptor_test_counts().pauses, 1);
	allow_all_fds();
	acceptor_test_await(6);
	ck_assert_int_eq(test_lines, 2);
	acceptor_test_destroy();
	baton_listener_close(first);
	baton_listener_close(second);
}
END_TEST

START_TEST(each_shortage_has_its_two_lines)
{
	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	baton_acceptor_resume(test_acceptor);
	(void)loop_turn();
	for (int i = 0; i < 2; i++) {
		(void)acceptor_test_connect(listener, 1);
		allow_fds(0);
		await_pauses(acceptor_test_counts().pauses + 2);
		ck_assert_int_eq(test_lines, 2 * i + 1);
		allow_all_fds();
		acceptor_test_await(i + 1);
		ck_assert_int_eq(test_lines, 2 * i + 2);
	}
	acceptor_test_destroy();
	baton_listener_close(listener);
}
END_TEST

static int answer;

static int answer_once(void)
{
	return test_accepted_count == 2 ? answer : 0;
}

START_TEST(on_accept_that_lacks_something_holds_the_next)
{
	static const int rows[] = { -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM };

	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	test_answer = answer_once;
	for (size_t i = 0; i < array_length(rows); i++) {
		uint64_t pauses = acceptor_test_counts().pauses;

		answer = rows[i];
		for (int j = 0; j < test_accepted_count; j++)
			fd_close(test_accepted[j].fd);
		test_accepted_count = test_lines = 0;
		baton_acceptor_resume(test_acceptor);
		(void)acceptor_test_connect(listener, 3);
		(void)loop_turn();
		ck_assert_int_eq(test_accepted_count, 2);
		ck_assert_uint_eq(acceptor_test_counts().pauses, pauses + 1);
		ck_assert_int_eq(test_lines, 1);
		ck_assert_ptr_nonnull(strstr(test_log[0], strerrordesc_np(-rows[i])));
		acceptor_test_await(3);
		ck_assert_int_eq(test_lines, 2);
		ck_assert(!acceptor_test_counts().is_short);
	}
	acceptor_test_destroy();
	baton_listener_close(listener);
}
END_TEST

START_TEST(on_accept_that_fails_otherwise_holds_nobody)
{
	static const int rows[] = { -EPERM, -EAGAIN, -EINVAL, -ECONNABORTED, -1000 };

	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	test_answer = answer_once;
	baton_acceptor_resume(test_acceptor);
	for (size_t i = 0; i < array_length(rows); i++) {
		answer = rows[i];
		for (int j = 0; j < test_accepted_count; j++)
			fd_close(test_accepted[j].fd);
		test_accepted_count = 0;
		(void)acceptor_test_connect(listener, 3);
		(void)loop_turn();
		ck_assert_int_eq(test_accepted_count, 3);
	}
	ck_assert_uint_eq(acceptor_test_counts().pauses, 0);
	ck_assert_uint_eq(acceptor_test_counts().failed, 0);
	ck_assert_int_eq(test_lines, 0);
	ck_assert_int_eq(test_ends, 0);
	acceptor_test_destroy();
	baton_listener_close(listener);
}
END_TEST

START_TEST(wait_is_not_cut_short_by_a_resume)
{
	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	test_answer = answer_once;
	answer = -ENOMEM;
	baton_acceptor_resume(test_acceptor);
	(void)acceptor_test_connect(listener, 3);
	int64_t since_ms = clock_ms();

	(void)loop_turn();
	baton_acceptor_pause(test_acceptor);
	baton_acceptor_resume(test_acceptor);
	acceptor_test_await(3);
	ck_assert_int_ge(clock_ms_since(since_ms), 5);
	acceptor_test_destroy();
	baton_listener_close(listener);
}
END_TEST

START_TEST(pause_during_the_wait_goes_on_after_it)
{
	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	test_answer = answer_once;
	answer = -ENOMEM;
	baton_acceptor_resume(test_acceptor);
	(void)acceptor_test_connect(listener, 3);
	(void)loop_turn();
	baton_acceptor_pause(test_acceptor);
	while (loop_turn()) /* until the wait is over */
		continue;
	ck_assert_int_eq(test_accepted_count, 2);
	baton_acceptor_resume(test_acceptor);
	acceptor_test_await(3);
	acceptor_test_destroy();
	baton_listener_close(listener);
}
END_TEST

START_TEST(acceptor_may_be_stopped_or_destroyed_during_the_wait)
{
	for (int i = 0; i < 2; i++) {
		acceptor_test_create(0);
		struct baton_listener *listener = acceptor_test_add_unix("socket");

		baton_acceptor_resume(test_acceptor);
		(void)loop_turn();
		(void)acceptor_test_connect(listener, 1);
		allow_fds(0);
		await_pauses(1);
		if (i) {
			baton_acceptor_stop(test_acceptor);
			ck_assert(!acceptor_test_counts().is_short);
		} else {
			acceptor_test_destroy();
		}
		ck_assert(!loop_turn());
		allow_all_fds();
		acceptor_test_destroy();
		baton_listener_close(listener);
	}
}
END_TEST

static int stop_for_want(void)
{
	baton_acceptor_stop(test_acceptor);
	return -EMFILE;
}

START_TEST(stop_for_want_of_something_begins_no_wait)
{
	acceptor_test_create(0);
	struct baton_listener *listener = acceptor_test_add_unix("socket");

	test_answer = stop_for_want;
	baton_acceptor_resume(test_acceptor);
	(void)acceptor_test_connect(listener, 2);
	ck_assert(!loop_turn());
	ck_assert_int_eq(test_accepted_count, 1);
	ck_assert_int_eq(test_lines, 0);
	ck_assert(!acceptor_test_counts().is_short);
	baton_listener_close(listener);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		client_waits_while_there_are_no_descriptors,
		waits_double_from_5_ms_and_the_loop_sleeps,
		shortage_holds_all_listeners,
		each_shortage_has_its_two_lines,
		on_accept_that_lacks_something_holds_the_next,
		on_accept_that_fails_otherwise_holds_nobody,
		wait_is_not_cut_short_by_a_resume,
		pause_during_the_wait_goes_on_after_it,
		acceptor_may_be_stopped_or_destroyed_during_the_wait,
		stop_for_want_of_something_begins_no_wait,
	};

	return suite_run(&(struct suite){
		.name = "acceptor_shortage",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
