/* SPDX-License-Identifier: MIT */
/* The moment at which a successor takes over, and who may come in between: upgrade_policy.c. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fd.h"
#include "support/manager.h"
#include "support/process.h"
#include "support/server.h"
#include "support/suite.h"

/* With a connection that the first generation has accepted. */
static pid_t start_with_connection(int *ret_early)
{
	static const char *const options[] = { "drain=600000", NULL };
	pid_t first = server_start(options, NULL);

	*ret_early = server_connect();
	(void)server_ask(server_connect(), NULL); /* accepted in order */
	return first;
}

/* SIGHUP, and the pid of the successor that has met this fate. */
static pid_t upgrade_to(pid_t pid, const char *fate)
{
	char text[16];

	server_set_fate(fate);
	ck_assert_int_eq(kill(pid, SIGHUP), 0);
	(void)snprintf(text, sizeof(text), "%s pid=", fate);
	return atoi(server_expect(text) + strlen(text));
}

/* The slow one has had no SIGTERM: it ends by the first that comes. */
static void expect_undisturbed(pid_t slow)
{
	char path[64], line[128];
	unsigned long long pending = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", slow);
	FILE *file = fopen(path, "re");

	ck_assert_ptr_nonnull(file); /* it has not ended */
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "ShdPnd: %llx", &pending) == 1)
			break;
	(void)fclose(file);
	ck_assert_uint_eq(pending & (1ULL << (SIGTERM - 1)), 0);
	ck_assert_int_eq(kill(slow, SIGTERM), 0);
	(void)server_expect("slow stopped");
}

/* What was in flight is answered, and then all end. */
static void finish(pid_t first, pid_t slow, int early)
{
	ck_assert_uint_eq(server_ask(early, NULL), 1);
	ck_assert_int_eq(server_wait(first), 0);
	(void)waitpid(slow, NULL, 0); /* unless its parent has reaped it */
}

START_TEST(stop_before_the_successors_signal_spares_it_and_cuts_nothing)
{
	int early;
	pid_t first = start_with_connection(&early);
	pid_t slow = upgrade_to(first, "slow");

	ck_assert_int_eq(kill(first, SIGTERM), 0);
	(void)server_expect("successor took over");
	ck_assert_int_eq(kill(slow, SIGUSR1), 0);
	(void)server_expect("generation=1 drains already");
	expect_undisturbed(slow);
	finish(first, slow, early);
}
END_TEST

START_TEST(stop_after_the_successors_signal_spares_it_and_cuts_nothing)
{
	int early;
	pid_t first = start_with_connection(&early);
	pid_t slow = upgrade_to(first, "slow");

	ck_assert_int_eq(kill(slow, SIGUSR1), 0);
	(void)server_expect("successor took over");
	ck_assert_int_eq(kill(first, SIGTERM), 0);
	(void)server_expect("generation=1 drains already");
	expect_undisturbed(slow);
	finish(first, slow, early);
}
END_TEST

START_TEST(operator_who_retires_the_old_one_by_hand_keeps_the_server)
{
	int early;
	pid_t first = start_with_connection(&early);

	ck_assert_int_eq(kill(first, SIGHUP), 0);
	pid_t second = server_expect_ready(2);

	ck_assert_int_eq(kill(first, SIGTERM), 0);
	ck_assert_int_eq(server_await(2), second);
	fd_close(early);
	ck_assert_int_eq(server_wait(first), 0);
	ck_assert_uint_eq(server_ask(server_connect(), NULL), 2);
	ck_assert_int_eq(server_stop(second), 0);
}
END_TEST

START_TEST(signal_of_a_successor_that_is_being_stopped_cuts_nothing)
{
	int early;
	pid_t first = start_with_connection(&early);
	pid_t slow = upgrade_to(first, "slow");

	ck_assert_int_eq(kill(first, SIGINT), 0); /* an operator's for certain */
	(void)server_expect("is stopped: the server is told to stop");
	(void)kill(slow, SIGUSR1); /* killed by now if the test was late */
	(void)server_expect("stopped successor");
	finish(first, slow, early);
}
END_TEST

START_TEST(successor_that_may_not_signal_takes_over_by_its_word)
{
	int early;
	pid_t first = start_with_connection(&early);
	pid_t slow = upgrade_to(first, "slow");

	(void)server_expect("successor took over");
	ck_assert_int_eq(kill(slow, SIGUSR1), 0); /* late, and says nothing new */
	ck_assert_int_eq(kill(slow, SIGTERM), 0);
	(void)server_expect("slow stopped");
	finish(first, slow, early);
}
END_TEST

START_TEST(manager_hears_of_readiness_though_the_predecessor_hangs)
{
	struct env env = ENV_INIT;
	int manager = manager_open(server_path("notify"));

	ck_assert_int_eq(env_copy(&env, environ), 0);
	ck_assert_int_eq(env_set(&env, "NOTIFY_SOCKET", server_path("notify")), 0);
	pid_t first = server_start(NULL, env.entries);
	pid_t second = upgrade_to(first, "gate");

	ck_assert_int_eq(kill(first, SIGSTOP), 0);
	ck_assert_int_eq(kill(second, SIGUSR1), 0);
	manager_await(manager, second, "READY=1\n");
	(void)server_expect("the predecessor does not answer");
	ck_assert_int_eq(kill(first, SIGCONT), 0);
	ck_assert_int_eq(server_wait(first), 0);
	ck_assert_uint_eq(server_ask(server_connect(), NULL), 2);
	ck_assert_int_eq(server_stop(second), 0);
	fd_close(manager);
	env_finish(&env);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		stop_before_the_successors_signal_spares_it_and_cuts_nothing,
		stop_after_the_successors_signal_spares_it_and_cuts_nothing,
		operator_who_retires_the_old_one_by_hand_keeps_the_server,
		signal_of_a_successor_that_is_being_stopped_cuts_nothing,
		successor_that_may_not_signal_takes_over_by_its_word,
		manager_hears_of_readiness_though_the_predecessor_hangs,
	};

	return suite_run(&(struct suite){
		.name = "upgrade_take_over",
		.cases = cases,
		.count = array_length(cases),
		.setup = server_setup,
		.teardown = server_teardown,
	});
}
