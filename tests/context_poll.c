/* SPDX-License-Identifier: MIT */
/* Waiting for the end of a context without a loop: lifecycle/context_poll.c. */
#include <baton/context.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#include "base/fd.h"
#include "support/contexts.h"
#include "support/suite.h"
#include "support/threads.h"

enum { FDS_MAX = 1024, POLLERS = 8, FAR_MS = 1000000 };

static int ready_fd, idle_fd; /* an eventfd that can be read, and one that cannot */
static struct baton_cancel *shared;
static sem_t are_waiting;

static void open_fds(void)
{
	ready_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	idle_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_ge(ready_fd, 0);
	ck_assert_int_ge(idle_fd, 0);
	ck_assert_int_eq(sem_init(&are_waiting, 0, 0), 0);
}

static void close_fds(void)
{
	fd_close(ready_fd);
	fd_close(idle_fd);
	(void)sem_destroy(&are_waiting);
}

static int wait_for(struct baton_cancel *cancel, int timeout_ms)
{
	return baton_context_poll(baton_cancel_context(cancel), NULL, 0, timeout_ms);
}

START_TEST(nothing_happens_until_the_timeout)
{
	struct baton_cancel *cancel = contexts_new(NULL);
	struct pollfd fds[] = { { .fd = idle_fd, .events = POLLIN, .revents = -1 } };

	ck_assert_int_eq(wait_for(cancel, 0), 0);
	ck_assert_int_eq(wait_for(cancel, 2), 0);
	ck_assert_int_eq(baton_context_poll(baton_cancel_context(cancel), fds, 1, 2), 0);
	ck_assert_int_eq(fds[0].revents, 0);
	ck_assert_int_eq(baton_context_poll(baton_context_background(), NULL, 0, 1), 0);
	baton_cancel_destroy(cancel);
}
END_TEST

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

