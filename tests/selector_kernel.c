/* SPDX-License-Identifier: MIT */
/* The selector as the kernel runs it, on real datagrams, and what the kernel does beside it: what
 * <baton/steer.h> relies on. */
#include "socket/selector.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "socket/flow.h"
#include "socket/resolve.h"
#include "socket/selector_attach.h"
#include "support/suite.h"

enum { SOCKETS = 5, NEWEST = 3, DATAGRAMS = 50, WAIT_MS = 5000 };

static int group[SOCKETS];
static struct flows flows;
static struct socket_address address;

/* The group of the loopback of that family, or of all its addresses. */
static void open_group(int family, bool is_wildcard)
{
	address = (struct socket_address){ .any = { .sa_family = (sa_family_t)family } };
	if (family == AF_INET) {
		address.length = sizeof(address.in);
		address.in.sin_addr.s_addr = htonl(is_wildcard ? INADDR_ANY : INADDR_LOOPBACK);
	} else {
		address.length = sizeof(address.in6);
		address.in6.sin6_addr = is_wildcard ? in6addr_any : in6addr_loopback;
	}
	for (size_t i = 0; i < SOCKETS; i++) {
		int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		group[i] = fd;
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(
			setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof(int)), 0);
		ck_assert_int_eq(bind(fd, &address.any, address.length), 0);
		ck_assert_int_eq(getsockname(fd, &address.any, &address.length), 0);
	}
	flows_init(&flows, group[1]);
	if (family == AF_INET)
		address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address.in6.sin6_addr = in6addr_loopback;
}

static void close_group(void)
{
	flows_finish(&flows);
	for (size_t i = 0; i < SOCKETS; i++)
		fd_close(group[i]);
}

static void choose(const struct selector_route *routes, size_t count)
{
	static struct selector selector;
	const struct selector_set to = { .indexes = { NEWEST }, .count = 1 };

	selector_build(&selector,
		&(struct selector_plan){
			.to = &to,
			.percent = 100,
			.is_flow = true,
			.routes = routes,
			.route_count = count,
			.id_count = SOCKETS,
		});
	ck_assert_int_eq(selector_attach(&selector, group[0]), 0);
}

static int open_client(void)
{
	int fd = socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, &address.any, address.length), 0);
	return fd;
}

static void send_to_group(int client, const void *bytes, size_t size)
{
	ck_assert_int_eq(send(client, bytes, size, 0), (ssize_t)size);
}

/* The one that has a datagram, which is taken from it; SOCKETS if it is the other one. */
static size_t receive_one(int other)
{
	struct pollfd fds[SOCKETS + 1];
	char bytes[64];
	size_t i = 0;

	for (size_t j = 0; j < SOCKETS; j++)
		fds[j] = (struct pollfd){ .fd = group[j], .events = POLLIN };
	fds[SOCKETS] = (struct pollfd){ .fd = other, .events = POLLIN };
	ck_assert_int_eq(poll(fds, SOCKETS + 1, WAIT_MS), 1);
	while (!fds[i].revents)
		i++;
	ck_assert_int_ge(recv(fds[i].fd, bytes, sizeof(bytes), MSG_DONTWAIT), 0);
	return i;
}

/* Where a new client's datagram of these bytes comes to. */
static size_t goes_to(const void *bytes, size_t size)
{
	int client = open_client();

	send_to_group(client, bytes, size);
	size_t index = receive_one(-1);

	fd_close(client);
	return index;
}

/* The same, if it may come to that socket, too. */
static size_t goes_to_either(int other)
{
	int client = open_client();

	send_to_group(client, "new", 3);
	size_t index = receive_one(other);

	fd_close(client);
	return index;
}

static void check_ids(int family)
{
	static const struct selector_route route = { 0, 0xc0, 0x40, 0, 0x3f };

	open_group(family, false);
	choose(&route, 1);
	for (unsigned byte = 0; byte < 256; byte++) {
		unsigned char bytes[] = { (unsigned char)byte, 'x' };
		bool has_id = byte >= 0x40 && byte < 0x40 + SOCKETS;

		ck_assert_uint_eq(goes_to(bytes, 2), has_id ? byte - 0x40 : NEWEST);
	}
	close_group();
}

