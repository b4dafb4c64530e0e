/* SPDX-License-Identifier: MIT */
/* Connections that outlive the process which accepted them: process/upgrade_handoff.c. */
#include <baton/baton.h>

#include <errno.h>
#include <ev.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/process.h"
#include "support/server.h"
#include "support/suite.h"

enum { MANY = 600 };

static int clients[MANY];

static pid_t start(void)
{
	(void)server_launch_as(
		&(struct server_launch){ .program = PROCESS_PROGRAM("handoff-server") });
	return server_expect_ready(1);
}

static void tell(int fd, const char *byte)
{
	ck_assert_int_eq(send(fd, byte, 1, MSG_NOSIGNAL), 1);
}

/* The generation in the answer that comes. */
static unsigned receive(int fd)
{
	char answer[64] = "";
	size_t size = 0;
	unsigned generation;

	do {
		ck_assert_uint_lt(size, sizeof(answer) - 1);
		process_wait_fd(fd, POLLIN);
		ck_assert_msg(read(fd, answer + size, 1) == 1, "the connection has ended");
	} while (answer[size++] != '\n');
	ck_assert_int_eq(sscanf(answer, "%u ", &generation), 1);
	return generation;
}

static unsigned ask(int fd)
{
	tell(fd, "x");
	return receive(fd);
}

static void expect_end(int fd)
{
	char byte;

	process_wait_fd(fd, POLLIN);
	ck_assert_int_le(read(fd, &byte, 1), 0);
}

/* All of the same server, which has answered each. */
static void connect_many(int count)
{
	for (int i = 0; i < count; i++) {
		clients[i] = server_connect();
		ck_assert_uint_eq(ask(clients[i]), 1);
	}
}

static void close_many(int count)
{
	for (int i = 0; i < count; i++)
		fd_close(clients[i]);
}

static void hup(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGHUP), 0);
}

START_TEST(connections_go_on_in_the_successor)
{
	pid_t first = start();

	connect_many(MANY);
	hup(first);
	pid_t second = server_expect_ready(2);

	ck_assert_int_eq(server_wait(first), 0);
	for (int i = 0; i < MANY; i++)
		ck_assert_uint_eq(ask(clients[i]), 2);
	(void)server_expect("passed 600 connections to the successor, 0 came back");
	(void)server_expect("took 600 connections of the predecessor, refused 0");
	close_many(MANY);
	ck_assert_int_eq(server_stop(second), 0);
}
END_TEST

START_TEST(busy_connection_is_passed_when_it_is_so_no_more)
{
	pid_t first = start();

	connect_many(2);
	tell(clients[0], "w");
	tell(clients[1], "w");
	hup(first);
	pid_t second = server_expect_ready(2);

	(void)server_expect("generation=1 drains");
	ck_assert_uint_eq(ask(clients[0]), 1);
	ck_assert_uint_eq(ask(clients[0]), 2);
	ck_assert_uint_eq(ask(clients[1]), 1);
	ck_assert_int_eq(server_wait(first), 0);
	ck_assert_uint_eq(ask(clients[1]), 2);
	close_many(2);
	ck_assert_int_eq(server_stop(second), 0);
}
END_TEST

START_TEST(successor_that_dies_of_them_is_rolled_back)
{
	pid_t first = start();

	connect_many(10);
	server_set_fate("choke");
	hup(first);
	(void)server_expect_ready(2);
	(void)server_expect("upgrade failed: successor pid=");
	(void)server_expect("passed 0 connections to the successor, 10 came back");
	for (int i = 0; i < 10; i++)
		ck_assert_uint_eq(ask(clients[i]), 1);
	int newcomer = server_connect();

	ck_assert_uint_eq(ask(newcomer), 1);
	fd_close(newcomer);
	/* and the next one is better */
	server_set_fate("serve");
	hup(first);
	pid_t next = server_expect_ready(2);

	ck_assert_int_eq(server_wait(first), 0);
	for (int i = 0; i < 10; i++)
		ck_assert_uint_eq(ask(clients[i]), 2);
	close_many(10);
	ck_assert_int_eq(server_stop(next), 0);
}
END_TEST

START_TEST(what_was_not_passed_outlives_a_dead_successor)
{
	pid_t first = start();

	connect_many(2);
	tell(clients[0], "w");
	hup(first);
	pid_t second = server_expect_ready(2);

	(void)server_expect("generation=1 drains");
	ck_assert_uint_eq(ask(clients[1]), 2);
	ck_assert_int_eq(kill(second, SIGKILL), 0);
	expect_end(clients[1]);
	(void)server_expect("passed 1 connections to the successor, 0 came back");
	(void)server_expect("was killed by SIGKILL");
	ck_assert_uint_eq(ask(clients[0]), 1);
	expect_end(clients[0]);
	ck_assert_int_eq(server_wait(first), 128 + SIGKILL); /* the server's end */
	close_many(2);
}
END_TEST

