/* SPDX-License-Identifier: MIT */
/* The self-upgrading server as the first process of a container: process/upgrade_pid1.c. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/process.h"
#include "support/server.h"
#include "support/suite.h"

/*
 * Starts the server as the first process of a pid namespace; -1 if that is not
 * allowed. Later children of the test are outside again: once the first
 * process has ended, nobody can be born inside.
 */
static pid_t start_container(const char *const *options)
{
	int outside = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);

	if (outside == -1 || unshare(CLONE_NEWPID) == -1) {
		fd_close(outside);
		return -1;
	}
	pid_t init = server_start(options, NULL);

	ck_assert_int_eq(setns(outside, CLONE_NEWPID), 0);
	fd_close(outside);
	return init;
}

static void upgrade_and_end(const char *const *options)
{
	pid_t init = start_container(options);
	if (init == -1)
		return;
	pid_t inner;

	(void)server_ask(server_connect(), &inner);
	ck_assert_int_eq(inner, 1);
	for (unsigned generation = 2; generation <= 5; generation++) {
		/* All that is known outside is the first process: it passes the signal on. */
		ck_assert_int_eq(kill(init, SIGHUP), 0);
		(void)server_expect_ready(generation);
		if (generation == 2)
			(void)server_expect("stays as the first process");
		else
			(void)server_expect("the newest generation is pid=");
		(void)server_await(generation);
	}
	ck_assert_int_eq(kill(init, SIGTERM), 0);
	ck_assert_int_eq(server_wait(init), 0);
}

START_TEST(first_process_stays_for_the_newest_generation)
{
	upgrade_and_end(NULL);
}
END_TEST

START_TEST(first_process_stays_on_a_loop_of_its_own_too)
{
	const char *const options[] = { "own-loop", NULL };

	upgrade_and_end(options);
}
END_TEST

static void end_with_status_of_newest(const char *const *options)
{
	pid_t init = start_container(options);
	if (init == -1)
		return;

	ck_assert_int_eq(kill(init, SIGHUP), 0);
	(void)server_expect_ready(2);
	(void)server_expect("stays as the first process");
	ck_assert_int_eq(kill(init, SIGHUP), 0);
	(void)server_expect_ready(3);
	(void)server_expect("the newest generation is pid=");
	/* without hooks SIGUSR1 ends it */
	ck_assert_int_eq(kill(init, SIGUSR1), 0);
	ck_assert_int_eq(server_wait(init), 128 + SIGUSR1);
}

START_TEST(first_process_ends_with_the_status_of_the_newest)
{
	end_with_status_of_newest(NULL);
}
END_TEST

START_TEST(first_process_ends_likewise_on_a_loop_of_its_own)
{
	const char *const options[] = { "own-loop", NULL };

	end_with_status_of_newest(options);
}
END_TEST

START_TEST(first_process_forwards_while_it_drains)
{
	pid_t init = start_container(NULL);
	if (init == -1)
		return;
	int early = server_connect();

	(void)server_ask(server_connect(), NULL);
	ck_assert_int_eq(kill(init, SIGHUP), 0);
	(void)server_expect_ready(2);
	(void)server_expect("generation=1 drains");
	ck_assert_int_eq(kill(init, SIGHUP), 0);
	(void)server_expect_ready(3);
	(void)server_expect("the newest generation is pid=");
	ck_assert_uint_eq(server_ask(early, NULL), 1);
	(void)server_expect("stays as the first process");
	ck_assert_int_eq(kill(init, SIGTERM), 0);
	ck_assert_int_eq(server_wait(init), 0);
}
END_TEST

START_TEST(first_process_that_was_told_to_stop_ends)
{
	pid_t init = start_container(NULL);
	if (init == -1)
		return;

	ck_assert_int_eq(kill(init, SIGTERM), 0);
	ck_assert_int_eq(server_wait(init), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		first_process_stays_for_the_newest_generation,
		first_process_stays_on_a_loop_of_its_own_too,
		first_process_ends_with_the_status_of_the_newest,
		first_process_ends_likewise_on_a_loop_of_its_own,
		first_process_forwards_while_it_drains,
		first_process_that_was_told_to_stop_ends,
	};

	return suite_run(&(struct suite){
		.name = "upgrade_pid1",
		.cases = cases,
		.count = array_length(cases),
		.setup = server_setup,
		.teardown = server_teardown,
	});
}
