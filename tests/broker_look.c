/* SPDX-License-Identifier: MIT */
/* What is looked after from time to time while a server that binds for itself runs: adopt.c */
#include "adopt/adopt.h"

#include <errno.h>

#include "base/fd.h"
#include "support/adopted.h"
#include "support/suite.h"

static struct adopted worker;

START_TEST(socket_that_the_server_has_closed_is_closed_once_somebody_waits)
{
	const char *address = adopted_free_address();
	int client, again;

	adopted_start(&worker, 1);
	int fd = adopted_listen(&worker, "inet stream", address);

	broker_ready(worker.broker);
	adopt_look(&adopt);
	adopted_expect_served(&worker, fd, address);
	ck_assert_int_eq(adopted_connect(address, &client), 0);
	adopt_look(&adopt);
	adopt_look(&adopt); /* it waits, but for a server that may be busy */
	ck_assert(!list_empty(&adopt.held.sockets));
	adopted_do(&worker, "close %d", fd);
	adopt_look(&adopt);
	ck_assert(list_empty(&adopt.held.sockets));
	ck_assert_int_eq(adopted_connect(address, &again), -ECONNREFUSED);
	fd_close(client);
}
END_TEST

/* So many that each of two sockets has some of them, but once in 2^31 times. */
enum { CLIENTS = 32 };

static void connect_clients(const char *address, int clients[CLIENTS])
{
	for (int i = 0; i < CLIENTS; i++)
		ck_assert_int_eq(adopted_connect(address, &clients[i]), 0);
}

static void disconnect(const int clients[CLIENTS])
{
	for (int i = 0; i < CLIENTS; i++)
		fd_close(clients[i]);
}

static int count_accepted(int fd)
{
	int count = 0;
	long connection;

	while ((connection = adopted_ask(&worker, "accept-now %d", fd)) >= 0) {
		adopted_do(&worker, "close %ld", connection);
		count++;
	}
	return count;
}

/* A generation with two sockets that closes the other, which clients come to notice. */
static void open_two_and_close_one(const char *address, int *ret_other)
{
	int clients[CLIENTS];

	adopt.held.steer.is_on = true;
	adopted_start(&worker, 1);
	int closed = adopted_slot(&worker, address);

	*ret_other = adopted_slot(&worker, address);
	ck_assert_int_eq(steer_choose(&adopt.held, 1, 0, 100), 0);
	adopted_do(&worker, "close %d", closed);
	connect_clients(address, clients);
	adopt_look(&adopt);
	adopt_look(&adopt);
	disconnect(clients);
	ck_assert_int_lt(count_accepted(*ret_other), CLIENTS);
}

/* Its place in the group stays, and would be steered to. */
START_TEST(steered_socket_that_the_server_has_closed_gets_nothing_more)
{
	const char *address = adopted_free_address();
	int clients[CLIENTS], again, other;

	open_two_and_close_one(address, &other);
	connect_clients(address, clients);
	ck_assert_int_eq(count_accepted(other), CLIENTS);
	disconnect(clients);
	adopted_do(&worker, "close %d", other);
	ck_assert_int_eq(adopted_connect(address, &clients[0]), 0);
	adopt_look(&adopt);
	adopt_look(&adopt);
	ck_assert(list_empty(&adopt.held.sockets));
	fd_close(clients[0]);
	ck_assert_int_eq(adopted_connect(address, &again), -ECONNREFUSED);
}
END_TEST

START_TEST(steered_socket_that_is_opened_again_is_steered_to)
{
	const char *address = adopted_free_address();
	int clients[CLIENTS], other;

	open_two_and_close_one(address, &other);
	int again = adopted_slot(&worker, address);

	connect_clients(address, clients);
	ck_assert_int_gt(count_accepted(again), 0);
	ck_assert_int_gt(count_accepted(other), 0);
	disconnect(clients);
}
END_TEST

START_TEST(connection_from_a_port_of_its_own_is_not_kept_open)
{
	const char *address = adopted_free_address();
	int fd, client;

	adopted_start(&worker, 1);
	int listener = adopted_listen(&worker, "inet stream", address);

	fd = (int)adopted_ask(&worker, "socket inet stream");
	adopted_do(&worker, "bind %d %s", fd, adopted_free_address());
	adopted_do(&worker, "connect %d %s", fd, address);
	adopt_look(&adopt);
	ck_assert(adopt.held.sockets.next->next == &adopt.held.sockets); /* the listener alone */
	ck_assert_int_eq(adopted_connect(address, &client), 0);
	fd_close(client);
	(void)listener;
}
END_TEST

/* What it has not closed waits for the next worker. */
START_TEST(sockets_of_a_server_that_crashes_stay_though_one_was_closed)
{
	const char *address = adopted_free_address();
	int other, client;

	open_two_and_close_one(address, &other);
	adopted_end(&worker);
	adopt_look(&adopt);
	ck_assert_int_eq(adopted_connect(address, &client), 0);
	adopted_start(&worker, 1);
	(void)adopted_slot(&worker, address); /* the one that was closed */
	ck_assert_int_eq(count_accepted(adopted_slot(&worker, address)), 1);
	fd_close(client);
}
END_TEST

/* Each descriptor of the server would be one of ours: an upgrade could not begin then. */
START_TEST(more_than_there_is_room_for_is_let_pass)
{
	const char *addresses[3];

	adopt.max_held = 2;
	adopted_start(&worker, 1);
	for (size_t i = 0; i < array_length(addresses); i++) {
		addresses[i] = adopted_free_address();
		int fd = adopted_listen(&worker, "inet stream", addresses[i]);

		adopted_expect_served(&worker, fd, addresses[i]);
	}
	ck_assert_uint_eq(worker.claims, 2);
	ck_assert(adopt.was_full);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		socket_that_the_server_has_closed_is_closed_once_somebody_waits,
		steered_socket_that_the_server_has_closed_gets_nothing_more,
		steered_socket_that_is_opened_again_is_steered_to,
		sockets_of_a_server_that_crashes_stay_though_one_was_closed,
		more_than_there_is_room_for_is_let_pass,
		connection_from_a_port_of_its_own_is_not_kept_open,
	};

	return suite_run(&(struct suite){
		.name = "broker_look",
		.cases = cases,
		.count = array_length(cases),
		.setup = adopted_setup,
		.teardown = adopted_teardown,
	});
}