START_TEST(refused_connections_are_finished_where_they_are)
{
	pid_t first = start();

	connect_many(3);
	tell(clients[0], "w");
	server_set_fate("picky");
	hup(first);
	pid_t second = server_expect_ready(2);

	(void)server_expect("came back: Protocol not supported");
	(void)server_expect("came back: Protocol not supported");
	(void)server_expect("generation=1 drains");
	ck_assert_uint_eq(ask(clients[0]), 1);
	for (int i = 0; i < 3; i++)
		expect_end(clients[i]);
	ck_assert_int_eq(server_wait(first), 0);
	close_many(3);
	ck_assert_int_eq(server_stop(second), 0);
}
END_TEST

START_TEST(successor_that_knows_nothing_of_it_replaces_as_ever)
{
	pid_t first = start();

	(void)server_expect("complete pid="); /* nobody was before it */
	connect_many(2);
	server_set_fate("plain");
	hup(first);
	pid_t second = server_expect_ready(2);

	expect_end(clients[0]);
	expect_end(clients[1]);
	ck_assert_int_eq(server_wait(first), 0);
	close_many(2);
	/* nor does a predecessor */
	server_set_fate("serve");
	hup(second);
	pid_t third = server_expect_ready(3);

	(void)server_expect("complete pid=");
	ck_assert_int_eq(server_wait(second), 0);
	ck_assert_int_eq(server_stop(third), 0);
}
END_TEST

static void on_end(struct baton_upgrade *upgrade, int status, void *data)
{
	(void)upgrade, (void)status, (void)data;
}

static void on_room(struct baton_upgrade *upgrade, void *data)
{
	(void)upgrade, (void)data;
}

START_TEST(bad_calls_are_refused)
{
	char name[] = "test";
	char *argv[] = { name, NULL };
	const struct baton_upgrade_options upgrade_options = {
		.size = sizeof(upgrade_options), .argv = argv, .on_end = on_end
	};
	struct baton_handoff_options options = { .size = 3 };
	const struct baton_handoff_connection connection = { .fd = 0, .type = "test" };
	struct baton_upgrade *upgrade;
	struct baton_error error;

	ck_assert_int_eq(baton_handoff_open(NULL, &options, &error), -EINVAL);
	ck_assert_int_eq(baton_handoff_room(NULL), -ENOTCONN);
	ck_assert_int_eq(baton_upgrade_create(EV_DEFAULT, &upgrade_options, &upgrade, NULL), 0);
	ck_assert_int_eq(baton_handoff_open(upgrade, NULL, &error), -EINVAL);
	ck_assert_int_eq(baton_handoff_open(upgrade, &options, &error), -EINVAL);
	options = (struct baton_handoff_options){ .size = sizeof(options), .on_room = on_room };
	ck_assert_int_eq(baton_handoff_open(upgrade, &options, &error), -EINVAL);
	ck_assert_str_eq(error.text, "on_passed is required with on_room");
	options.on_room = NULL;
	ck_assert_int_eq(baton_handoff_open(upgrade, &options, &error), 0);
	ck_assert_int_eq(baton_handoff_open(upgrade, &options, &error), -EALREADY);
	ck_assert_int_eq(baton_handoff_room(upgrade), -ENOTCONN);
	ck_assert_int_eq(baton_handoff_pass(upgrade, &connection, NULL), -ENOTCONN);
	ck_assert_int_eq(baton_handoff_pass(upgrade, NULL, NULL), -EINVAL);
	ck_assert_int_eq(baton_handoff_pass(NULL, &connection, NULL), -EINVAL);
	baton_upgrade_destroy(upgrade);
	ev_loop_destroy(EV_DEFAULT);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		connections_go_on_in_the_successor,
		busy_connection_is_passed_when_it_is_so_no_more,
		successor_that_dies_of_them_is_rolled_back,
		what_was_not_passed_outlives_a_dead_successor,
		refused_connections_are_finished_where_they_are,
		successor_that_knows_nothing_of_it_replaces_as_ever,
		bad_calls_are_refused,
	};

	return suite_run(&(struct suite){
		.name = "upgrade_handoff",
		.cases = cases,
		.count = array_length(cases),
		.setup = server_setup,
		.teardown = server_teardown,
	});
}
