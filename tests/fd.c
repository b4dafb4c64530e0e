/* SPDX-License-Identifier: MIT */
/* Descriptor helpers: base/fd.c. */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "support/suite.h"

START_TEST(dup_is_close_on_exec_and_above_the_standard_streams)
{
	cleanup_fd int fd = fd_dup(0);

	ck_assert_int_ge(fd, 3);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
}
END_TEST

START_TEST(dup_of_a_closed_descriptor_is_refused)
{
	ck_assert_int_eq(fd_dup(1000), -EBADF);
}
END_TEST

START_TEST(flags_are_set_and_cleared_alone)
{
	cleanup_fd int fd = open("/dev/null", O_RDWR | O_CLOEXEC | O_APPEND);
	bool is_nonblock;

	ck_assert_int_eq(fd_set_cloexec(fd, false), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
	ck_assert_int_eq(fd_set_nonblock(fd, true), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_APPEND), O_NONBLOCK | O_APPEND);
	ck_assert_int_eq(fd_get_nonblock(fd, &is_nonblock), 0);
	ck_assert(is_nonblock);
	ck_assert_int_eq(fd_set_nonblock(fd, false), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_APPEND), O_APPEND);
	ck_assert_int_eq(fd_get_nonblock(fd, &is_nonblock), 0);
	ck_assert(!is_nonblock);
	ck_assert_int_eq(fd_get_nonblock(1000, &is_nonblock), -EBADF);
	ck_assert_int_eq(fd_set_cloexec(1000, true), -EBADF);
}
END_TEST

START_TEST(close_keeps_errno_and_ignores_minus_one)
{
	errno = E2BIG;
	fd_close(-1);
	fd_close(1000);
	ck_assert_int_eq(errno, E2BIG);
}
END_TEST

START_TEST(taken_descriptor_stays_open)
{
	int kept;
	{
		cleanup_fd int fd = fd_dup(0);

		kept = take_fd(&fd);
		ck_assert_int_eq(fd, -1);
	}
	ck_assert_int_eq(fcntl(kept, F_GETFD), FD_CLOEXEC);
	fd_close(kept);
	ck_assert_int_eq(fcntl(kept, F_GETFD), -1);
}
END_TEST

START_TEST(closed_standard_streams_are_filled)
{
	cleanup_fd int saved = fd_dup(0);

	fd_close(0);
	ck_assert_int_eq(fd_ensure_standard(), 0);
	ck_assert_int_eq(fcntl(0, F_GETFD), 0);
	ck_assert_int_eq(dup2(saved, 0), 0);
}
END_TEST

START_TEST(highest_descriptor_is_found_above_the_limit)
{
	cleanup_fd int fd = fcntl(0, F_DUPFD_CLOEXEC, 100);
	struct rlimit limit;

	ck_assert_int_ge(fd, 100);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 50;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(fd_highest(), fd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		dup_is_close_on_exec_and_above_the_standard_streams,
		dup_of_a_closed_descriptor_is_refused,
		flags_are_set_and_cleared_alone,
		close_keeps_errno_and_ignores_minus_one,
		taken_descriptor_stays_open,
		closed_standard_streams_are_filled,
		highest_descriptor_is_found_above_the_limit,
	};

	return SUITE_RUN("fd", cases);
}