START_TEST(datagram_goes_where_its_byte_says)
{
	check_ids(AF_INET);
	check_ids(AF_INET6);
}
END_TEST

/* Of the first version of QUIC: a short header has the id at once, a long one of type
 * handshake behind version and length of the id. */
START_TEST(routes_of_quic_tell_its_packets_apart)
{
	static const struct selector_route routes[] = {
		{ 0, 0x80, 0x00, 1, 0xff },
		{ 0, 0xf0, 0xe0, 6, 0xff },
	};
	const unsigned char of_short[] = { 0x40, 2, 9, 9, 9, 9, 9, 9 };
	const unsigned char of_handshake[] = { 0xe0, 0, 0, 0, 1, 8, 1, 9, 9, 9 };
	const unsigned char of_initial[] = { 0xc0, 0, 0, 0, 1, 8, 1, 9, 9, 9 };

	open_group(AF_INET, true);
	choose(routes, 2);
	ck_assert_uint_eq(goes_to(of_short, sizeof(of_short)), 2);
	ck_assert_uint_eq(goes_to(of_handshake, sizeof(of_handshake)), 1);
	ck_assert_uint_eq(goes_to(of_initial, sizeof(of_initial)), NEWEST);
	ck_assert_uint_eq(goes_to(of_short, 1), NEWEST);
	ck_assert_uint_eq(goes_to(of_handshake, 6), NEWEST);
	ck_assert_uint_eq(goes_to("", 0), NEWEST);
	close_group();
}
END_TEST

/* An offset that no datagram reaches, at the largest a datagram can be. */
START_TEST(bytes_far_behind_are_found)
{
	enum { SIZE = 40000 };
	static const struct selector_route route = { 0, 0x00, 0x00, SIZE - 1, 0xff };
	static unsigned char bytes[SIZE];

	open_group(AF_INET, false);
	choose(&route, 1);
	bytes[SIZE - 1] = 1;
	ck_assert_uint_eq(goes_to(bytes, SIZE), 1);
	ck_assert_uint_eq(goes_to(bytes, SIZE - 1), NEWEST);
	close_group();
}
END_TEST

/* What a new client sends while a socket is bound, but not connected yet. */
static void check_session(int family, bool is_wildcard)
{
	struct socket_address peer = { .length = sizeof(peer.un) };

	open_group(family, is_wildcard);
	choose(NULL, 0);
	int client = open_client();
	int session = flows_bind(&flows);

	ck_assert_int_ge(session, 0);
	ck_assert_int_eq(getsockname(client, &peer.any, &peer.length), 0);
	for (int i = 0; i < DATAGRAMS; i++)
		ck_assert_uint_eq(goes_to("new", 3), NEWEST);
	send_to_group(client, "first", 5);
	ck_assert_uint_eq(receive_one(session), NEWEST);
	ck_assert_int_eq(flow_connect(session, &peer.any, peer.length), 0);
	for (int i = 0; i < DATAGRAMS; i++) {
		send_to_group(client, "next", 4);
		ck_assert_uint_eq(receive_one(session), SOCKETS);
		ck_assert_uint_eq(goes_to("new", 3), NEWEST);
	}
	fd_close(session);
	send_to_group(client, "last", 4);
	ck_assert_uint_eq(receive_one(-1), NEWEST);
	fd_close(client);
	close_group();
}

/* Clients of IPv4 of a group of all addresses. */
static void use_ipv4_clients(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = address.in6.sin6_port };

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.in = in;
	address.length = sizeof(in);
}

/* As the group's sockets see it. */
static void name_client(int client, int family, struct socket_address *ret)
{
	*ret = (struct socket_address){ .length = sizeof(ret->un) };
	ck_assert_int_eq(getsockname(client, &ret->any, &ret->length), 0);
	if (ret->any.sa_family == family)
		return;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = ret->in.sin_port };

	in6.sin6_addr.s6_addr[10] = in6.sin6_addr.s6_addr[11] = 0xff;
	memcpy(in6.sin6_addr.s6_addr + 12, &ret->in.sin_addr, 4);
	ret->in6 = in6;
	ret->length = sizeof(in6);
}

