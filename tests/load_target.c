/* SPDX-License-Identifier: MIT */
/* Addresses that the load client connects to: support/load/target.c. */
#include "support/load/target.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "support/suite.h"

START_TEST(addresses_are_read)
{
	static const struct {
		const char *text;
		int result;
		int family;
		bool is_loopback4;
	} rows[] = {
		{ "127.0.0.1:80", 0, AF_INET, true },
		{ "tcp://127.9.9.9:80", 0, AF_INET, true },
		{ "192.0.2.1:80", 0, AF_INET, false },
		{ "[::1]:80", 0, AF_INET6, false },
		{ "tcp://[::1]:80", 0, AF_INET6, false },
		{ "unix:/run/x.sock", 0, AF_UNIX, false },
		{ "unix:@name", 0, AF_UNIX, false },
		{ "80", -EINVAL, 0, false },
		{ ":80", -EINVAL, 0, false },
		{ "127.0.0.1:", -EINVAL, 0, false },
		{ "127.0.0.1:http", -EINVAL, 0, false },
		{ "unix:", -EINVAL, 0, false },
		{ "", -EINVAL, 0, false },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		struct target target = { 0 };
		struct baton_error error = { "" };

		ck_assert_msg(target_parse(rows[i].text, &target, &error) == rows[i].result, "%s",
			rows[i].text);
		ck_assert_int_eq(target.address.ss_family, rows[i].family);
		ck_assert(target.is_loopback4 == rows[i].is_loopback4);
		ck_assert((error.text[0] != '\0') == (rows[i].result < 0));
	}
}
END_TEST

START_TEST(abstract_names_have_no_end)
{
	struct target target;
	struct baton_error error;

	ck_assert_int_eq(target_parse("unix:@name", &target, &error), 0);
	ck_assert_uint_eq(target.length, offsetof(struct sockaddr_un, sun_path) + 5);
	ck_assert_int_eq(((struct sockaddr_un *)&target.address)->sun_path[0], '\0');
}
END_TEST

/* Every second connection with the same serial would otherwise need a port of its own. */
START_TEST(serial_numbers_choose_the_source_address)
{
	cleanup_fd int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	struct target target;
	struct baton_error error;
	char text[32];

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, length), 0);
	ck_assert_int_eq(listen(listener, 16), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	(void)snprintf(text, sizeof(text), "127.0.0.1:%d", ntohs(address.sin_port));
	ck_assert_int_eq(target_parse(text, &target, &error), 0);
	for (unsigned serial = 0; serial < 3; serial++) {
		cleanup_fd int fd = -1;
		int result = target_connect(&target, serial, &fd);
		struct sockaddr_in peer;
		socklen_t peer_length = sizeof(peer);

		ck_assert(result == 0 || result == -EINPROGRESS);
		cleanup_fd int accepted =
			accept4(listener, (struct sockaddr *)&peer, &peer_length, SOCK_CLOEXEC);

		ck_assert_int_ge(accepted, 0);
		ck_assert_uint_eq(ntohl(peer.sin_addr.s_addr),
			serial ? 0x7f000101u + serial : INADDR_LOOPBACK);
	}
}
END_TEST

START_TEST(a_missing_unix_socket_is_told_at_once)
{
	char directory[] = "/tmp/baton-load-XXXXXX", text[64];
	struct target target;
	struct baton_error error;
	int fd = -7;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(text, sizeof(text), "unix:%s/none", directory);
	ck_assert_int_eq(target_parse(text, &target, &error), 0);
	ck_assert_int_eq(target_connect(&target, 0, &fd), -ENOENT);
	ck_assert_int_eq(fd, -7);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		addresses_are_read,
		abstract_names_have_no_end,
		serial_numbers_choose_the_source_address,
		a_missing_unix_socket_is_told_at_once,
	};

	return SUITE_RUN("load_target", cases);
}
