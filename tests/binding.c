/* SPDX-License-Identifier: MIT */
/* What a bind asks for: supervisor/adopt/binding.c. */
#include "adopt/binding.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "base/fd.h"
#include "support/suite.h"

/* Nobody binds it: the bindings are only read. */
enum { PORT = 8080 };

static int open_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void set(int fd, int level, int option, int value)
{
	ck_assert_int_eq(setsockopt(fd, level, option, &value, sizeof(value)), 0);
}

static struct socket_address v4(const char *host, uint16_t port)
{
	struct socket_address address = { .length = sizeof(address.in) };

	address.in.sin_family = AF_INET;
	address.in.sin_port = htons(port);
	ck_assert_int_eq(inet_pton(AF_INET, host, &address.in.sin_addr), 1);
	return address;
}

static struct socket_address v6(const char *host, uint16_t port)
{
	struct socket_address address = { .length = sizeof(address.in6) };

	address.in6.sin6_family = AF_INET6;
	address.in6.sin6_port = htons(port);
	ck_assert_int_eq(inet_pton(AF_INET6, host, &address.in6.sin6_addr), 1);
	return address;
}

/* '@' at the front stands for the NUL of an abstract name; "" is no name at all. */
static struct socket_address local(const char *name)
{
	struct socket_address address = { .length = sizeof(address.any.sa_family) };
	size_t length = strlen(name);

	address.un.sun_family = AF_UNIX;
	if (length == 0)
		return address;
	memcpy(address.un.sun_path, name, length);
	if (name[0] == '@')
		address.un.sun_path[0] = '\0';
	address.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length +
		(name[0] == '@' ? 0 : 1));
	return address;
}

static struct binding read_binding(int fd, struct socket_address address)
{
	struct binding binding = BINDING_INIT;

	ck_assert_int_eq(binding_read(fd, &address, &binding), 0);
	ck_assert_int_eq(binding.path.directory, -1);
	return binding;
}

/* The same of a socket that is fresh and without options. */
static struct binding of(int family, int type, struct socket_address address)
{
	int fd = open_socket(family, type);
	struct binding binding = read_binding(fd, address);

	fd_close(fd);
	return binding;
}

static void expect_not_held(int fd, struct socket_address address)
{
	struct binding binding = BINDING_INIT;

	ck_assert_int_eq(binding_read(fd, &address, &binding), -EAFNOSUPPORT);
	ck_assert_int_eq(binding.path.directory, -1);
	ck_assert_int_eq(binding.type, 0);
	fd_close(fd);
}

static void expect_text(const struct binding *binding, const char *text)
{
	char buf[BINDING_TEXT_SIZE];

	ck_assert_str_eq(binding_text(binding, buf, sizeof(buf)), text);
}

static void expect_equal(const struct binding *a, const struct binding *b, bool is_equal)
{
	ck_assert_int_eq(binding_equal(a, b), is_equal);
	ck_assert_int_eq(binding_equal(b, a), is_equal);
}

START_TEST(tcp_of_ipv4_is_read)
{
	int fd = open_socket(AF_INET, SOCK_STREAM);
	struct binding binding = read_binding(fd, v4("127.0.0.1", PORT));
	struct stat status;

	ck_assert_int_eq(fstat(fd, &status), 0);
	ck_assert_uint_eq(binding.socket, status.st_ino);
	ck_assert_int_eq(binding.type, SOCK_STREAM);
	ck_assert_int_eq(binding.protocol, IPPROTO_TCP);
	ck_assert(!binding.is_v6only);
	ck_assert(!binding.is_reuseport);
	ck_assert(!binding.is_nonblocking);
	ck_assert_ptr_null(binding_file(&binding));
	expect_text(&binding, "tcp://127.0.0.1:8080");
	fd_close(fd);
}
END_TEST

START_TEST(options_of_the_socket_are_read)
{
	int fd = open_socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK);

	set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	struct binding binding = read_binding(fd, v6("::", PORT));

	ck_assert(binding.is_v6only);
	ck_assert(binding.is_reuseport);
	ck_assert(binding.is_nonblocking);
	expect_text(&binding, "tcp://[::]:8080");
	fd_close(fd);
}
END_TEST

