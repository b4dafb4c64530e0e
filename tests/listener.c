/* SPDX-License-Identifier: MIT */
/* Listeners on real sockets: socket/listener.c, bind.c and listener_options.c. */
#include <baton/listener.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/listening.h"
#include "support/suite.h"

/* The number in a file of /proc/sys; -1 if there is none. */
static int read_sysctl(const char *path)
{
	FILE *file = fopen(path, "re");
	int value = -1;

	if (file && fscanf(file, "%d", &value) != 1)
		value = -1;
	if (file)
		fclose(file);
	return value;
}

static int tcp_backlog_max(int fd)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	return (int)info.tcpi_sacked; /* what a socket that listens says there */
}

START_TEST(a_port_chosen_by_the_system_is_reported)
{
	struct baton_listener *listener = listening_open("127.0.0.1:0");
	int fd = baton_listener_fd(listener, 0);
	char bound[32];

	ck_assert_int_gt(baton_listener_port(listener), 0);
	snprintf(bound, sizeof(bound), "127.0.0.1:%d", baton_listener_port(listener));
	ck_assert_str_eq(baton_listener_bound(listener, 0), bound);
	ck_assert_str_eq(baton_listener_name(listener), "test");
	ck_assert_uint_eq(baton_listener_count(listener), 1);
	ck_assert_uint_eq(baton_listener_shares(listener), 1);
	ck_assert_int_eq(baton_listener_type(listener), SOCK_STREAM);
	ck_assert_int_eq(baton_listener_fd(listener, 1), -EINVAL);
	ck_assert_ptr_null(baton_listener_bound(listener, 1));
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ck_assert_int_eq(listening_option(fd, SOL_SOCKET, SO_ACCEPTCONN), 1);
	ck_assert_int_eq(listening_option(fd, SOL_SOCKET, SO_REUSEADDR), 1);
	ck_assert_int_eq(listening_option(fd, SOL_SOCKET, SO_REUSEPORT), 0);
	baton_listener_close(listener);
}
END_TEST

START_TEST(a_port_in_use_is_refused)
{
	struct baton_listener *listener = listening_open("127.0.0.1:0");
	char text[32];

	snprintf(text, sizeof(text), "127.0.0.1:%d", baton_listener_port(listener));
	listening_refused(
		text, -EADDRINUSE, "another socket listens there, of this process or any other");
	baton_listener_close(listener);
}
END_TEST

START_TEST(no_host_means_ipv4_and_ipv6_on_one_socket)
{
	struct baton_listener *listener = listening_open(":0");
	struct sockaddr_in peer = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)baton_listener_port(listener)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_uint_eq(baton_listener_count(listener), 1);
	ck_assert_int_eq(
		listening_option(baton_listener_fd(listener, 0), IPPROTO_IPV6, IPV6_V6ONLY), 0);
	ck_assert_int_eq(strncmp(baton_listener_bound(listener, 0), "[::]:", 5), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&peer, sizeof(peer)), 0);
	close(fd);
	baton_listener_close(listener);
}
END_TEST

START_TEST(an_ipv6_host_leaves_ipv4_alone_unless_told_otherwise)
{
	static const struct {
		const char *text;
		int v6only;
	} rows[] = {
		{ "[::]:0", 1 },
		{ "[::1]:0", 1 },
		{ "[::]:0?v6only=0", 0 },
		{ ":0?v6only=1", 1 },
		{ "udp://[::1]:0", 1 },
		{ "udp://:0", 0 },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		struct baton_listener *listener = listening_open(rows[i].text);
		int fd = baton_listener_fd(listener, 0);

		ck_assert_int_eq(listening_option(fd, IPPROTO_IPV6, IPV6_V6ONLY), rows[i].v6only);
		baton_listener_close(listener);
	}
}
END_TEST

START_TEST(udp_takes_no_port_that_is_in_use)
{
	struct baton_listener *listener = listening_open("udp://127.0.0.1:0");
	char text[48];

	ck_assert_int_eq(baton_listener_type(listener), SOCK_DGRAM);
	snprintf(text, sizeof(text), "udp://%s", baton_listener_bound(listener, 0));
	listening_refused(
		text, -EADDRINUSE, "another socket listens there, of this process or any other");
	baton_listener_close(listener);
}
END_TEST

START_TEST(reuseport_opens_that_many_sockets_on_one_port)
{
	static const char *const texts[] = { "127.0.0.1:0?reuseport=4", ":0?reuseport=4",
		"udp://127.0.0.1:0?reuseport=4" };

	for (size_t i = 0; i < array_length(texts); i++) {
		struct baton_listener *listener = listening_open(texts[i]);

		ck_assert_uint_eq(baton_listener_count(listener), 4);
		ck_assert_uint_eq(baton_listener_shares(listener), 4);
		for (size_t j = 0; j < 4; j++)
			ck_assert_str_eq(baton_listener_bound(listener, j),
				baton_listener_bound(listener, 0));
		baton_listener_close(listener);
	}
}
END_TEST

