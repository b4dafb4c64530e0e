/* SPDX-License-Identifier: MIT */
/* What /proc says about one process: supervisor/procfs.c. */
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/process.h"
#include "support/suite.h"

/* The largest pid there is: 2^22 is where the kernel stops. */
#define NO_PID 4194304

START_TEST(own_stat_is_read)
{
	struct procfs_stat stat;

	ck_assert_int_eq(procfs_stat(getpid(), &stat), 0);
	ck_assert_int_eq(stat.parent, getppid());
	ck_assert_int_eq(stat.group, getpgrp());
	ck_assert_int_eq(stat.session, getsid(0));
	ck_assert_int_eq(stat.state, 'R');
	ck_assert_uint_gt(stat.start_time, 0);
}
END_TEST

START_TEST(name_with_blanks_and_parentheses_does_not_confuse)
{
	struct procfs_stat stat;

	ck_assert_int_eq(prctl(PR_SET_NAME, ") Z 1 (2) 3"), 0);
	ck_assert_int_eq(procfs_stat(getpid(), &stat), 0);
	ck_assert_int_eq(stat.state, 'R');
	ck_assert_int_eq(stat.parent, getppid());
}
END_TEST

START_TEST(missing_process_is_told_from_other_failures)
{
	struct procfs_stat stat = { .parent = 42 };

	ck_assert_int_eq(procfs_stat(NO_PID, &stat), -ESRCH);
	ck_assert_int_eq(stat.parent, 42);
	ck_assert_int_eq(procfs_has_env(NO_PID, "A=1"), -ESRCH);
}
END_TEST

START_TEST(zombie_has_a_stat)
{
	struct procfs_stat stat;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	siginfo_t info;

	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(procfs_stat(pid, &stat), 0);
	ck_assert_int_eq(stat.state, 'Z');
	ck_assert(procfs_has_ended(pid));
	ck_assert(procfs_has_ended(NO_PID));
	ck_assert(!procfs_has_ended(getpid()));
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

/* Starts sleep with that environment. */
static pid_t start_sleep(char *const *envp, int *ret_pidfd)
{
	char *argv[] = { "/bin/sleep", "1000", NULL };
	const struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.envp = envp,
	};
	pid_t pid;

	ck_assert_int_eq(baton_spawn(&options, &pid, ret_pidfd, NULL), 0);
	/* vfork's parent goes on in the midst of the exec, before there is an environment. */
	while (procfs_has_env(pid, envp[0]) != 1)
		(void)poll(NULL, 0, 1);
	return pid;
}

