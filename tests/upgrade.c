/* SPDX-License-Identifier: MIT */
/* The server that upgrades itself, as far as all goes well: process/upgrade.c. */
#include <baton/upgrade.h>

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fd.h"
#include "base/pid_file.h"
#include "support/manager.h"
#include "support/process.h"
#include "support/server.h"
#include "support/suite.h"

/* SIGHUP, and the new generation's pid once it is ready. */
static pid_t upgrade(pid_t pid, unsigned to_generation)
{
	ck_assert_int_eq(kill(pid, SIGHUP), 0);
	return server_expect_ready(to_generation);
}

START_TEST(successor_takes_over_and_predecessor_ends)
{
	pid_t first = server_start(NULL, NULL);

	ck_assert_uint_eq(server_ask(server_connect(), NULL), 1);
	pid_t second = upgrade(first, 2);

	ck_assert_int_ne(second, first);
	ck_assert_int_eq(server_wait(first), 0);
	ck_assert_uint_eq(server_ask(server_connect(), NULL), 2);
	ck_assert_int_eq(server_stop(second), 0);
}
END_TEST

static void upgrade_often(const char *const *options)
{
	pid_t pid = server_start(options, NULL);
	unsigned upgrades = 0;

	while (upgrades < 50) {
		pid_t answered;
		unsigned generation = server_ask(server_connect(), &answered);

		if (generation < upgrades + 1) /* the old one still drains, or an upgrade runs */
			continue;
		ck_assert_int_eq(kill(answered, SIGHUP), 0);
		upgrades++;
		pid = answered;
	}
	pid = server_expect_ready(51);
	ck_assert_int_eq(server_await(51), pid);
	(void)server_stop(pid);
}

START_TEST(fifty_upgrades_lose_no_connection)
{
	upgrade_often(NULL);
}
END_TEST

START_TEST(fifty_upgrades_on_a_loop_of_its_own_lose_no_connection)
{
	const char *const options[] = { "own-loop", NULL };

	upgrade_often(options);
}
END_TEST

START_TEST(request_in_flight_is_finished_by_its_generation)
{
	pid_t first = server_start(NULL, NULL);
	int early = server_connect();
	/* accepted in order: once this one is answered, the first generation has accepted both */
	(void)server_ask(server_connect(), NULL);
	pid_t second = upgrade(first, 2);
	pid_t third = upgrade(second, 3);

	ck_assert_uint_eq(server_ask(early, NULL), 1);
	ck_assert_int_eq(server_wait(first), 0);
	(void)server_stop(third);
}
END_TEST

START_TEST(twenty_hangups_make_at_most_two_upgrades)
{
	pid_t first = server_start(NULL, NULL);

	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(kill(first, SIGHUP), 0);
	pid_t newest = server_expect_ready(2);

	ck_assert_int_eq(server_wait(first), 0);
	/* A HUP that came while the second started is the second's to carry out. Until it has, a
	 * SIGTERM to it may be taken for the third's. */
	if (server_has_logged("one more upgrade will follow"))
		newest = server_expect_ready(3);
	(void)server_stop(newest);
}
END_TEST

START_TEST(pid_file_is_replaced_and_removed_at_the_end)
{
	const char *const options[] = { "pid-file=server.pid", NULL };
	pid_t first = server_start(options, NULL);

	ck_assert_int_eq(pid_file_read(server_path("server.pid")), first);
	pid_t second = upgrade(first, 2);

	ck_assert_int_eq(pid_file_read(server_path("server.pid")), second);
	ck_assert_int_eq(server_wait(first), 0);
	ck_assert_int_eq(pid_file_read(server_path("server.pid")), second);
	ck_assert_int_eq(server_stop(second), 0);
	ck_assert_int_eq(access(server_path("server.pid"), F_OK), -1);
	ck_assert_int_eq(access(server_path("socket"), F_OK), -1);
}
END_TEST

