/* SPDX-License-Identifier: MIT */
/* Whose connections there are, and how busy listeners are: supervisor/connections.c,
 * socket_load.c. */
#include "connections.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "socket_load.h"
#include "support/process.h"
#include "support/suite.h"

enum { BACKLOG = 7, PAIRS_MAX = 100 };

static int listener, clients[PAIRS_MAX], accepted[PAIRS_MAX];
static struct sockaddr_in address;
static struct connections connections;

static void setup(void)
{
	socklen_t size = sizeof(address);

	connections = (struct connections){ 0 };
	for (int i = 0; i < PAIRS_MAX; i++)
		clients[i] = accepted[i] = -1;
	address = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ne(listener, -1);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, BACKLOG), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
}

static void teardown(void)
{
	connections_finish(&connections);
	for (int i = 0; i < PAIRS_MAX; i++) {
		fd_close(clients[i]);
		fd_close(accepted[i]);
	}
	fd_close(listener);
}

static void connect_client(int i)
{
	clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ne(clients[i], -1);
	ck_assert_int_eq(connect(clients[i], (struct sockaddr *)&address, sizeof(address)), 0);
}

static void connect_pair(int i)
{
	connect_client(i);
	accepted[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ne(accepted[i], -1);
}

static struct connections_tally look(unsigned mark)
{
	struct connections_tally tally = { 0 };

	connections_finish(&connections);
	ck_assert_int_eq(connections_look(&connections, &address.sin_port, 1), 0);
	ck_assert_int_eq(connections_count(&connections, getpid(), mark, &tally), 0);
	return tally;
}

START_TEST(accepted_connections_are_counted)
{
	ck_assert_int_eq(look(1).count, 0);
	for (int i = 0; i < PAIRS_MAX; i++)
		connect_pair(i);
	/* Our own ends as clients have another port. */
	ck_assert_int_eq(look(1).count, PAIRS_MAX);
	fd_close(accepted[0]);
	accepted[0] = -1;
	ck_assert_int_eq(look(1).count, PAIRS_MAX - 1);
}
END_TEST

START_TEST(those_that_wait_are_nobodys)
{
	connect_client(0);
	ck_assert_int_eq(look(1).count, 0);
}
END_TEST

START_TEST(one_that_two_have_is_one)
{
	struct connections_tally tally = { 0 };

	connect_pair(0);
	ck_assert_int_eq(look(1).count, 1);
	ck_assert_int_eq(connections_count(&connections, getpid(), 1, &tally), 0);
	ck_assert_int_eq(tally.count, 0);
	/* But it is another generation's, too. */
	ck_assert_int_eq(connections_count(&connections, getpid(), 2, &tally), 0);
	ck_assert_int_eq(tally.count, 1);
}
END_TEST

START_TEST(age_is_that_of_the_longer_silence)
{
	int64_t began = clock_ms();

	connect_pair(0);
	/* The kernel counts in jiffies of up to 10 ms. */
	while (look(1).oldest_ms < 50)
		ck_assert_int_lt(clock_ms() - began, PROCESS_DEADLINE_MS);
	ck_assert_int_ge(clock_ms() - began, 40);
	/* What is received ends one of the two silences alone. */
	ck_assert_int_eq(send(clients[0], "x", 1, MSG_NOSIGNAL), 1);
	ck_assert_int_ge(look(1).oldest_ms, 50);
}
END_TEST

START_TEST(process_that_has_ended_has_none)
{
	struct connections_tally tally = { 0 };

	connect_pair(0);
	ck_assert_int_eq(look(1).count, 1);
	ck_assert_int_eq(connections_count(&connections, 0x7ffffffe, 2, &tally), 0);
	ck_assert_int_eq(tally.count, 0);
}
END_TEST

START_TEST(no_ports_no_connections)
{
	ck_assert_int_eq(connections_look(&connections, NULL, 0), 0);
	ck_assert_uint_eq(connections.count, 0);
}
END_TEST

START_TEST(queue_of_a_listener_is_told)
{
	struct socket_load load;

	socket_load_read(listener, &load);
	ck_assert_int_eq(load.queue, 0);
	ck_assert_int_eq(load.backlog, BACKLOG);
	ck_assert_int_eq(load.drops, 0);
	connect_client(0);
	connect_client(1);
	process_wait_fd(listener, POLLIN);
	do {
		socket_load_read(listener, &load);
	} while (load.queue < 2);
	ck_assert_int_eq(load.queue, 2);
}
END_TEST

START_TEST(datagrams_that_found_no_room_are_told)
{
	static char datagram[4096];
	struct socket_load load;
	struct sockaddr_in to = address;
	socklen_t size = sizeof(to);
	int receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	to.sin_port = 0;
	ck_assert_int_eq(bind(receiver, (struct sockaddr *)&to, sizeof(to)), 0);
	ck_assert_int_eq(getsockname(receiver, (struct sockaddr *)&to, &size), 0);
	ck_assert_int_eq(
		setsockopt(receiver, SOL_SOCKET, SO_RCVBUF, &(int){ 4096 }, sizeof(int)), 0);
	clients[0] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (int i = 0; i < 100; i++)
		(void)sendto(clients[0], datagram, sizeof(datagram), 0, (struct sockaddr *)&to,
			sizeof(to));
	socket_load_read(receiver, &load);
	ck_assert_int_gt(load.queue, 0);
	ck_assert_int_gt(load.drops, 0);
	ck_assert_int_eq(load.backlog, -1);
	fd_close(receiver);
}
END_TEST

START_TEST(what_is_unknown_stays_so_in_a_sum)
{
	struct socket_load sum = { 0, 0, 0 }, unknown;
	int pair[2];

	socket_load_add(&sum, &(struct socket_load){ 1, 2, 3 });
	socket_load_add(&sum, &(struct socket_load){ 1, 2, -1 });
	ck_assert_int_eq(sum.queue, 2);
	ck_assert_int_eq(sum.backlog, 4);
	ck_assert_int_eq(sum.drops, -1);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	socket_load_read(pair[0], &unknown);
	ck_assert_int_eq(unknown.queue, -1);
	ck_assert_int_eq(unknown.drops, -1);
	fd_close(pair[0]);
	fd_close(pair[1]);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		accepted_connections_are_counted,
		those_that_wait_are_nobodys,
		one_that_two_have_is_one,
		age_is_that_of_the_longer_silence,
		process_that_has_ended_has_none,
		no_ports_no_connections,
		queue_of_a_listener_is_told,
		datagrams_that_found_no_room_are_told,
		what_is_unknown_stays_so_in_a_sum,
	};
	const struct suite suite = {
		.name = "connections",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