START_TEST(environment_entry_is_found_whole)
{
	static char filler[5000] = "FILLER=";
	char *envp[] = { "FIRST=1", filler, "BATON_WORKER=12.3", "LAST=", NULL };
	int pidfd;

	/* So that the entry lies across the border of two reads. */
	memset(filler + 7, 'x', 4096 - 8 - 7 - 10);
	pid_t pid = start_sleep(envp, &pidfd);

	ck_assert_int_eq(procfs_has_env(pid, "FIRST=1"), 1);
	ck_assert_int_eq(procfs_has_env(pid, "BATON_WORKER=12.3"), 1);
	ck_assert_int_eq(procfs_has_env(pid, "LAST="), 1);
	ck_assert_int_eq(procfs_has_env(pid, "BATON_WORKER=12"), 0);
	ck_assert_int_eq(procfs_has_env(pid, "BATON_WORKER=12.34"), 0);
	ck_assert_int_eq(procfs_has_env(pid, "ATON_WORKER=12.3"), 0);
	ck_assert_int_eq(procfs_has_env(pid, "xx"), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	(void)process_wait(pidfd);
}
END_TEST

START_TEST(value_of_an_environment_entry_is_read)
{
	static char filler[5000] = "FILLER=";
	char *envp[] = { "AB=0", "A=1", filler, "BATON_FAMILY=12.3", "EMPTY=", NULL };
	char value[8] = "as was";
	int pidfd;

	memset(filler + 7, 'x', 4096 - 16 - 7 - 5);
	pid_t pid = start_sleep(envp, &pidfd);

	ck_assert_int_eq(procfs_get_env(pid, "FILLER", value, sizeof(value)), -ENOENT);
	ck_assert_int_eq(procfs_get_env(pid, "BATON", value, sizeof(value)), -ENOENT);
	ck_assert_int_eq(procfs_get_env(pid, "BATON_FAMILY", value, 4), -ENOENT);
	ck_assert_str_eq(value, "as was");
	ck_assert_int_eq(procfs_get_env(pid, "BATON_FAMILY", value, 5), 0);
	ck_assert_str_eq(value, "12.3");
	ck_assert_int_eq(procfs_get_env(pid, "A", value, sizeof(value)), 0);
	ck_assert_str_eq(value, "1");
	ck_assert_int_eq(procfs_get_env(pid, "EMPTY", value, sizeof(value)), 0);
	ck_assert_str_eq(value, "");
	ck_assert_int_eq(procfs_get_env(NO_PID, "A", value, sizeof(value)), -ESRCH);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	(void)process_wait(pidfd);
}
END_TEST

START_TEST(environment_of_another_user_is_refused)
{
	char *envp[] = { "A=1", NULL };
	int pidfd;

	if (geteuid() != 0) {
		fprintf(stderr, "skipped: only root may start a process of another user\n");
		return;
	}
	pid_t pid = start_sleep(envp, &pidfd);

	ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(procfs_has_env(pid, "A=1"), -EACCES);
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	(void)process_wait(pidfd);
}
END_TEST

START_TEST(directory_gives_every_number_once)
{
	enum { COUNT = 300 };
	bool seen[1024] = { false };
	struct procfs_dir dir;
	int fds[COUNT], number, count = 0;

	/* More than one read of the directory has room for. */
	for (int i = 0; i < COUNT; i++)
		fds[i] = fd_dup(0);
	ck_assert_int_eq(procfs_dir_open(&dir, "/proc/self/fd"), 0);
	while (procfs_dir_next(&dir, &number) > 0) {
		count++;
		if (number >= 1024)
			continue; /* valgrind's own */
		ck_assert(!seen[number]);
		seen[number] = true;
	}
	procfs_dir_close(&dir);
	procfs_dir_close(&dir);
	ck_assert_int_ge(count, COUNT);
	for (int i = 0; i < COUNT; i++) {
		ck_assert(seen[fds[i]]);
		fd_close(fds[i]);
	}
}
END_TEST

START_TEST(missing_directory_is_refused)
{
	struct procfs_dir dir;

	ck_assert_int_eq(procfs_dir_open(&dir, "/proc/4194304/fd"), -ENOENT);
	procfs_dir_close(&dir);
	ck_assert_int_eq(procfs_dir_open(&dir, "/proc/self/stat"), -ENOTDIR);
	procfs_dir_close(&dir);
}
END_TEST

START_TEST(file_is_read_up_to_the_buffer)
{
	char buffer[8];

	ck_assert_int_eq(procfs_read("/proc/self/status", buffer, sizeof(buffer)), 7);
	ck_assert_uint_eq(strlen(buffer), 7);
	ck_assert_int_eq(procfs_read("/proc/nothing", buffer, sizeof(buffer)), -ENOENT);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		own_stat_is_read,
		name_with_blanks_and_parentheses_does_not_confuse,
		missing_process_is_told_from_other_failures,
		zombie_has_a_stat,
		environment_entry_is_found_whole,
		value_of_an_environment_entry_is_read,
		environment_of_another_user_is_refused,
		directory_gives_every_number_once,
		missing_directory_is_refused,
		file_is_read_up_to_the_buffer,
	};

	return SUITE_RUN("procfs", cases);
}