START_TEST(hooks_run_before_and_after_each_signal)
{
	const char *const options[] = { "hooks", NULL };
	pid_t first = server_start(options, NULL);

	ck_assert_int_eq(kill(first, SIGUSR1), 0);
	(void)server_expect("hook before SIGUSR1 state=1");
	(void)server_expect("hook after SIGUSR1 state=1");
	pid_t second = upgrade(first, 2);

	ck_assert_int_eq(server_wait(first), 0);
	ck_assert_int_eq(kill(second, SIGWINCH), 0);
	(void)server_expect("hook before SIGWINCH state=1");
	ck_assert_int_eq(kill(second, SIGTERM), 0);
	(void)server_expect("hook before SIGTERM state=1");
	(void)server_expect("hook after SIGTERM state=3");
	ck_assert_int_eq(server_wait(second), 0);
}
END_TEST

START_TEST(open_connections_are_closed_at_the_deadline)
{
	const char *const options[] = { "drain=100", NULL };
	pid_t first = server_start(options, NULL);
	int idle = server_connect();
	char rest[8];

	(void)server_ask(server_connect(), NULL);
	ck_assert_int_eq(kill(first, SIGTERM), 0);
	(void)server_expect("drain deadline: not over after 0.100 s: what is open is closed");
	process_read_all(idle, rest, sizeof(rest));
	ck_assert_str_eq(rest, "");
	fd_close(idle);
	ck_assert_int_eq(server_wait(first), 0);
}
END_TEST

START_TEST(host_that_never_finishes_is_ended_by_force)
{
	const char *const options[] = { "drain=50", "hammer=50", "hung", NULL };
	pid_t first = server_start(options, NULL);

	ck_assert_int_eq(kill(first, SIGTERM), 0);
	(void)server_expect("by force");
	ck_assert_int_eq(server_wait(first), 0);
}
END_TEST

static struct pollfd end_of(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	ck_assert_int_ge(pidfd, 0);
	return (struct pollfd){ .fd = pidfd, .events = POLLIN };
}

START_TEST(second_stop_signal_is_the_deadline)
{
	const char *const options[] = { "drain=600000", "hammer=1", "hung", NULL };
	pid_t first = server_start(options, NULL);
	struct pollfd end = end_of(first);

	ck_assert_int_eq(kill(first, SIGTERM), 0);
	(void)server_expect("drains");
	while (poll(&end, 1, 50) == 0) /* as long as it is the same wish */
		ck_assert_int_eq(kill(first, SIGINT), 0);
	(void)server_expect("told to stop again: what is open is closed");
	ck_assert_int_eq(server_wait(first), 0);
	fd_close(end.fd);
}
END_TEST

START_TEST(stop_signals_that_come_at_once_are_one)
{
	const char *const options[] = { "drain=600000", "hammer=1", "hung", NULL };
	pid_t first = server_start(options, NULL);
	struct pollfd end = end_of(first);

	ck_assert_int_eq(kill(first, SIGTERM), 0);
	ck_assert_int_eq(kill(first, SIGINT), 0); /* not SIGTERM: the kernel may make two one */
	(void)server_expect("drains");
	ck_assert_int_eq(poll(&end, 1, 100), 0);
	ck_assert(!server_has_logged("what is open is closed"));
	ck_assert_int_eq(kill(first, SIGQUIT), 0);
	ck_assert_int_eq(server_wait(first), 0);
	fd_close(end.fd);
}
END_TEST

START_TEST(quit_ends_at_once)
{
	const char *const options[] = { "drain=600000", "hung", NULL };
	pid_t first = server_start(options, NULL);

	ck_assert_int_eq(kill(first, SIGQUIT), 0);
	ck_assert_int_eq(server_wait(first), 0);
}
END_TEST

START_TEST(draining_server_refuses_connections_and_upgrades)
{
	const char *const options[] = { "drain=600000", "hung", NULL };
	pid_t first = server_start(options, NULL);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(kill(first, SIGTERM), 0);
	(void)server_expect("drains");
	ck_assert_int_eq(kill(first, SIGHUP), 0);
	(void)server_expect("upgrade is ignored");
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", server_path("socket"));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), -1);
	ck_assert_int_eq(errno, ENOENT); /* the path is removed with the socket */
	fd_close(fd);
	ck_assert_int_eq(kill(first, SIGQUIT), 0);
	ck_assert_int_eq(server_wait(first), 0);
}
END_TEST

