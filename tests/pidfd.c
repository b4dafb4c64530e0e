/* SPDX-License-Identifier: MIT */
/* Processes by descriptor: base/pidfd.c. */
#include "base/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "support/refuse.h"
#include "support/suite.h"

START_TEST(pidfd_is_close_on_exec)
{
	cleanup_fd int pidfd = pidfd_open_pid(getpid());

	ck_assert_int_ge(pidfd, 3);
	ck_assert_int_eq(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
}
END_TEST

START_TEST(signal_reaches_the_process_until_it_is_gone)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	cleanup_fd int pidfd = pidfd_open_pid(pid);

	ck_assert_int_ge(pidfd, 3);
	ck_assert_int_eq(pidfd_signal(pidfd, 0), 0);
	ck_assert_int_eq(pidfd_signal(pidfd, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_int_eq(pidfd_signal(pidfd, SIGKILL), -ESRCH);
	ck_assert_int_eq(pidfd_open_pid(pid), -ESRCH);
}
END_TEST

START_TEST(other_descriptors_are_no_pidfds)
{
	uint64_t identity = 42;

	ck_assert_int_eq(pidfd_signal(0, 0), -EBADF);
	ck_assert_int_eq(pidfd_signal(-1, 0), -EBADF);
	ck_assert_int_eq(pidfd_identity(-1, &identity), -EBADF);
	ck_assert_int_eq(pidfd_identity(0, &identity), -EOPNOTSUPP);
	ck_assert_uint_eq(identity, 42);
}
END_TEST

START_TEST(identity_is_the_same_through_each_descriptor_and_fits)
{
	cleanup_fd int pidfd = pidfd_open_pid(getpid());
	char text[PIDFD_IDENTITY_SIZE];
	uint64_t identity, again;
	int r = pidfd_own_identity(&identity);

	ck_assert_int_eq(pidfd_identity(pidfd, &again), r);
	if (r < 0) {
		ck_assert_int_eq(r, -EOPNOTSUPP); /* before Linux 6.9 */
		return;
	}
	ck_assert_uint_eq(identity, again);
	ck_assert_int_lt(snprintf(text, sizeof(text), "%ju", (uintmax_t)UINT64_MAX), sizeof(text));
}
END_TEST

START_TEST(error_says_what_the_kernel_lacks)
{
	struct baton_error error;

	ck_assert_int_eq(pidfd_error(&error, -EMFILE, "cannot open it"), -EMFILE);
	ck_assert_str_eq(error.text, "cannot open it: Too many open files");
	refuse_call(SYS_pidfd_open, ENOSYS);
	ck_assert_int_eq(pidfd_error(&error, pidfd_open_pid(getpid()), "cannot open it"), -ENOSYS);
	ck_assert_str_eq(error.text,
		"cannot open it: pidfd_open(2) needs Linux 5.3, and a sandbox that allows it: "
		"Function not implemented");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		pidfd_is_close_on_exec,
		signal_reaches_the_process_until_it_is_gone,
		other_descriptors_are_no_pidfds,
		identity_is_the_same_through_each_descriptor_and_fits,
		error_says_what_the_kernel_lacks,
	};

	return SUITE_RUN("pidfd", cases);
}