START_TEST(shares_of_sockets_that_were_passed_are_found_out)
{
	struct baton_listener *listener = listening_open("127.0.0.1:0?reuseport=3"), *taken;
	int fds[3];

	for (size_t i = 0; i < 3; i++)
		fds[i] = fd_dup(baton_listener_fd(listener, i));
	ck_assert_int_eq(baton_listener_take("t", fds, 3, &taken, NULL), 0);
	ck_assert_uint_eq(baton_listener_shares(taken), 3);
	baton_listener_close(taken);
	baton_listener_close(listener);

	listener = listening_open("127.0.0.1:0");
	for (size_t i = 0; i < 2; i++)
		fds[i] = fd_dup(baton_listener_fd(listener, 0));
	ck_assert_int_eq(baton_listener_take("t", fds, 2, &taken, NULL), 0);
	ck_assert_uint_eq(baton_listener_shares(taken), 1);
	baton_listener_close(taken);
	baton_listener_close(listener);
}
END_TEST

START_TEST(all_addresses_of_a_name_get_the_same_port)
{
	struct baton_listener *listener = listening_open("localhost:0?reuseport=2");
	char port[16];

	snprintf(port, sizeof(port), ":%d", baton_listener_port(listener));
	ck_assert_uint_eq(baton_listener_count(listener) % 2, 0);
	for (size_t i = 0; i < baton_listener_count(listener); i++)
		ck_assert_str_eq(strrchr(baton_listener_bound(listener, i), ':'), port);
	ck_assert_uint_eq(baton_listener_shares(listener), 2);
	baton_listener_close(listener);
}
END_TEST

START_TEST(the_backlog_is_the_maximum_unless_told_otherwise)
{
	struct baton_listener *listener = listening_open("127.0.0.1:0");
	int somaxconn = read_sysctl("/proc/sys/net/core/somaxconn");

	if (somaxconn > 0)
		ck_assert_int_eq(tcp_backlog_max(baton_listener_fd(listener, 0)), somaxconn);
	baton_listener_close(listener);
	listener = listening_open("127.0.0.1:0?backlog=17");
	ck_assert_int_eq(tcp_backlog_max(baton_listener_fd(listener, 0)), 17);
	baton_listener_close(listener);
}
END_TEST

