/* SPDX-License-Identifier: MIT */
/* Sockets beside others, with the same options: lib/socket/twin.c. */
#include "socket/twin.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "socket/bound.h"
#include "support/listening.h"
#include "support/suite.h"

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72 /* Linux 5.14 */
#endif

static struct baton_listener *listener;
static int first;

static void teardown(void)
{
	baton_listener_close(listener);
}

static void open_first(const char *address)
{
	listener = listening_open(address);
	first = baton_listener_fd(listener, 0);
	ck_assert_int_eq(setsockopt(first, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof(int)), 0);
	ck_assert_int_eq(twin_check(first), 0);
}

static int open_twin(void)
{
	int twin = twin_open(first);

	ck_assert_msg(twin >= 0, "%s", strerrordesc_np(-twin));
	return twin;
}

static void set(int level, int option, int value)
{
	ck_assert_int_eq(setsockopt(first, level, option, &value, sizeof(value)), 0);
}

static void expect_same(int twin, int level, int option)
{
	ck_assert_int_eq(
		listening_option(twin, level, option), listening_option(first, level, option));
}

static void expect_same_address(int twin)
{
	char ours[BOUND_SIZE], theirs[BOUND_SIZE];

	ck_assert_int_eq(bound_format(twin, ours, sizeof(ours)), 0);
	ck_assert_int_eq(bound_format(first, theirs, sizeof(theirs)), 0);
	ck_assert_str_eq(ours, theirs);
}

START_TEST(twin_is_bound_alike_and_listens_as_long)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	open_first("127.0.0.1:0?backlog=17");
	int twin = open_twin();

	expect_same_address(twin);
	ck_assert(!listening_option(twin, SOL_SOCKET, SO_ACCEPTCONN));
	ck_assert_int_eq(twin_listen(twin, first), 0);
	ck_assert_int_eq(getsockopt(twin, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
	ck_assert_uint_eq(info.tcpi_sacked, 17);
	fd_close(twin);
}
END_TEST

START_TEST(options_of_an_address_are_copied)
{
	open_first("tcp://[::1]:0?v6only=0&freebind=1&defer-accept=7&fastopen=5");
	int twin = open_twin();

	expect_same_address(twin);
	expect_same(twin, IPPROTO_IPV6, IPV6_V6ONLY);
	ck_assert_int_eq(listening_option(twin, IPPROTO_IPV6, IPV6_FREEBIND), 1);
	ck_assert_int_eq(listening_option(twin, IPPROTO_TCP, TCP_DEFER_ACCEPT), 7);
	ck_assert_int_eq(listening_option(twin, IPPROTO_TCP, TCP_FASTOPEN), 5);
	ck_assert_int_eq(listening_option(twin, SOL_SOCKET, SO_REUSEADDR), 1);
	fd_close(twin);
}
END_TEST

/* As systemd.socket(5) can set them. */
START_TEST(options_of_a_manager_are_copied)
{
	static const struct {
		int level, name, value;
	} table[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 }, { IPPROTO_IP, IP_TOS, 16 },
		{ IPPROTO_IP, IP_TTL, 31 }, { IPPROTO_TCP, TCP_KEEPCNT, 4 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 123 }, { IPPROTO_TCP, TCP_KEEPINTVL, 45 },
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_PRIORITY, 3 }, /* which IP_TOS changes */
	};

	open_first("127.0.0.1:0");
	for (size_t i = 0; i < array_length(table); i++)
		set(table[i].level, table[i].name, table[i].value);
	int twin = open_twin();

	for (size_t i = 0; i < array_length(table); i++)
		ck_assert_int_eq(
			listening_option(twin, table[i].level, table[i].name), table[i].value);
	fd_close(twin);
}
END_TEST

START_TEST(buffers_that_were_set_are_copied)
{
	open_first("udp://127.0.0.1:0");
	set(SOL_SOCKET, SO_RCVBUF, 50000);
	set(SOL_SOCKET, SO_SNDBUF, 40000);
	int twin = open_twin();

	expect_same(twin, SOL_SOCKET, SO_RCVBUF);
	expect_same(twin, SOL_SOCKET, SO_SNDBUF);
	fd_close(twin);
}
END_TEST

/* What was set is not adapted any more. */
START_TEST(buffers_that_were_not_set_are_left_to_the_kernel)
{
	open_first("127.0.0.1:0");
	int twin = open_twin();

	ck_assert_int_eq(listening_option(twin, SOL_SOCKET, SO_BUF_LOCK), 0);
	fd_close(twin);
}
END_TEST

START_TEST(nobody_can_be_beside_another_users_socket)
{
	if (geteuid() != 0) {
		fprintf(stderr, "skipped: only root can give a socket to another user\n");
		return;
	}
	open_first("127.0.0.1:0");
	ck_assert_int_eq(fchown(first, 65534, 65534), 0);
	ck_assert_int_eq(twin_check(first), -EPERM);
	ck_assert_int_eq(twin_open(first), -EADDRINUSE);
}
END_TEST

START_TEST(what_is_no_socket_has_no_twin)
{
	ck_assert_int_eq(twin_check(STDIN_FILENO), -ENOTSOCK);
	ck_assert_int_eq(twin_open(STDIN_FILENO), -ENOTSOCK);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		twin_is_bound_alike_and_listens_as_long,
		options_of_an_address_are_copied,
		options_of_a_manager_are_copied,
		buffers_that_were_set_are_copied,
		buffers_that_were_not_set_are_left_to_the_kernel,
		nobody_can_be_beside_another_users_socket,
		what_is_no_socket_has_no_twin,
	};

	return suite_run(&(struct suite){
		.name = "twin",
		.cases = cases,
		.count = array_length(cases),
		.teardown = teardown,
	});
}