/* Others are connected already: in which group is the next one, before it is, too? */
static void check_next_session(int family, bool is_wildcard, bool is_mapped)
{
	enum { SESSIONS = 150 };
	int clients[SESSIONS], sessions[SESSIONS];

	open_group(family, is_wildcard);
	choose(NULL, 0);
	if (is_mapped)
		use_ipv4_clients();
	for (size_t i = 0; i < SESSIONS; i++) {
		struct socket_address peer;

		clients[i] = open_client();
		sessions[i] = flows_bind(&flows);
		ck_assert_int_ge(sessions[i], 0);
		for (int j = 0; j < 10; j++)
			ck_assert_uint_eq(goes_to_either(sessions[i]), NEWEST);
		name_client(clients[i], family, &peer);
		ck_assert_int_eq(flow_connect(sessions[i], &peer.any, peer.length), 0);
	}
	for (size_t i = 0; i < SESSIONS; i++) {
		send_to_group(clients[i], "x", 1);
		ck_assert_uint_eq(receive_one(sessions[i]), SOCKETS);
		fd_close(sessions[i]);
		fd_close(clients[i]);
	}
	close_group();
}

START_TEST(next_socket_of_a_client_gets_nothing_before_it_is_connected)
{
	check_next_session(AF_INET, false, false);
	check_next_session(AF_INET, true, false);
	check_next_session(AF_INET6, false, false);
	check_next_session(AF_INET6, true, false);
	check_next_session(AF_INET6, true, true);
}
END_TEST

START_TEST(socket_of_a_client_gets_what_is_its_own_alone)
{
	check_session(AF_INET, false);
	check_session(AF_INET, true);
	check_session(AF_INET6, false);
	check_session(AF_INET6, true);
}
END_TEST

/* The last of a group moves into a gap: those of clients may, the first ones never do. */
START_TEST(sockets_of_clients_come_and_go_behind_the_group)
{
	enum { SESSIONS = 40 };
	int clients[SESSIONS], sessions[SESSIONS];

	open_group(AF_INET, false);
	choose(NULL, 0);
	for (size_t i = 0; i < SESSIONS; i++) {
		struct socket_address peer = { .length = sizeof(peer.un) };

		clients[i] = open_client();
		sessions[i] = flows_bind(&flows);
		ck_assert_int_ge(sessions[i], 0);
		ck_assert_int_eq(getsockname(clients[i], &peer.any, &peer.length), 0);
		ck_assert_int_eq(flow_connect(sessions[i], &peer.any, peer.length), 0);
	}
	for (size_t i = 0; i < SESSIONS; i += 2)
		fd_close(sessions[i]);
	for (size_t i = 0; i < SESSIONS; i++) {
		send_to_group(clients[i], "x", 1);
		ck_assert_uint_eq(receive_one(sessions[i | 1]), i % 2 ? SOCKETS : NEWEST);
		ck_assert_uint_eq(goes_to("new", 3), NEWEST);
	}
	for (size_t i = 0; i < SESSIONS; i++) {
		fd_close(clients[i]);
		if (i % 2)
			fd_close(sessions[i]);
	}
	close_group();
}
END_TEST

START_TEST(socket_outside_of_a_group_cannot_be_chosen_for)
{
	static struct selector selector;
	const struct selector_set to = { .count = 1 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	selector_build(&selector, &(struct selector_plan){ .to = &to, .percent = 100 });
	ck_assert_int_eq(selector_attach(&selector, fd), -EINVAL);
	fd_close(fd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		datagram_goes_where_its_byte_says,
		routes_of_quic_tell_its_packets_apart,
		bytes_far_behind_are_found,
		next_socket_of_a_client_gets_nothing_before_it_is_connected,
		socket_of_a_client_gets_what_is_its_own_alone,
		sockets_of_clients_come_and_go_behind_the_group,
		socket_outside_of_a_group_cannot_be_chosen_for,
	};

	return SUITE_RUN("selector_kernel", cases);
}