/* A manager's socket, and an environment that names it. */
static int open_manager(struct env *env)
{
	const char *path = server_path("notify");

	ck_assert_int_eq(env_copy(env, environ), 0);
	ck_assert_int_eq(env_set(env, "NOTIFY_SOCKET", path), 0);
	return manager_open(path);
}

START_TEST(manager_is_told_in_the_right_order)
{
	struct env env = ENV_INIT;
	int manager = open_manager(&env);
	char text[256];

	pid_t first = server_start(NULL, env.entries);

	manager_expect(manager, first, "READY=1\n");
	pid_t second = upgrade(first, 2);

	manager_expect(manager, first, "RELOADING=1\nMONOTONIC_USEC=");
	(void)snprintf(text, sizeof(text), "MAINPID=%d", second);
	manager_expect(manager, first, text);
	(void)snprintf(
		text, sizeof(text), "READY=1\nMAINPID=%d\nSTATUS=generation 2 serves", second);
	manager_expect(manager, second, text);
	ck_assert_int_eq(server_wait(first), 0);
	ck_assert_int_eq(server_stop(second), 0);
	manager_expect(manager, second, "STOPPING=1\n");
	fd_close(manager);
	env_finish(&env);
}
END_TEST

START_TEST(watchdog_is_kept_happy_by_each_generation)
{
	struct env env = ENV_INIT;
	int manager = open_manager(&env);

	ck_assert_int_eq(env_set(&env, "WATCHDOG_USEC", "20000"), 0);
	pid_t first = server_start(NULL, env.entries);

	manager_expect(manager, first, "READY=1\n");
	manager_expect(manager, first, "WATCHDOG=1");
	manager_expect(manager, first, "WATCHDOG=1");
	pid_t second = upgrade(first, 2);

	manager_await(manager, second, "READY=1\n");
	manager_expect(manager, second, "WATCHDOG=1");
	ck_assert_int_eq(server_wait(first), 0);
	ck_assert_int_eq(server_stop(second), 0);
	fd_close(manager);
	env_finish(&env);
}
END_TEST

static void never(struct baton_upgrade *object, void *data)
{
	(void)object;
	(void)data;
}

static void never_ends(struct baton_upgrade *object, int status, void *data)
{
	(void)object;
	(void)status;
	(void)data;
}

START_TEST(bad_options_are_refused)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	char *argv[] = { "server", NULL };
	struct baton_upgrade_options options = { .size = sizeof(options) };
	struct baton_upgrade *object;
	struct baton_error error;

	ck_assert_int_eq(baton_upgrade_create(loop, NULL, &object, &error), -EINVAL);
	ck_assert_int_eq(baton_upgrade_create(loop, &options, &object, &error), -EINVAL);
	options.argv = argv;
	ck_assert_int_eq(baton_upgrade_create(loop, &options, &object, &error), -EINVAL);
	options.on_drain = never;
	options.on_end = never_ends;
	options.drain_timeout_ms = -1;
	ck_assert_int_eq(baton_upgrade_create(loop, &options, &object, &error), -EINVAL);
	ck_assert_str_eq(error.text, "a timeout is negative");
	options.drain_timeout_ms = 0;
	ck_assert_int_eq(setenv("BATON_PREDECESSOR", "0", 1), 0);
	ck_assert_int_eq(baton_upgrade_create(loop, &options, &object, &error), -EBADF);
	ck_assert_str_eq(error.text, "BATON_PREDECESSOR=\"0\" is not a pidfd");
	ck_assert_int_eq(unsetenv("BATON_PREDECESSOR"), 0);
	ck_assert_int_eq(setenv("BATON_CHANNEL", "0", 1), 0);
	ck_assert_int_eq(baton_upgrade_create(loop, &options, &object, &error), -EINVAL);
	ck_assert_str_eq(error.text,
		"BATON_CHANNEL=\"0\" is not the number of a SOCK_SEQPACKET socket: "
		"Invalid argument");
	ck_assert_int_eq(unsetenv("BATON_CHANNEL"), 0);
	ck_assert_int_eq(baton_upgrade_create(loop, &options, &object, &error), 0);
	ck_assert_uint_eq(baton_upgrade_generation(object), 1);
	ck_assert_int_eq(baton_upgrade_create(loop, &options, &object, &error), -EBUSY);
	ck_assert_str_eq(error.text, "there is an upgrade object already");
	ck_assert_int_eq(baton_upgrade_listener(object, "none", NULL, NULL, &error), -ENOENT);
	baton_upgrade_destroy(object);
	ck_assert_int_eq(baton_upgrade_create(loop, &options, &object, &error), 0);
	baton_upgrade_destroy(object);
	baton_upgrade_destroy(NULL);
	ev_loop_destroy(loop);
}
END_TEST

