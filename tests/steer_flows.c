/* SPDX-License-Identifier: MIT */
/* Who gets datagrams that are new: supervisor/steer/steer.c, with groups of real sockets. A flow is
 * the datagrams of one client. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "adopt/held.h"
#include "base/fd.h"
#include "support/process.h"
#include "support/steering.h"
#include "support/suite.h"

enum { FLOWS = 300, ROUND = 50 /* for which the buffers are large enough */ };

static int clients[FLOWS];

/* At which socket the datagrams of each client have come; -1: none yet. */
static int places[FLOWS];

static void setup(void)
{
	steering_setup();
	steering_use(AF_INET, SOCK_DGRAM);
	for (int i = 0; i < FLOWS; i++)
		clients[i] = -1;
}

static void teardown(void)
{
	for (int i = 0; i < FLOWS; i++)
		fd_close(clients[i]);
	steering_teardown();
}

/* New ones. Those that are not connected have only their address to be known by. */
static void open_clients(bool are_connected)
{
	for (int i = 0; i < FLOWS; i++) {
		fd_close(clients[i]);
		clients[i] = socket(steering_address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		ck_assert_int_ne(clients[i], -1);
		if (are_connected)
			ck_assert_int_eq(
				connect(clients[i], &steering_address.any, steering_address.length),
				0);
		places[i] = -1;
	}
}

static void send_some(int first)
{
	for (int i = first; i < first + ROUND; i++)
		ck_assert_int_eq(sendto(clients[i], &i, sizeof(i), 0, &steering_address.any,
					 steering_address.length),
			sizeof(i));
}

static unsigned receive_from(size_t index, bool may_move)
{
	unsigned received = 0;
	int client;

	while (recv(steering_sockets[index]->fd, &client, sizeof(client), 0) == sizeof(client)) {
		ck_assert_int_ge(client, 0);
		ck_assert_int_lt(client, FLOWS);
		ck_assert(may_move || places[client] == -1 || places[client] == (int)index);
		places[client] = (int)index;
		received++;
	}
	ck_assert_int_eq(errno, EAGAIN);
	return received;
}

static void wait_for_any(void)
{
	struct pollfd fds[STEERING_SOCKETS_MAX];

	for (size_t i = 0; i < steering_count; i++)
		fds[i] = (struct pollfd){ .fd = steering_sockets[i]->fd, .events = POLLIN };
	ck_assert_int_gt(poll(fds, steering_count, PROCESS_DEADLINE_MS), 0);
}

static void receive_some(bool may_move)
{
	unsigned received = 0;

	while (received < ROUND) {
		wait_for_any();
		for (size_t i = 0; i < steering_count; i++) {
			unsigned more = receive_from(i, may_move);

			steering_got[i] += more;
			received += more;
		}
	}
	ck_assert_uint_eq(received, ROUND);
}

/* One datagram of each client; steering_got says where they came. A flow stays where it is, unless
 * it may move. */
static void send_and_receive(bool may_move)
{
	memset(steering_got, 0, sizeof(steering_got));
	for (int first = 0; first < FLOWS; first += ROUND) {
		send_some(first);
		receive_some(may_move);
	}
}

static void expect_all_to(size_t index)
{
	open_clients(true);
	send_and_receive(false);
	ck_assert_uint_eq(steering_got[index], FLOWS);
	open_clients(false);
	send_and_receive(false);
	ck_assert_uint_eq(steering_got[index], FLOWS);
}

static void expect_chosen_gets_all(void)
{
	steering_open(1);
	steering_choose(1, 0, 100);
	steering_open(2);
	expect_all_to(0);
	steering_choose(2, 0, 100);
	expect_all_to(1);
	steering_choose(1, 0, 100);
	expect_all_to(0);
}

START_TEST(datagrams_go_to_the_chosen_generation_alone)
{
	expect_chosen_gets_all();
}
END_TEST

START_TEST(datagrams_of_ipv6_do_so_too)
{
	steering_use(AF_INET6, SOCK_DGRAM);
	expect_chosen_gets_all();
}
END_TEST

/* Datagram by datagram: what a client sends goes on with the new generation. */
START_TEST(flow_moves_to_the_generation_that_is_chosen)
{
	steering_open(1);
	steering_choose(1, 0, 100);
	open_clients(true);
	send_and_receive(false);
	ck_assert_uint_eq(steering_got[0], FLOWS);
	steering_open(2);
	send_and_receive(false);
	ck_assert_uint_eq(steering_got[0], FLOWS);
	steering_choose(2, 0, 100);
	send_and_receive(true);
	ck_assert_uint_eq(steering_got[1], FLOWS);
}
END_TEST

/* A third each, and a standard deviation of 8. */
static void expect_spread(bool are_connected)
{
	steering_open(1);
	for (int i = 0; i < 3; i++)
		steering_open(2);
	steering_choose(2, 0, 100);
	open_clients(are_connected);
	for (int i = 0; i < 5; i++)
		send_and_receive(false);
	ck_assert_uint_eq(steering_got[0], 0);
	for (size_t i = 1; i < steering_count; i++) {
		ck_assert_uint_gt(steering_got[i], 50);
		ck_assert_uint_lt(steering_got[i], 150);
	}
}

START_TEST(flow_stays_on_one_of_several_sockets)
{
	expect_spread(true);
}
END_TEST

START_TEST(flow_of_a_client_that_is_not_connected_stays_on_one_of_several_sockets)
{
	expect_spread(false);
}
END_TEST

START_TEST(flow_of_ipv6_stays_on_one_of_several_sockets)
{
	steering_use(AF_INET6, SOCK_DGRAM);
	expect_spread(false);
}
END_TEST

/* A fifth of them is 60, with a standard deviation of 7. */
static void expect_share(bool are_connected)
{
	steering_open(1);
	steering_choose(1, 0, 100);
	steering_open(2);
	steering_choose(2, 1, 20);
	open_clients(are_connected);
	for (int i = 0; i < 5; i++)
		send_and_receive(false);
	ck_assert_uint_gt(steering_got[1], 15);
	ck_assert_uint_lt(steering_got[1], 105);
	steering_choose(1, 0, 100);
	send_and_receive(true);
	ck_assert_uint_eq(steering_got[0], FLOWS);
}

START_TEST(baking_generation_gets_its_percentage_of_the_flows)
{
	expect_share(true);
}
END_TEST

START_TEST(baking_generation_gets_its_percentage_of_clients_that_are_not_connected)
{
	expect_share(false);
}
END_TEST

START_TEST(baking_generation_gets_its_percentage_of_the_flows_of_ipv6)
{
	steering_use(AF_INET6, SOCK_DGRAM);
	expect_share(false);
}
END_TEST

/* As servers that have a socket for each client (DTLS): two of the first generation, of which the
 * second is connected, and one of each of the others. It is not among steering_sockets any more. */
static struct held *open_and_connect(void)
{
	const struct sockaddr_in peer = { .sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	steering_open(1);
	steering_choose(1, 0, 100);
	struct held *connected = steering_open(1);

	steering_open(2);
	steering_open(3);
	ck_assert_int_eq(connect(connected->fd, (const struct sockaddr *)&peer, sizeof(peer)), 0);
	held_settle(&steering_table, 0);
	steering_sockets[1] = steering_sockets[--steering_count];
	steering_address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connected;
}

/* The last of the group has its place then. */
START_TEST(socket_of_any_address_is_in_nobodys_way_once_it_is_connected)
{
	steering_address.in.sin_addr.s_addr = htonl(INADDR_ANY);
	(void)open_and_connect();
	expect_all_to(0);
	steering_choose(2, 0, 100);
	expect_all_to(2);
	steering_choose(3, 0, 100);
	expect_all_to(1);
}
END_TEST

/* It goes on to have its place, and the kernel then takes the selector for no more than a hint: but
 * it gets nothing from others. */
START_TEST(socket_of_one_address_gets_nothing_once_it_is_connected)
{
	struct held *connected = open_and_connect();

	ck_assert_int_eq(connected->position, 1);
	ck_assert(connected->is_closed);
	for (unsigned generation = 1; generation <= 3; generation++) {
		steering_choose(generation, 0, 100);
		open_clients(false);
		send_and_receive(false);
	}
}
END_TEST

START_TEST(socket_that_is_connected_is_given_to_nobody)
{
	struct binding binding;
	struct held *given;

	(void)open_and_connect();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(steer_open_group(fd), 0);
	steering_read(fd, &binding);
	held_release(&steering_table, &steering_workers[1]); /* it has crashed */
	ck_assert_int_eq(
		held_choose(&steering_table, &binding, &steering_workers[1], &given), HELD_GIVE);
	ck_assert_ptr_eq(given, steering_sockets[0]);
	ck_assert_int_eq(held_claim(given, &steering_workers[1]), 0);
	ck_assert_int_eq(
		held_choose(&steering_table, &binding, &steering_workers[1], &given), HELD_JOIN);
	fd_close(fd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		datagrams_go_to_the_chosen_generation_alone,
		datagrams_of_ipv6_do_so_too,
		flow_moves_to_the_generation_that_is_chosen,
		flow_stays_on_one_of_several_sockets,
		flow_of_a_client_that_is_not_connected_stays_on_one_of_several_sockets,
		flow_of_ipv6_stays_on_one_of_several_sockets,
		baking_generation_gets_its_percentage_of_the_flows,
		baking_generation_gets_its_percentage_of_clients_that_are_not_connected,
		baking_generation_gets_its_percentage_of_the_flows_of_ipv6,
		socket_of_any_address_is_in_nobodys_way_once_it_is_connected,
		socket_of_one_address_gets_nothing_once_it_is_connected,
		socket_that_is_connected_is_given_to_nobody,
	};
	struct suite suite = {
		.name = "steer_flows",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
