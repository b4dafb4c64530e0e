/* SPDX-License-Identifier: MIT */
/* How a process ended: base/wait_status.c. */
#include "base/wait_status.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/suite.h"

/* The status of a child that kills itself with the signal, or exits with the code if it is 0. */
static int status_of(int signal, int code)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (signal)
			(void)kill(getpid(), signal);
		_exit(code);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(exit_is_told_with_its_status)
{
	char text[WAIT_STATUS_SIZE];
	int status = status_of(0, 7);

	ck_assert_str_eq(wait_status_text(status, text, sizeof(text)), "exited with status 7");
	ck_assert_int_eq(wait_status_code(status), 7);
}
END_TEST

START_TEST(signal_is_told_by_name_or_number)
{
	char text[WAIT_STATUS_SIZE];
	int status = status_of(SIGKILL, 0);

	ck_assert_str_eq(wait_status_text(status, text, sizeof(text)), "was killed by SIGKILL");
	ck_assert_int_eq(wait_status_code(status), 128 + SIGKILL);
	status = status_of(SIGRTMIN, 0);
	ck_assert_str_eq(wait_status_text(status, text, sizeof(text)), "was killed by SIGRTMIN");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		exit_is_told_with_its_status,
		signal_is_told_by_name_or_number,
	};

	return SUITE_RUN("wait_status", cases);
}
