/* SPDX-License-Identifier: MIT */
/* See tree.h. */
#include "support/tree.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "process_tree.h"
#include "support/process.h"

static int told[2];

void tree_setup(void)
{
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ck_assert_int_eq(pipe2(told, O_CLOEXEC), 0);
}

void tree_teardown(void)
{
	/* What dies leaves its children to us, so it may take more than one turn. */
	do {
		(void)process_tree_kill_below(getpid(), NULL);
	} while (waitpid(-1, NULL, 0) > 0);
	fd_close(told[0]);
	fd_close(told[1]);
}

pid_t tree_fork(tree_fn fn)
{
	pid_t pid = fork();

	if (pid == -1)
		abort();
	if (pid == 0) {
		fn();
		_exit(0);
	}
	return pid;
}

pid_t tree_start(tree_fn fn)
{
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		(void)setpgid(0, 0);
		fn();
		_exit(0);
	}
	(void)setpgid(pid, pid); /* whoever comes first */
	return pid;
}

void tree_stay(void)
{
	pid_t pid = getpid();

	if (write(told[1], &pid, sizeof(pid)) != sizeof(pid))
		abort();
	for (;;)
		(void)pause();
}

pid_t tree_next(void)
{
	pid_t pid;

	process_wait_fd(told[0], POLLIN);
	ck_assert_int_eq(read(told[0], &pid, sizeof(pid)), sizeof(pid));
	return pid;
}

void tree_await_end(pid_t pid)
{
	siginfo_t info;

	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}