START_TEST(v6only_makes_a_difference)
{
	int fd = open_socket(AF_INET6, SOCK_STREAM);

	set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	struct binding both = read_binding(fd, v6("::", PORT));

	set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	struct binding only = read_binding(fd, v6("::", PORT));

	expect_equal(&both, &only, false);
	expect_equal(&only, &only, true);
	fd_close(fd);
}
END_TEST

/* The kernel sets it by itself on whatever is bound to such an address. */
START_TEST(v6only_makes_none_of_an_address_of_its_own)
{
	int fd = open_socket(AF_INET6, SOCK_STREAM);

	set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	struct binding both = read_binding(fd, v6("::1", PORT));

	set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	struct binding only = read_binding(fd, v6("::1", PORT));

	expect_equal(&both, &only, true);
	fd_close(fd);
}
END_TEST

START_TEST(udp_is_another_binding_than_tcp)
{
	struct binding udp = of(AF_INET, SOCK_DGRAM, v4("0.0.0.0", PORT));
	struct binding tcp = of(AF_INET, SOCK_STREAM, v4("0.0.0.0", PORT));

	ck_assert_int_eq(udp.type, SOCK_DGRAM);
	ck_assert_int_eq(udp.protocol, IPPROTO_UDP);
	expect_text(&udp, "udp://0.0.0.0:8080");
	expect_equal(&udp, &tcp, false);
}
END_TEST

START_TEST(address_and_port_tell_bindings_apart)
{
	struct binding binding = of(AF_INET, SOCK_STREAM, v4("127.0.0.1", PORT));
	struct binding same = of(AF_INET, SOCK_STREAM, v4("127.0.0.1", PORT));
	struct binding port = of(AF_INET, SOCK_STREAM, v4("127.0.0.1", PORT + 1));
	struct binding host = of(AF_INET, SOCK_STREAM, v4("127.0.0.2", PORT));
	struct binding family = of(AF_INET6, SOCK_STREAM, v6("::ffff:127.0.0.1", PORT));

	ck_assert_uint_ne(binding.socket, same.socket);
	expect_equal(&binding, &same, true);
	expect_equal(&binding, &port, false);
	expect_equal(&binding, &host, false);
	expect_equal(&binding, &family, false);
}
END_TEST

START_TEST(address_zone_and_port_of_ipv6_count)
{
	struct socket_address zoned = v6("fe80::1", PORT);
	struct binding binding = of(AF_INET6, SOCK_STREAM, zoned);
	struct binding host = of(AF_INET6, SOCK_STREAM, v6("fe80::2", PORT));
	struct binding port = of(AF_INET6, SOCK_STREAM, v6("fe80::1", PORT + 1));

	zoned.in6.sin6_scope_id = 1;
	struct binding zone = of(AF_INET6, SOCK_STREAM, zoned);

	zoned = v6("fe80::1", PORT);
	zoned.in6.sin6_flowinfo = 7; /* the kernel looks at it in no bind */
	struct binding flow = of(AF_INET6, SOCK_STREAM, zoned);

	expect_equal(&binding, &host, false);
	expect_equal(&binding, &port, false);
	expect_equal(&binding, &zone, false);
	expect_equal(&binding, &flow, true);
}
END_TEST

START_TEST(what_is_behind_an_address_does_not_count)
{
	struct socket_address address = v4("127.0.0.1", PORT);
	struct binding binding = of(AF_INET, SOCK_STREAM, address);

	memset(address.in.sin_zero, 0xff, sizeof(address.in.sin_zero));
	address.length = sizeof(address.un);
	struct binding padded = of(AF_INET, SOCK_STREAM, address);

	expect_equal(&binding, &padded, true);
}
END_TEST

START_TEST(options_that_do_not_name_the_socket_do_not_count)
{
	int fd = open_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
	struct binding plain = of(AF_INET, SOCK_STREAM, v4("127.0.0.1", PORT));

	set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	struct binding other = read_binding(fd, v4("127.0.0.1", PORT));

	expect_equal(&plain, &other, true);
	fd_close(fd);
}
END_TEST

