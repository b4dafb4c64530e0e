/* SPDX-License-Identifier: MIT */
/* Where connections come in: supervisor/inlets.c. */
#include "inlets.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "support/suite.h"

static int bound(int family, int type, const struct sockaddr *address, socklen_t length)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(bind(fd, address, length), 0);
	return fd;
}

static int bound_tcp(int type)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return bound(AF_INET, type, (const struct sockaddr *)&address, sizeof(address));
}

/* Abstract, so that nothing is left behind. */
static int bound_unix(int type, int number)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "inlets-%d-%d",
		(int)getpid(), number);

	return bound(AF_UNIX, type, (const struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length));
}

START_TEST(each_port_is_noted_once)
{
	struct inlets inlets = { 0 };
	cleanup_fd int one = bound_tcp(SOCK_STREAM), other = bound_tcp(SOCK_STREAM);

	inlets_note(&inlets, one);
	inlets_note(&inlets, other);
	inlets_note(&inlets, one);
	ck_assert_uint_eq(inlets.port_count, 2);
	ck_assert_uint_ne(inlets.ports[0], inlets.ports[1]);
	ck_assert(!inlets.has_unseen);
}
END_TEST

START_TEST(each_unix_name_is_noted_once)
{
	struct inlets inlets = { 0 };
	cleanup_fd int one = bound_unix(SOCK_STREAM, 1), other = bound_unix(SOCK_SEQPACKET, 2);

	inlets_note(&inlets, one);
	inlets_note(&inlets, other);
	inlets_note(&inlets, other);
	ck_assert_uint_eq(inlets.name_count, 2);
	ck_assert_uint_eq(inlets.port_count, 0);
	ck_assert(!inlets.has_unseen);
}
END_TEST

START_TEST(what_is_closed_stays_noted)
{
	struct inlets inlets = { 0 };
	int fd = bound_tcp(SOCK_STREAM);

	inlets_note(&inlets, fd);
	ck_assert_int_eq(close(fd), 0);
	inlets_note(&inlets, fd);
	ck_assert_uint_eq(inlets.port_count, 1);
}
END_TEST

START_TEST(peers_of_datagram_sockets_are_not_seen)
{
	struct inlets udp = { 0 }, unix_datagram = { 0 };
	cleanup_fd int one = bound_tcp(SOCK_DGRAM), other = bound_unix(SOCK_DGRAM, 3);

	inlets_note(&udp, one);
	ck_assert(udp.has_unseen);
	inlets_note(&unix_datagram, other);
	ck_assert(unix_datagram.has_unseen);
}
END_TEST

START_TEST(what_is_bound_nowhere_or_no_socket_is_left_out)
{
	struct inlets inlets = { 0 };
	cleanup_fd int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cleanup_fd int unix_stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inlets_note(&inlets, tcp);
	inlets_note(&inlets, unix_stream);
	inlets_note(&inlets, -1);
	ck_assert_uint_eq(inlets.port_count + inlets.name_count, 0);
	ck_assert(!inlets.has_unseen);
}
END_TEST

START_TEST(others_are_merged_up_to_the_room_there_is)
{
	struct inlets inlets = { .port_count = INLETS_PORTS_MAX - 1 };
	struct inlets others = { .ports = { 1, 2 }, .port_count = 2 };

	memset(inlets.ports, 0xff, sizeof(inlets.ports));
	inlets_merge(&inlets, &others);
	ck_assert_uint_eq(inlets.port_count, INLETS_PORTS_MAX);
	ck_assert_uint_eq(inlets.ports[INLETS_PORTS_MAX - 1], 1);
	ck_assert(inlets.has_unseen);
	inlets = (struct inlets){ 0 };
	inlets_merge(&inlets, &others);
	inlets_merge(&inlets, &others);
	ck_assert_uint_eq(inlets.port_count, 2);
	ck_assert(!inlets.has_unseen);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		each_port_is_noted_once,
		each_unix_name_is_noted_once,
		what_is_closed_stays_noted,
		peers_of_datagram_sockets_are_not_seen,
		what_is_bound_nowhere_or_no_socket_is_left_out,
		others_are_merged_up_to_the_room_there_is,
	};

	return SUITE_RUN("inlets", cases);
}