struct host {
	struct ev_loop *loop;
	int drains;
	int ends;
	int status;
};

static void on_drain(struct baton_upgrade *object, void *data)
{
	struct host *host = data;

	host->drains++;
	baton_upgrade_drained(object);
}

static void on_end(struct baton_upgrade *object, int status, void *data)
{
	struct host *host = data;

	(void)object;
	host->ends++;
	host->status = status;
	ev_break(host->loop, EVBREAK_ALL);
}

/* Of a server in this process, which serves. */
static struct baton_upgrade *create_serving(struct host *host, char **argv)
{
	struct baton_upgrade_options options = {
		.size = sizeof(options),
		.argv = argv,
		.on_drain = on_drain,
		.on_end = on_end,
		.data = host,
	};
	struct baton_upgrade *object;

	*host = (struct host){ .loop = ev_loop_new(EVFLAG_AUTO), .status = -1 };
	ck_assert_int_eq(baton_upgrade_create(host->loop, &options, &object, NULL), 0);
	ck_assert_int_eq(baton_upgrade_ready(object, NULL), 0);
	ck_assert_int_eq(baton_upgrade_state(object), BATON_UPGRADE_SERVING);
	return object;
}

START_TEST(stop_that_the_host_asks_for_drains_after_the_call)
{
	char *argv[] = { "true", NULL };
	struct host host;
	struct baton_upgrade *object = create_serving(&host, argv);

	baton_upgrade_stop(object);
	ck_assert_int_eq(host.drains, 0); /* not before it has returned */
	ev_run(host.loop, 0);
	ck_assert_int_eq(host.drains, 1);
	ck_assert_int_eq(host.ends, 1);
	ck_assert_int_eq(host.status, 0);
	baton_upgrade_destroy(object);
	ev_loop_destroy(host.loop);
}
END_TEST

START_TEST(upgrade_that_the_host_asks_for_starts_a_successor)
{
	char *argv[] = { "sleep", "60", NULL }; /* never ready */
	struct host host;
	struct baton_upgrade *object = create_serving(&host, argv);

	baton_upgrade_start(object);
	ck_assert_int_eq(baton_upgrade_state(object), BATON_UPGRADE_SERVING);
	ev_run(host.loop, EVRUN_NOWAIT); /* what was asked for is pending; nothing else comes */
	ck_assert_int_eq(baton_upgrade_state(object), BATON_UPGRADE_UPGRADING);
	ck_assert_int_eq(host.drains, 0);
	baton_upgrade_destroy(object); /* ends the successor */
	ev_loop_destroy(host.loop);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		successor_takes_over_and_predecessor_ends,
		fifty_upgrades_lose_no_connection,
		fifty_upgrades_on_a_loop_of_its_own_lose_no_connection,
		request_in_flight_is_finished_by_its_generation,
		twenty_hangups_make_at_most_two_upgrades,
		pid_file_is_replaced_and_removed_at_the_end,
		hooks_run_before_and_after_each_signal,
		open_connections_are_closed_at_the_deadline,
		host_that_never_finishes_is_ended_by_force,
		second_stop_signal_is_the_deadline,
		stop_signals_that_come_at_once_are_one,
		quit_ends_at_once,
		draining_server_refuses_connections_and_upgrades,
		manager_is_told_in_the_right_order,
		watchdog_is_kept_happy_by_each_generation,
		stop_that_the_host_asks_for_drains_after_the_call,
		upgrade_that_the_host_asks_for_starts_a_successor,
		bad_options_are_refused,
	};

	return suite_run(&(struct suite){
		.name = "upgrade",
		.cases = cases,
		.count = array_length(cases),
		.setup = server_setup,
		.teardown = server_teardown,
		.timeout = 60,
	});
}