START_TEST(interfaces_tell_bindings_apart)
{
	int fd = open_socket(AF_INET, SOCK_DGRAM);
	struct binding any = read_binding(fd, v4("0.0.0.0", PORT));

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof("lo")), 0);
	struct binding loopback = read_binding(fd, v4("0.0.0.0", PORT));

	ck_assert_int_eq(any.interface, 0);
	ck_assert_int_ne(loopback.interface, 0);
	expect_equal(&any, &loopback, false);
	expect_equal(&loopback, &loopback, true);
	fd_close(fd);
}
END_TEST

START_TEST(datagram_sockets_that_reuse_the_address_share_it)
{
	static const struct {
		int family, type;
		bool is_shared;
	} cases[] = { { AF_INET, SOCK_DGRAM, true }, { AF_INET, SOCK_STREAM, false },
		{ AF_UNIX, SOCK_DGRAM, false } };

	for (size_t i = 0; i < array_length(cases); i++) {
		int fd = open_socket(cases[i].family, cases[i].type);
		struct socket_address address =
			cases[i].family == AF_UNIX ? local("/run/x.sock") : v4("127.0.0.1", PORT);

		set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		ck_assert_int_eq(read_binding(fd, address).is_reuseport, cases[i].is_shared);
		fd_close(fd);
	}
}
END_TEST

START_TEST(network_namespaces_tell_bindings_apart)
{
	struct binding binding = of(AF_INET, SOCK_STREAM, v4("127.0.0.1", PORT));
	struct binding other = binding;

	other.network++;
	expect_equal(&binding, &other, false);
}
END_TEST

START_TEST(unix_path_is_read)
{
	struct binding binding = of(AF_UNIX, SOCK_STREAM, local("/run/x.sock"));
	struct binding other = of(AF_UNIX, SOCK_STREAM, local("elsewhere"));
	struct binding packets = of(AF_UNIX, SOCK_SEQPACKET, local("/run/x.sock"));
	struct binding datagrams = of(AF_UNIX, SOCK_DGRAM, local("/run/x.sock"));

	ck_assert_str_eq(binding_file(&binding), "/run/x.sock");
	ck_assert_str_eq(binding_file(&other), "elsewhere");
	expect_equal(&binding, &other, true); /* "paths aside" */
	expect_equal(&binding, &packets, false);
	expect_equal(&binding, &datagrams, false);
	expect_text(&binding, "unix:/run/x.sock");
	expect_text(&packets, "unix-seqpacket:/run/x.sock");
	expect_text(&datagrams, "unix-dgram:/run/x.sock");
}
END_TEST

START_TEST(abstract_name_is_read_with_its_length)
{
	struct binding binding = of(AF_UNIX, SOCK_STREAM, local("@baton"));
	struct binding same = of(AF_UNIX, SOCK_STREAM, local("@baton"));
	struct binding longer = of(AF_UNIX, SOCK_STREAM, local("@baton2"));
	struct binding other = of(AF_UNIX, SOCK_STREAM, local("@batox"));
	struct binding path = of(AF_UNIX, SOCK_STREAM, local("baton"));
	struct socket_address with_nul = local("@baton");

	with_nul.length++;
	struct binding ended = of(AF_UNIX, SOCK_STREAM, with_nul);

	ck_assert_ptr_null(binding_file(&binding));
	expect_equal(&binding, &same, true);
	expect_equal(&binding, &longer, false);
	expect_equal(&binding, &other, false);
	expect_equal(&binding, &path, false);
	expect_equal(&binding, &ended, false);
	expect_text(&binding, "unix:@baton");
}
END_TEST

START_TEST(port_that_the_system_chooses_is_not_held)
{
	expect_not_held(open_socket(AF_INET, SOCK_STREAM), v4("127.0.0.1", 0));
	expect_not_held(open_socket(AF_INET, SOCK_DGRAM), v4("0.0.0.0", 0));
	expect_not_held(open_socket(AF_INET6, SOCK_STREAM), v6("::1", 0));
}
END_TEST

