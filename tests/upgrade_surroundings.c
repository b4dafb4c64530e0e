/* SPDX-License-Identifier: MIT */
/* Where a server that upgrades itself runs: below a supervisor, from a program that changes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fd.h"
#include "process/channel.h"
#include "support/manager.h"
#include "support/process.h"
#include "support/server.h"
#include "support/suite.h"

static enum channel_type next_message(int channel)
{
	struct channel_message message;

	process_wait_fd(channel, POLLIN);
	ck_assert_int_eq(channel_receive(channel, &message), 1);
	return message.type;
}

START_TEST(server_below_a_supervisor_passes_the_hangup_up)
{
	int ours, theirs;

	ck_assert_int_eq(channel_pair(&ours, &theirs), 0);
	pid_t first = server_launch_as(&(struct server_launch){ .channel = theirs });

	fd_close(theirs);
	(void)server_expect_ready(1);
	ck_assert_int_eq(next_message(ours), CHANNEL_READY);
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	(void)server_expect("upgrade is passed up to the supervisor");
	ck_assert_int_eq(next_message(ours), CHANNEL_UPGRADE);
	/* nothing was started: its next answer is still its own, and nobody else is left */
	ck_assert_uint_eq(server_ask(server_connect(), NULL), 1);
	ck_assert_int_eq(server_stop(first), 0);
	fd_close(ours);
}
END_TEST

START_TEST(server_whose_supervisor_is_gone_starts_nothing_itself)
{
	int ours, theirs;

	ck_assert_int_eq(channel_pair(&ours, &theirs), 0);
	pid_t first = server_launch_as(&(struct server_launch){ .channel = theirs });

	fd_close(theirs);
	(void)server_expect_ready(1);
	fd_close(ours);
	(void)server_expect("the supervisor is gone");
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	(void)server_expect("cannot pass the upgrade up to the supervisor");
	ck_assert_uint_eq(server_ask(server_connect(), NULL), 1);
	ck_assert_int_eq(server_stop(first), 0);
}
END_TEST

/* "current" leads to the program, as a deployment has it. Its path. */
static const char *link_program(void)
{
	static char current[128];

	(void)snprintf(current, sizeof(current), "%s", server_path("current"));
	ck_assert_int_eq(symlink(PROCESS_PROGRAM("upgrade-server"), current), 0);
	return current;
}

static void write_second_version(void)
{
	int fd = open(server_path("second"), O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(dprintf(fd, "#!/bin/sh\necho second version >&2\nexec %s \"$@\"\n",
				 PROCESS_PROGRAM("upgrade-server")),
		0);
	fd_close(fd);
}

START_TEST(upgrade_runs_what_the_symlink_leads_to_by_then)
{
	const char *current = link_program();
	pid_t first = server_launch_as(&(struct server_launch){ .program = current });

	(void)server_expect_ready(1);
	write_second_version();
	ck_assert_int_eq(symlink("second", server_path("new")), 0);
	ck_assert_int_eq(rename(server_path("new"), current), 0);
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	(void)server_expect("second version");
	pid_t second = server_expect_ready(2);

	ck_assert_int_eq(server_wait(first), 0);
	ck_assert_uint_eq(server_ask(server_connect(), NULL), 2);
	ck_assert_int_eq(server_stop(second), 0);
}
END_TEST

START_TEST(upgrade_of_a_deleted_program_fails_and_names_it)
{
	const char *current = link_program();
	pid_t first = server_launch_as(&(struct server_launch){ .program = current });

	(void)server_expect_ready(1);
	ck_assert_int_eq(unlink(current), 0);
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	const char *line = server_expect("upgrade failed");

	ck_assert_msg(strstr(line, current) != NULL, "%s", line);
	ck_assert_msg(strstr(line, "No such file or directory") != NULL, "%s", line);
	ck_assert_uint_eq(server_ask(server_connect(), NULL), 1);
	(void)link_program();
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	pid_t second = server_expect_ready(2);

	ck_assert_int_eq(server_wait(first), 0);
	ck_assert_int_eq(server_stop(second), 0);
}
END_TEST

/* "hello from PID": the server in the manual page. */
static pid_t example_answers(void)
{
	char answer[64];
	int fd = server_connect(), pid;

	process_read_all(fd, answer, sizeof(answer));
	fd_close(fd);
	ck_assert_int_eq(sscanf(answer, "hello from %d", &pid), 1);
	ck_assert_ptr_nonnull(strchr(answer, '\n')); /* its backslash is not lost */
	return pid;
}

START_TEST(example_of_the_manual_page_upgrades_itself)
{
	struct env env = ENV_INIT;
	int manager = manager_open(server_path("notify"));

	ck_assert_int_eq(env_copy(&env, environ), 0);
	ck_assert_int_eq(env_set(&env, "NOTIFY_SOCKET", server_path("notify")), 0);
	pid_t first = server_launch_as(&(struct server_launch){
		.program = PROCESS_PROGRAM("manual-example"), .envp = env.entries });

	manager_expect(manager, first, "READY=1\n");
	ck_assert_int_eq(example_answers(), first);
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	manager_expect(manager, first, "RELOADING=1\n");
	manager_expect(manager, first, "MAINPID=");
	manager_expect(manager, 0, "READY=1\n");
	ck_assert_int_eq(server_wait(first), 0);
	pid_t second = example_answers();

	ck_assert_int_ne(second, first);
	ck_assert_int_eq(server_stop(second), 0);
	ck_assert_int_eq(access(server_path("socket"), F_OK), -1);
	fd_close(manager);
	env_finish(&env);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		server_below_a_supervisor_passes_the_hangup_up,
		server_whose_supervisor_is_gone_starts_nothing_itself,
		upgrade_runs_what_the_symlink_leads_to_by_then,
		upgrade_of_a_deleted_program_fails_and_names_it,
		example_of_the_manual_page_upgrades_itself,
	};

	return suite_run(&(struct suite){
		.name = "upgrade_surroundings",
		.cases = cases,
		.count = array_length(cases),
		.setup = server_setup,
		.teardown = server_teardown,
	});
}
