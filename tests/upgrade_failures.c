/* SPDX-License-Identifier: MIT */
/* The server that upgrades itself, where the successor fails: process/upgrade_policy.c. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fd.h"
#include "base/pid_file.h"
#include "support/manager.h"
#include "support/process.h"
#include "support/server.h"
#include "support/suite.h"

/* The first generation still serves, and its next upgrade succeeds. */
static void expect_recovery(pid_t first)
{
	pid_t answered;

	ck_assert_uint_eq(server_ask(server_connect(), &answered), 1);
	ck_assert_int_eq(answered, first);
	server_set_fate("serve");
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	pid_t second = server_expect_ready(2);

	ck_assert_int_eq(server_wait(first), 0);
	ck_assert_uint_eq(server_ask(server_connect(), NULL), 2);
	ck_assert_int_eq(server_stop(second), 0);
}

static void upgrade_that_fails(const char *fate, const char *const *options, const char *reason)
{
	pid_t first = server_start(options, NULL);

	server_set_fate(fate);
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	const char *line = server_expect("upgrade failed");

	ck_assert_msg(strstr(line, reason), "not \"%s\" but \"%s\"", reason, line);
	ck_assert_ptr_nonnull(strstr(line, "generation=1 goes on"));
	expect_recovery(first);
}

START_TEST(successor_that_exits_at_once_changes_nothing)
{
	upgrade_that_fails("exit 3", NULL, "exited with status 3 after 0.");
}
END_TEST

START_TEST(successor_that_exits_with_success_has_failed_too)
{
	upgrade_that_fails("exit 0", NULL, "exited with status 0 after 0.");
}
END_TEST

START_TEST(successor_that_is_killed_changes_nothing)
{
	upgrade_that_fails("die", NULL, "was killed by SIGKILL after 0.");
}
END_TEST

START_TEST(failure_is_seen_on_a_loop_of_its_own_too)
{
	const char *const options[] = { "own-loop", NULL };

	upgrade_that_fails("exit 3", options, "exited with status 3 after 0.");
}
END_TEST

START_TEST(successor_that_is_never_ready_is_stopped)
{
	const char *const options[] = { "ready=200", NULL };

	upgrade_that_fails("hang", options, "successor was not ready within 0.200 s");
}
END_TEST

START_TEST(successor_that_ignores_the_stop_is_killed)
{
	const char *const options[] = { "ready=100", NULL };

	upgrade_that_fails("deaf", options, "successor was not ready within 0.100 s");
}
END_TEST

START_TEST(hangup_during_a_failing_upgrade_makes_one_more)
{
	pid_t first = server_start(NULL, NULL);

	server_set_fate("hang");
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	pid_t hanging = atoi(server_expect("hanging") + strlen("hanging pid="));

	/* One by one: one that comes once the next upgrade has begun is a further one. */
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(kill(first, SIGHUP), 0);
		(void)server_expect("one more upgrade will follow");
	}
	server_set_fate("serve");
	ck_assert_int_eq(kill(hanging, SIGKILL), 0);
	(void)server_expect("upgrade failed");
	pid_t second = server_expect_ready(2);

	ck_assert_int_eq(server_wait(first), 0);
	ck_assert_int_eq(server_stop(second), 0);
}
END_TEST

START_TEST(stop_during_an_upgrade_stops_both)
{
	pid_t first = server_start(NULL, NULL);

	server_set_fate("hang");
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	(void)server_expect("hanging");
	ck_assert_int_eq(server_stop(first), 0);
}
END_TEST

START_TEST(quit_during_an_upgrade_leaves_no_successor)
{
	pid_t first = server_start(NULL, NULL);

	server_set_fate("hang");
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	(void)server_expect("hanging");
	ck_assert_int_eq(kill(first, SIGQUIT), 0);
	ck_assert_int_eq(server_wait(first), 0);
}
END_TEST

START_TEST(pid_file_is_ours_again_after_a_failure)
{
	const char *const options[] = { "pid-file=server.pid", NULL };
	pid_t first = server_start(options, NULL);

	ck_assert_int_eq(pid_file_write(server_path("server.pid"), 1), 0);
	server_set_fate("exit 1");
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	(void)server_expect("upgrade failed");
	ck_assert_uint_eq(server_ask(server_connect(), NULL), 1); /* what followed is done */
	ck_assert_int_eq(pid_file_read(server_path("server.pid")), first);
	expect_recovery(first);
}
END_TEST

START_TEST(manager_is_told_of_a_failed_upgrade)
{
	struct env env = ENV_INIT;
	int manager = manager_open(server_path("notify"));

	ck_assert_int_eq(env_copy(&env, environ), 0);
	ck_assert_int_eq(env_set(&env, "NOTIFY_SOCKET", server_path("notify")), 0);
	pid_t first = server_start(NULL, env.entries);

	manager_expect(manager, first, "READY=1\n");
	server_set_fate("exit 3");
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	manager_expect(manager, first, "RELOADING=1\nMONOTONIC_USEC=");
	manager_expect(manager, first, "READY=1\nSTATUS=upgrade failed: successor pid=");
	expect_recovery(first);
	fd_close(manager);
	env_finish(&env);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		successor_that_exits_at_once_changes_nothing,
		successor_that_exits_with_success_has_failed_too,
		successor_that_is_killed_changes_nothing,
		failure_is_seen_on_a_loop_of_its_own_too,
		successor_that_is_never_ready_is_stopped,
		successor_that_ignores_the_stop_is_killed,
		hangup_during_a_failing_upgrade_makes_one_more,
		stop_during_an_upgrade_stops_both,
		quit_during_an_upgrade_leaves_no_successor,
		pid_file_is_ours_again_after_a_failure,
		manager_is_told_of_a_failed_upgrade,
	};

	return suite_run(&(struct suite){
		.name = "upgrade_failures",
		.cases = cases,
		.count = array_length(cases),
		.setup = server_setup,
		.teardown = server_teardown,
	});
}
