/* SPDX-License-Identifier: MIT */
/* Starting programs under a seccomp filter: process/spawn_filter.h. */
#include "process/spawn_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "adopt/notification.h"
#include "base/fd.h"
#include "base/pidfd.h"
#include "support/process.h"
#include "support/suite.h"

/* Has setpriority(2) wait, which nothing calls unasked, and nice(1) does. */
static struct sock_filter code[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setpriority, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
static const struct sock_fprog filter = { .len = array_length(code), .filter = code };

static int try_start(char *const *argv, const struct sock_fprog *with, struct spawned *ret,
	struct baton_error *error)
{
	const struct baton_spawn_options options = { .size = sizeof(options), .argv = argv };

	return spawn_filtered(&options, with, ret, error);
}

static struct spawned start_shell(const char *command, const struct sock_fprog *with)
{
	char *argv[] = { "sh", "-c", (char *)(uintptr_t)command, NULL };
	struct baton_error error = { "" };
	struct spawned spawned;
	int r = try_start(argv, with, &spawned, &error);

	ck_assert_msg(r == 0, "%s", error.text);
	return spawned;
}

/* The exit status, once it has ended. */
static int end(struct spawned *spawned)
{
	int status = process_wait(spawned->pidfd);

	fd_close(spawned->notifications);
	return status;
}

static struct notification receive(const struct spawned *spawned)
{
	struct notification notification;

	process_wait_fd(spawned->notifications, POLLIN);
	ck_assert_int_eq(notification_receive(spawned->notifications, &notification), 0);
	ck_assert_int_eq(notification.number, SYS_setpriority);
	ck_assert(notification_is_valid(&notification));
	return notification;
}

START_TEST(notifications_come_to_the_starter)
{
	char *argv[] = { "nice", "-n", "1", "true", NULL };
	struct spawned spawned;

	ck_assert_int_eq(try_start(argv, &filter, &spawned, NULL), 0);
	ck_assert_int_eq(fcntl(spawned.notifications, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(spawned.pidfd, F_GETFD), FD_CLOEXEC);
	struct notification notification = receive(&spawned);

	ck_assert_int_eq(notification.tid, spawned.pid);
	ck_assert_uint_eq(notification.arguments[0], PRIO_PROCESS);
	ck_assert_uint_eq(notification.arguments[1], 0);
	ck_assert_int_eq(notification_let_pass(&notification), 0);
	ck_assert(!notification_is_valid(&notification));
	ck_assert_int_eq(end(&spawned), 0);
}
END_TEST

START_TEST(filter_is_that_of_all_it_starts)
{
	struct spawned spawned = start_shell("(nice -n 1 true; nice -n 1 true); exit 4", &filter);
	pid_t before = spawned.pid;

	for (int i = 0; i < 2; i++) {
		struct notification notification = receive(&spawned);

		ck_assert_int_ne(notification.tid, spawned.pid);
		ck_assert_int_ne(notification.tid, before);
		before = notification.tid;
		ck_assert_int_eq(notification_let_pass(&notification), 0);
	}
	ck_assert_int_eq(end(&spawned), 4);
}
END_TEST

START_TEST(call_can_be_refused)
{
	char *argv[] = { "python3", "-c",
		"import os, sys\n"
		"try: os.setpriority(os.PRIO_PROCESS, 0, 7)\n"
		"except OSError as e: sys.exit(e.errno)\n",
		NULL };
	struct spawned spawned;

	ck_assert_int_eq(try_start(argv, &filter, &spawned, NULL), 0);
	struct notification notification = receive(&spawned);

	ck_assert_uint_eq(notification.arguments[2], 7);
	ck_assert_int_eq(notification_answer(&notification, -EADDRINUSE), 0);
	ck_assert_int_eq(end(&spawned), EADDRINUSE);
}
END_TEST

START_TEST(without_a_filter_there_are_no_notifications)
{
	struct spawned spawned = start_shell("nice -n 1 true", NULL);

	ck_assert_int_eq(spawned.notifications, -1);
	ck_assert_int_eq(end(&spawned), 0);
}
END_TEST

/* Before Linux 6.11 once it has been reaped. */
START_TEST(end_of_the_last_process_is_noticed)
{
	struct spawned spawned = start_shell("exit 3", &filter);
	struct pollfd wait = { .fd = spawned.notifications };

	ck_assert_int_eq(process_wait(spawned.pidfd), 3);
	ck_assert_int_eq(poll(&wait, 1, PROCESS_DEADLINE_MS), 1);
	ck_assert_int_eq(wait.revents, POLLHUP);
	fd_close(spawned.notifications);
}
END_TEST

START_TEST(caller_that_is_killed_is_gone)
{
	struct spawned spawned = start_shell("exec nice -n 1 true", &filter);
	struct notification notification = receive(&spawned);

	ck_assert_int_eq(pidfd_signal(spawned.pidfd, SIGKILL), 0);
	process_wait_fd(spawned.pidfd, POLLIN);
	ck_assert(!notification_is_valid(&notification));
	ck_assert_int_eq(notification_answer(&notification, 0), -ENOENT);
	ck_assert_int_eq(notification_let_pass(&notification), -ENOENT);
	ck_assert_int_eq(notification_inject(&notification, 0, 0, false), -ENOENT);
	ck_assert_int_eq(end(&spawned), 128 + SIGKILL);
}
END_TEST

START_TEST(error_of_exec_is_named)
{
	char *argv[] = { "/nonexistent/program", NULL };
	struct spawned spawned;
	struct baton_error error;

	ck_assert_int_eq(try_start(argv, &filter, &spawned, &error), -ENOENT);
	ck_assert_str_eq(
		error.text, "cannot execute \"/nonexistent/program\": No such file or directory");
	argv[0] = "/";
	ck_assert_int_eq(try_start(argv, &filter, &spawned, &error), -EACCES);
	ck_assert_ptr_nonnull(strstr(error.text, "Permission denied"));
}
END_TEST

START_TEST(descriptor_map_is_exact_under_the_filter)
{
	char *argv[] = { PROCESS_PROGRAM("fd-checker"), "0", "1", "2", "3", "4", "5", "6", "7", "8",
		"700", NULL };
	struct baton_spawn_fd fds[7];
	struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.fds = fds,
		.fd_count = array_length(fds),
	};
	struct spawned spawned;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	/* Where the pipe, the pair and the listener of the filter would come to lie. */
	for (size_t i = 0; i < array_length(fds); i++)
		fds[i] = (struct baton_spawn_fd){ null, (int)i + FD_FIRST };
	fds[6].to = 700;
	ck_assert_int_eq(spawn_filtered(&options, &filter, &spawned, NULL), 0);
	ck_assert_int_eq(end(&spawned), 0);
	fd_close(null);
}
END_TEST

START_TEST(one_filter_within_another_is_refused)
{
	char *argv[] = { "true", NULL };
	struct sock_filter pass[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog outer = { .len = array_length(pass), .filter = pass };
	struct spawned spawned;
	struct baton_error error;

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	int listener = (int)syscall(
		SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &outer);

	ck_assert_int_ge(listener, 0);
	ck_assert_int_eq(try_start(argv, &filter, &spawned, &error), -EBUSY);
	ck_assert_str_eq(error.text, "cannot set a seccomp filter: Device or resource busy");
	ck_assert_int_eq(try_start(argv, NULL, &spawned, NULL), 0);
	ck_assert_int_eq(end(&spawned), 0);
	fd_close(listener);
}
END_TEST

START_TEST(filter_that_the_kernel_does_not_take_is_refused)
{
	char *argv[] = { "true", NULL };
	struct sock_filter endless[] = { BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	const struct sock_fprog bad[] = { { .len = 0, .filter = code },
		{ .len = array_length(endless), .filter = endless } };
	struct spawned spawned;
	struct baton_error error;

	for (size_t i = 0; i < array_length(bad); i++) {
		ck_assert_int_eq(try_start(argv, &bad[i], &spawned, &error), -EINVAL);
		ck_assert_str_eq(error.text, "cannot set a seccomp filter: Invalid argument");
	}
}
END_TEST

/* What the program's status says of no_new_privs. */
static const char *no_new_privs(const struct sock_fprog *with)
{
	static char text[64];
	char *argv[] = { "grep", "NoNewPrivs", "/proc/self/status", NULL };
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	const struct baton_spawn_options options = {
		.size = sizeof(options),
		.argv = argv,
		.fds = (struct baton_spawn_fd[]){ { ends[1], 1 } },
		.fd_count = 1,
	};
	struct spawned spawned;

	ck_assert_int_eq(spawn_filtered(&options, with, &spawned, NULL), 0);
	fd_close(ends[1]);
	process_read_all(ends[0], text, sizeof(text));
	fd_close(ends[0]);
	ck_assert_int_eq(end(&spawned), 0);
	return text;
}

START_TEST(privileges_can_be_gained_where_the_kernel_allows_it)
{
	if (geteuid() != 0) {
		fprintf(stderr, "skipped: takes CAP_SYS_ADMIN\n");
		return;
	}
	ck_assert_str_eq(no_new_privs(&filter), "NoNewPrivs:\t0\n");
	ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_str_eq(no_new_privs(NULL), "NoNewPrivs:\t0\n");
	ck_assert_str_eq(no_new_privs(&filter), "NoNewPrivs:\t1\n");
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		notifications_come_to_the_starter,
		filter_is_that_of_all_it_starts,
		call_can_be_refused,
		without_a_filter_there_are_no_notifications,
		end_of_the_last_process_is_noticed,
		caller_that_is_killed_is_gone,
		error_of_exec_is_named,
		descriptor_map_is_exact_under_the_filter,
		one_filter_within_another_is_refused,
		filter_that_the_kernel_does_not_take_is_refused,
		privileges_can_be_gained_where_the_kernel_allows_it,
	};

	return SUITE_RUN("spawn_filter", cases);
}
