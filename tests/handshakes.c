/* SPDX-License-Identifier: MIT */
/* Connections that are half-way: supervisor/steer/handshakes.c. A listener that defers its accept
 * (TCP_DEFER_ACCEPT, tcp(7)) leaves them so until the client, who thinks that it is connected, has
 * sent something. */
#include "steer/handshakes.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "support/process.h"
#include "support/suite.h"

enum { CLIENTS_MAX = 200 };

static int listener, clients[CLIENTS_MAX];
static uint16_t port; /* in network byte order, of the listener */
static struct handshakes handshakes;

static int open_listener(int family, uint16_t *ret_port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(address);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(
		setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &(int){ 60 }, sizeof(int)), 0);
	if (family == AF_INET)
		ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	else
		ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, SOMAXCONN), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*ret_port = address.sin6_port; /* where that of IPv4 is, too */
	return fd;
}

static void setup(void)
{
	handshakes = (struct handshakes){ NULL, 0 };
	for (int i = 0; i < CLIENTS_MAX; i++)
		clients[i] = -1;
	listener = open_listener(AF_INET, &port);
}

static void teardown(void)
{
	handshakes_finish(&handshakes);
	for (int i = 0; i < CLIENTS_MAX; i++)
		fd_close(clients[i]);
	fd_close(listener);
}

/* Half-way to the listener. */
static void begin(int client)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	clients[client] = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ne(clients[client], -1);
	ck_assert_int_eq(connect(clients[client], (struct sockaddr *)&address, size), 0);
}

/* It gets through. */
static void complete(int client)
{
	ck_assert_int_eq(send(clients[client], "x", 1, MSG_NOSIGNAL), 1);
	process_wait_fd(listener, POLLIN);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	fd_close(fd);
}

static void note(void)
{
	ck_assert_int_eq(handshakes_note(&handshakes, &port, 1), 0);
}

static int look(void)
{
	return handshakes_look(&handshakes, &port, 1);
}

START_TEST(none_is_noted_where_there_is_none)
{
	note();
	ck_assert_uint_eq(handshakes.count, 0);
	ck_assert_ptr_null(handshakes.cookies);
	ck_assert_int_eq(look(), 0);
}
END_TEST

static void expect_seen_until_over(void)
{
	begin(0);
	note();
	ck_assert_uint_eq(handshakes.count, 1);
	ck_assert_int_eq(look(), 1);
	ck_assert_int_eq(look(), 1);
	complete(0);
	ck_assert_int_eq(look(), 0);
	ck_assert_int_eq(look(), 0);
}

START_TEST(handshake_is_seen_until_it_is_over)
{
	expect_seen_until_over();
}
END_TEST

START_TEST(handshake_of_ipv6_is_seen_until_it_is_over)
{
	fd_close(listener);
	listener = open_listener(AF_INET6, &port);
	expect_seen_until_over();
}
END_TEST

START_TEST(handshake_that_the_client_ends_is_over)
{
	begin(0);
	note();
	ck_assert_int_eq(setsockopt(clients[0], SOL_SOCKET, SO_LINGER,
				 &(struct linger){ .l_onoff = 1 }, sizeof(struct linger)),
		0);
	fd_close(clients[0]);
	clients[0] = -1;
	ck_assert_int_eq(look(), 0);
}
END_TEST

START_TEST(connection_that_is_complete_is_none)
{
	begin(0);
	complete(0);
	note();
	ck_assert_uint_eq(handshakes.count, 0);
}
END_TEST

START_TEST(handshake_to_another_port_is_not_noted)
{
	uint16_t other;
	int fd = open_listener(AF_INET, &other);

	begin(0);
	ck_assert_int_eq(handshakes_note(&handshakes, &other, 1), 0);
	ck_assert_uint_eq(handshakes.count, 0);
	ck_assert_int_eq(handshakes_note(&handshakes, NULL, 0), 0);
	ck_assert_uint_eq(handshakes.count, 0);
	const uint16_t both[] = { other, port };

	ck_assert_int_eq(handshakes_note(&handshakes, both, 2), 0);
	ck_assert_uint_eq(handshakes.count, 1);
	fd_close(fd);
}
END_TEST

START_TEST(handshake_that_begins_later_does_not_count)
{
	begin(0);
	note();
	begin(1);
	ck_assert_int_eq(look(), 1);
	complete(0);
	ck_assert_int_eq(look(), 0);
	complete(1);
}
END_TEST

START_TEST(noting_again_forgets_what_was_noted)
{
	begin(0);
	begin(1);
	note();
	ck_assert_uint_eq(handshakes.count, 2);
	complete(0);
	note();
	ck_assert_uint_eq(handshakes.count, 1);
	complete(1);
	note();
	ck_assert_uint_eq(handshakes.count, 0);
}
END_TEST

/* The kernel's answer comes in several parts. */
START_TEST(handshakes_are_noted_however_many_there_are)
{
	for (int i = 0; i < CLIENTS_MAX; i++)
		begin(i);
	note();
	ck_assert_uint_eq(handshakes.count, CLIENTS_MAX);
	for (int i = 0; i < CLIENTS_MAX; i += 2)
		complete(i);
	ck_assert_int_eq(look(), CLIENTS_MAX / 2);
}
END_TEST

START_TEST(finishing_twice_is_harmless)
{
	begin(0);
	note();
	handshakes_finish(&handshakes);
	handshakes_finish(&handshakes);
	ck_assert_int_eq(look(), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		none_is_noted_where_there_is_none,
		handshake_is_seen_until_it_is_over,
		handshake_of_ipv6_is_seen_until_it_is_over,
		handshake_that_the_client_ends_is_over,
		connection_that_is_complete_is_none,
		handshake_to_another_port_is_not_noted,
		handshake_that_begins_later_does_not_count,
		noting_again_forgets_what_was_noted,
		handshakes_are_noted_however_many_there_are,
		finishing_twice_is_harmless,
	};
	struct suite suite = {
		.name = "handshakes",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	int r = handshakes_note(&handshakes, NULL, 0);

	if (r < 0) {
		printf("1..0 # SKIP the kernel cannot be asked: %s\n", strerrordesc_np(-r));
		return 0;
	}
	return suite_run(&suite);
}