START_TEST(tcp_options_are_set)
{
	struct baton_listener *listener = listening_open("127.0.0.1:0?fastopen=16&defer-accept=1");
	int fd = baton_listener_fd(listener, 0);

	ck_assert_int_eq(listening_option(fd, IPPROTO_TCP, TCP_FASTOPEN), 16);
	ck_assert_int_gt(listening_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
	baton_listener_close(listener);

	listener = listening_open(":0?mptcp=1&fastopen=16&defer-accept=1&reuseport=2&freebind=1");
	fd = baton_listener_fd(listener, 0);
	int protocol = listening_option(fd, SOL_SOCKET, SO_PROTOCOL);

	ck_assert(protocol == IPPROTO_MPTCP || protocol == IPPROTO_TCP);
	baton_listener_close(listener);
}
END_TEST

START_TEST(an_address_that_is_not_here_needs_freebind)
{
	listening_refused("203.0.113.77:0", -EADDRNOTAVAIL, "no interface has that address");
	listening_refused("[2001:db8::77]:0", -EADDRNOTAVAIL, "freebind=1");
	baton_listener_close(listening_open("203.0.113.77:0?freebind=1"));
	baton_listener_close(listening_open("[2001:db8::77]:0?freebind=1"));
	baton_listener_close(listening_open("udp://[2001:db8::77]:0?freebind=1"));
}
END_TEST

static void refuse_privileged(const char *text)
{
	listening_refused(
		text, -EACCES, "Permission denied: ports below 1024 need root or CAP_NET_BIND");
}

START_TEST(a_privileged_port_is_refused_with_what_it_needs)
{
	if (read_sysctl("/proc/sys/net/ipv4/ip_unprivileged_port_start") <= 1)
		fprintf(stderr, "skipped: no port is privileged here\n");
	else
		listening_as_nobody(refuse_privileged, "127.0.0.1:1");
}
END_TEST

START_TEST(too_many_descriptors_are_refused_with_the_mend)
{
	struct rlimit old, limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = old;
	limit.rlim_cur = (rlim_t)fd_count() + 2;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	listening_refused("127.0.0.1:0?reuseport=64", -EMFILE, "raise the limit on descriptors");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
}
END_TEST

START_TEST(a_bad_name_is_refused)
{
	struct baton_address *address;
	struct baton_listener *listener;
	char name[300];
	const char *const names[] = { NULL, "", "a:b", "a;b", "a,b", "a=b", "a\nb", "\xc3\xa4",
		name };

	memset(name, 'x', sizeof(name));
	name[256] = '\0';
	ck_assert_int_eq(baton_address_parse("127.0.0.1:0", &address, NULL), 0);
	for (size_t i = 0; i < array_length(names); i++)
		ck_assert_int_eq(baton_listener_open(names[i], address, &listener, NULL), -EINVAL);
	name[255] = '\0';
	ck_assert_int_eq(baton_listener_open(name, address, &listener, NULL), 0);
	baton_listener_close(listener);
	baton_address_destroy(address);
}
END_TEST

/* take must refuse the descriptors for that reason, and close them. */
static void check_take_refused(const int *fds, size_t count, int code, const char *reason)
{
	struct baton_listener *listener;
	struct baton_error error = { "" };

	ck_assert_int_eq(baton_listener_take("t", fds, count, &listener, &error), code);
	ck_assert_msg(strstr(error.text, reason) != NULL, "%s", error.text);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(fcntl(fds[i], F_GETFD), -1);
}

START_TEST(what_cannot_be_a_listener_is_not_taken_and_closed)
{
	int pair[2];

	check_take_refused(NULL, 0, -EINVAL, "needs a socket");
	check_take_refused((int[]){ 1000 }, 1, -EBADF, "descriptor 1000 is not open");
	check_take_refused(
		(int[]){ open("/dev/null", O_RDONLY | O_CLOEXEC) }, 1, -EINVAL, "is not a socket");
	check_take_refused((int[]){ socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) }, 1, -EINVAL,
		"does not listen");
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	check_take_refused(pair, 2, -EINVAL, "is connected");

	struct baton_listener *tcp = listening_open("127.0.0.1:0");
	struct baton_listener *udp = listening_open("udp://127.0.0.1:0");

	check_take_refused(
		(int[]){ fd_dup(baton_listener_fd(tcp, 0)), fd_dup(baton_listener_fd(udp, 0)) }, 2,
		-EINVAL, "not all of one type");
	baton_listener_close(tcp);
	baton_listener_close(udp);
}
END_TEST

START_TEST(an_fd_address_takes_the_descriptor_over_on_success_only)
{
	struct baton_listener *first = listening_open("127.0.0.1:0");
	int fd = fcntl(baton_listener_fd(first, 0), F_DUPFD, 3); /* without close-on-exec */
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char text[16];

	snprintf(text, sizeof(text), "fd:%d", file);
	listening_refused(text, -EINVAL, "is not a socket");
	ck_assert_int_eq(close(file), 0);
	listening_refused(text, -EBADF, "is not open");

	snprintf(text, sizeof(text), "fd:%d", fd);
	struct baton_listener *second = listening_open(text);

	ck_assert_int_eq(baton_listener_fd(second, 0), fd);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(baton_listener_port(second), baton_listener_port(first));
	baton_listener_close(second);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	baton_listener_close(first);
}
END_TEST

START_TEST(a_systemd_address_is_not_opened)
{
	listening_refused("systemd:http", -EINVAL, "no socket of that name was passed");
}
END_TEST

START_TEST(nothing_to_open_or_close_is_no_crash)
{
	struct baton_listener *listener;

	ck_assert_int_eq(baton_listener_open("t", NULL, &listener, NULL), -EINVAL);
	baton_listener_close(NULL);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		a_port_chosen_by_the_system_is_reported,
		a_port_in_use_is_refused,
		no_host_means_ipv4_and_ipv6_on_one_socket,
		an_ipv6_host_leaves_ipv4_alone_unless_told_otherwise,
		udp_takes_no_port_that_is_in_use,
		reuseport_opens_that_many_sockets_on_one_port,
		shares_of_sockets_that_were_passed_are_found_out,
		all_addresses_of_a_name_get_the_same_port,
		the_backlog_is_the_maximum_unless_told_otherwise,
		tcp_options_are_set,
		an_address_that_is_not_here_needs_freebind,
		a_privileged_port_is_refused_with_what_it_needs,
		too_many_descriptors_are_refused_with_the_mend,
		a_bad_name_is_refused,
		what_cannot_be_a_listener_is_not_taken_and_closed,
		an_fd_address_takes_the_descriptor_over_on_success_only,
		a_systemd_address_is_not_opened,
		nothing_to_open_or_close_is_no_crash,
	};

	return SUITE_RUN("listener", cases);
}
