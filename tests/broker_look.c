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

int main(void)
{
	const TTest *cases[] = {
		socket_that_the_server_has_closed_is_closed_once_somebody_waits,
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