START_TEST(timeout_is_never_too_short)
{
	struct baton_cancel *cancel = contexts_new(NULL);

	for (int i = 0; i < 50; i++) {
		int64_t begun_ns;

		do /* until the clock's next millisecond is about to begin */
			begun_ns = now_ns();
		while (begun_ns % 1000000 < 999000 - i * 100);
		ck_assert_int_eq(wait_for(cancel, 1), 0);
		ck_assert_int_ge(now_ns() - begun_ns, 1000000);
	}
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(timeouts_of_any_length_are_understood)
{
	static const int timeouts[] = { INT_MIN, -1, 0, 1, INT_MAX };
	struct baton_cancel *cancel = contexts_new(NULL);
	struct pollfd fds[] = { { .fd = ready_fd, .events = POLLIN } };

	for (size_t i = 0; i < array_length(timeouts); i++)
		ck_assert_int_eq(
			baton_context_poll(baton_cancel_context(cancel), fds, 1, timeouts[i]), 1);
	baton_cancel_now(cancel, 0, NULL);
	for (size_t i = 0; i < array_length(timeouts); i++)
		ck_assert_int_eq(wait_for(cancel, timeouts[i]), -ECANCELED);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(ready_descriptors_are_counted)
{
	struct baton_cancel *cancel = contexts_new(NULL);
	struct pollfd fds[] = {
		{ .fd = idle_fd, .events = POLLIN },
		{ .fd = ready_fd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN, .revents = -1 },
		{ .fd = idle_fd, .events = POLLIN | POLLOUT },
	};

	ck_assert_int_eq(
		baton_context_poll(baton_cancel_context(cancel), fds, array_length(fds), -1), 2);
	ck_assert_int_eq(fds[0].revents, 0);
	ck_assert_int_eq(fds[1].revents, POLLIN);
	ck_assert_int_eq(fds[2].revents, 0);
	ck_assert_int_eq(fds[3].revents, POLLOUT);
	ck_assert_int_eq(fds[3].events, POLLIN | POLLOUT);
	ck_assert_int_eq(baton_context_poll(baton_context_background(), fds, 2, -1), 1);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(end_of_the_context_comes_before_what_is_ready)
{
	struct baton_cancel *cancel = contexts_new(NULL);
	struct pollfd fds[] = {
		{ .fd = ready_fd, .events = POLLIN },
		{ .fd = idle_fd, .events = POLLIN },
	};

	baton_cancel_now(cancel, 0, NULL);
	ck_assert_int_eq(baton_context_poll(baton_cancel_context(cancel), fds, 2, -1), -ECANCELED);
	ck_assert_int_eq(fds[0].revents, POLLIN);
	ck_assert_int_eq(fds[1].revents, 0);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(closed_descriptor_is_ready_as_poll_says)
{
	struct baton_cancel *cancel = contexts_new(NULL);
	struct pollfd fds[] = { { .fd = fd_highest() + 100, .events = POLLIN } };

	ck_assert_int_eq(baton_context_poll(baton_cancel_context(cancel), fds, 1, -1), 1);
	ck_assert_int_eq(fds[0].revents, POLLNVAL);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(context_that_had_ended_is_told_at_once)
{
	struct baton_cancel *cancelled = contexts_new(NULL), *timed = contexts_timed(NULL, 0);
	struct baton_cancel *ages_ago = contexts_until(NULL, INT64_MIN);

	ck_assert_int_eq(wait_for(ages_ago, -1), -ETIMEDOUT);
	baton_cancel_destroy(ages_ago);
	baton_cancel_now(cancelled, -EIO, NULL);
	ck_assert_int_eq(wait_for(cancelled, 0), -ECANCELED);
	ck_assert_int_eq(wait_for(cancelled, -1), -ECANCELED);
	ck_assert_int_eq(wait_for(timed, 0), -ETIMEDOUT);
	ck_assert_int_eq(wait_for(timed, -1), -ETIMEDOUT);
	baton_cancel_destroy(cancelled);
	baton_cancel_destroy(timed);
}
END_TEST

START_TEST(deadline_ends_the_wait)
{
	struct baton_cancel *timed = contexts_timed(NULL, 5), *below = contexts_below(timed);
	int64_t deadline_ms = baton_context_deadline_ms(baton_cancel_context(timed));
	struct pollfd fds[] = { { .fd = idle_fd, .events = POLLIN } };

	ck_assert_int_eq(
		baton_context_poll(baton_cancel_context(below), fds, 1, FAR_MS), -ETIMEDOUT);
	ck_assert_int_ge(baton_context_now_ms(), deadline_ms);
	ck_assert_int_eq(contexts_err(timed), -ETIMEDOUT);
	baton_cancel_destroy(below);
	baton_cancel_destroy(timed);
}
END_TEST

START_TEST(timeout_before_the_deadline_is_no_end)
{
	struct baton_cancel *timed = contexts_timed(NULL, FAR_MS);

	ck_assert_int_eq(wait_for(timed, 3), 0);
	ck_assert_int_eq(contexts_err(timed), 0);
	baton_cancel_destroy(timed);
}
END_TEST

static int results[POLLERS];

static void poll_shared(unsigned index)
{
	struct pollfd fds[] = { { .fd = idle_fd, .events = POLLIN } };

	(void)sem_post(&are_waiting);
	results[index] = baton_context_poll(
		baton_cancel_context(shared), fds, index % 2, index % 3 ? -1 : FAR_MS);
}

START_TEST(cancel_by_another_thread_ends_the_wait_of_all)
{
	shared = contexts_new(NULL);
	threads_start(POLLERS, poll_shared);
	for (unsigned i = 0; i < POLLERS; i++)
		threads_await(&are_waiting);
	baton_cancel_now(shared, 0, NULL);
	threads_join();
	for (unsigned i = 0; i < POLLERS; i++)
		ck_assert_int_eq(results[i], -ECANCELED);
	baton_cancel_destroy(shared);
}
END_TEST

static void make_ready(unsigned index)
{
	(void)index;
	(void)eventfd_write(idle_fd, 1);
}

START_TEST(descriptor_that_becomes_ready_ends_the_wait)
{
	struct baton_cancel *cancel = contexts_timed(NULL, FAR_MS);
	struct pollfd fds[] = { { .fd = idle_fd, .events = POLLIN } };

	threads_start(1, make_ready);
	ck_assert_int_eq(baton_context_poll(baton_cancel_context(cancel), fds, 1, -1), 1);
	ck_assert_int_eq(fds[0].revents, POLLIN);
	threads_join();
	baton_cancel_destroy(cancel);
}
END_TEST

static volatile sig_atomic_t alarms;

static void on_alarm(int signal)
{
	(void)signal;
	alarms++;
}

START_TEST(signals_do_not_end_the_wait)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval each_ms = { { 0, 1000 }, { 0, 1000 } }, off = { { 0, 0 }, { 0, 0 } };
	struct baton_cancel *cancel = contexts_new(NULL), *timed = contexts_timed(NULL, 10);
	int64_t begun_ms = baton_context_now_ms();

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &each_ms, NULL), 0);
	ck_assert_int_eq(wait_for(timed, -1), -ETIMEDOUT);
	ck_assert_int_eq(wait_for(cancel, 10), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &off, NULL), 0);
	ck_assert_int_ge(baton_context_now_ms(), begun_ms + 10);
	ck_assert_int_gt(alarms, 0);
	baton_cancel_destroy(timed);
	baton_cancel_destroy(cancel);
}
END_TEST

START_TEST(as_many_descriptors_as_allowed_are_polled)
{
	static struct pollfd fds[FDS_MAX + 1];
	struct rlimit limit;

	/* poll(2) takes no more than there may be descriptors, of which one is baton's. */
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (size_t i = 0; i < array_length(fds); i++)
		fds[i] = (struct pollfd){ .fd = ready_fd, .events = POLLIN };
	ck_assert_int_eq(
		baton_context_poll(baton_context_background(), fds, FDS_MAX + 1, -1), -EINVAL);
	ck_assert_int_eq(fds[0].revents, 0);
	ck_assert_int_eq(baton_context_poll(baton_context_background(), fds, FDS_MAX, -1), FDS_MAX);
	ck_assert_int_eq(fds[FDS_MAX - 1].revents, POLLIN);
}
END_TEST

START_TEST(want_of_descriptors_is_told)
{
	struct pollfd fds[] = { { .fd = ready_fd, .events = POLLIN } };
	struct rlimit before, limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = FD_FIRST;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(baton_context_poll(baton_context_background(), fds, 1, -1), -EMFILE);
	ck_assert_int_eq(fds[0].revents, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

START_TEST(what_must_not_be_null_is_refused)
{
	ck_assert_int_eq(baton_context_poll(NULL, NULL, 0, 0), -EINVAL);
	ck_assert_int_eq(baton_context_poll(baton_context_background(), NULL, 1, 0), -EINVAL);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		nothing_happens_until_the_timeout,
		timeout_is_never_too_short,
		timeouts_of_any_length_are_understood,
		ready_descriptors_are_counted,
		end_of_the_context_comes_before_what_is_ready,
		closed_descriptor_is_ready_as_poll_says,
		context_that_had_ended_is_told_at_once,
		deadline_ends_the_wait,
		timeout_before_the_deadline_is_no_end,
		cancel_by_another_thread_ends_the_wait_of_all,
		descriptor_that_becomes_ready_ends_the_wait,
		signals_do_not_end_the_wait,
		as_many_descriptors_as_allowed_are_polled,
		want_of_descriptors_is_told,
		what_must_not_be_null_is_refused,
	};

	return suite_run(&(struct suite){
		.name = "context_poll",
		.cases = cases,
		.count = array_length(cases),
		.setup = open_fds,
		.teardown = close_fds,
	});
}