START_TEST(name_that_the_system_chooses_is_not_held)
{
	expect_not_held(open_socket(AF_UNIX, SOCK_STREAM), local(""));
	expect_not_held(open_socket(AF_UNIX, SOCK_DGRAM), local(""));
}
END_TEST

START_TEST(short_address_is_not_held)
{
	struct socket_address address = v4("127.0.0.1", PORT);

	address.length--;
	expect_not_held(open_socket(AF_INET, SOCK_STREAM), address);
	address = v6("::1", PORT);
	address.length -= 8;
	expect_not_held(open_socket(AF_INET6, SOCK_STREAM), address);
}
END_TEST

START_TEST(address_of_another_family_is_not_held)
{
	struct socket_address none = v4("0.0.0.0", PORT);

	none.any.sa_family = AF_UNSPEC;
	expect_not_held(open_socket(AF_INET, SOCK_STREAM), none);
	expect_not_held(open_socket(AF_INET6, SOCK_STREAM), v4("127.0.0.1", PORT));
	expect_not_held(open_socket(AF_INET, SOCK_STREAM), v6("::1", PORT));
	expect_not_held(open_socket(AF_UNIX, SOCK_STREAM), v4("127.0.0.1", PORT));
}
END_TEST

START_TEST(netlink_is_not_held)
{
	struct socket_address address = { .length = sizeof(struct sockaddr_nl) };

	address.any.sa_family = AF_NETLINK;
	expect_not_held(open_socket(AF_NETLINK, SOCK_RAW), address);
}
END_TEST

START_TEST(raw_socket_is_not_held)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

	if (fd == -1) {
		fprintf(stderr, "skipped: raw sockets take rights we have not\n");
		return;
	}
	expect_not_held(fd, v4("127.0.0.1", PORT));
}
END_TEST

START_TEST(what_is_no_socket_is_not_held)
{
	struct socket_address address = v4("127.0.0.1", PORT);
	struct binding binding = BINDING_INIT;

	expect_not_held(open("/dev/null", O_RDONLY | O_CLOEXEC), address);
	ck_assert_int_eq(binding_read(-1, &address, &binding), -EBADF);
}
END_TEST

START_TEST(finished_binding_owns_nothing)
{
	struct binding binding = of(AF_UNIX, SOCK_STREAM, local("/run/x.sock"));

	binding.path.directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(binding.path.directory, 0);
	int directory = binding.path.directory;

	binding_finish(&binding);
	binding_finish(&binding);
	ck_assert_int_eq(binding.path.directory, -1);
	ck_assert_int_eq(fcntl(directory, F_GETFD), -1);
}
END_TEST

START_TEST(longest_path_is_told_whole)
{
	char name[sizeof(((struct sockaddr_un *)NULL)->sun_path)], text[sizeof(name) + 16];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	struct binding binding = of(AF_UNIX, SOCK_SEQPACKET, local(name));

	(void)snprintf(text, sizeof(text), "unix-seqpacket:%s", name);
	expect_text(&binding, text);
	ck_assert_str_eq(binding_text(&binding, text, 8), "unix-se");
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		tcp_of_ipv4_is_read,
		options_of_the_socket_are_read,
		v6only_makes_a_difference,
		v6only_makes_none_of_an_address_of_its_own,
		udp_is_another_binding_than_tcp,
		address_and_port_tell_bindings_apart,
		address_zone_and_port_of_ipv6_count,
		what_is_behind_an_address_does_not_count,
		options_that_do_not_name_the_socket_do_not_count,
		interfaces_tell_bindings_apart,
		datagram_sockets_that_reuse_the_address_share_it,
		network_namespaces_tell_bindings_apart,
		unix_path_is_read,
		abstract_name_is_read_with_its_length,
		port_that_the_system_chooses_is_not_held,
		name_that_the_system_chooses_is_not_held,
		short_address_is_not_held,
		address_of_another_family_is_not_held,
		netlink_is_not_held,
		raw_socket_is_not_held,
		what_is_no_socket_is_not_held,
		finished_binding_owns_nothing,
		longest_path_is_told_whole,
	};

	return SUITE_RUN("binding", cases);
}
