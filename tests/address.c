/* SPDX-License-Identifier: MIT */
/* Addresses: text to parts, parts to text, and what is said of a bad one: socket/address.c. */
#include <baton/address.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

static struct baton_address *parse(const char *text)
{
	struct baton_address *address = NULL;
	struct baton_error error = { "" };
	int r = baton_address_parse(text, &address, &error);

	ck_assert_msg(r == 0, "%s: %s", text, error.text);
	return address;
}

START_TEST(every_form_has_one_canonical_text)
{
	static const struct {
		const char *text, *canonical;
	} rows[] = {
		{ "8080", "tcp://:8080" },
		{ "0", "tcp://:0" },
		{ ":8080", "tcp://:8080" },
		{ "localhost:8080", "tcp://localhost:8080" },
		{ "127.0.0.1:80", "tcp://127.0.0.1:80" },
		{ "[::1]:80", "tcp://[::1]:80" },
		{ "tcp://0.0.0.0:0080", "tcp://0.0.0.0:80" },
		{ "tcp://[0:0:0:0::]:80", "tcp://[::]:80" },
		{ "tcp://[2001:DB8::0:1]:80", "tcp://[2001:db8::1]:80" },
		{ "tcp://[fe80::1%eth0]:80", "tcp://[fe80::1%eth0]:80" },
		{ "tcp://my_host-1.example:80", "tcp://my_host-1.example:80" },
		{ "udp://:53", "udp://:53" },
		{ "udp://[::1]:53?reuseport=2", "udp://[::1]:53?reuseport=2" },
		{ "unix:/run/x.sock", "unix:/run/x.sock" },
		{ "unix:///run/x.sock", "unix:/run/x.sock" },
		{ "unix:/run/%41:x", "unix:/run/%41:x" },
		{ "unix:@name", "unix:@name" },
		{ "unix-dgram:/run/log", "unix-dgram:/run/log" },
		{ "unix-seqpacket:@x", "unix-seqpacket:@x" },
		{ "fd:3", "fd:3" },
		{ "systemd:http", "systemd:http" },
		{ ":80?backlog=4096&reuseport=4&v6only=1&fastopen=256&defer-accept=1&freebind=1"
		  "&mptcp=1",
			"tcp://:80?backlog=4096&reuseport=4&v6only=1&fastopen=256&defer-accept=1"
			"&freebind=1&mptcp=1" },
		{ ":80?freebind=0&mptcp=0&reuseport=0", "tcp://:80" },
		{ ":80?mptcp=1&v6only=0", "tcp://:80?v6only=0&mptcp=1" },
		{ "unix:/x?group=www&user=7&mode=660", "unix:/x?mode=0660&user=7&group=www" },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		struct baton_address *address = parse(rows[i].text);

		ck_assert_str_eq(baton_address_text(address), rows[i].canonical);
		struct baton_address *again = parse(baton_address_text(address));

		ck_assert_str_eq(baton_address_text(again), rows[i].canonical);
		baton_address_destroy(again);
		baton_address_destroy(address);
	}
}
END_TEST

START_TEST(parts_are_given_as_they_are_meant)
{
	struct baton_address *address = parse("tcp://[fe80::1%eth0]:80");

	ck_assert_int_eq(baton_address_kind(address), BATON_ADDRESS_TCP);
	ck_assert_str_eq(baton_address_host(address), "fe80::1%eth0");
	ck_assert_int_eq(baton_address_port(address), 80);
	ck_assert_ptr_null(baton_address_path(address));
	ck_assert_int_eq(baton_address_fd(address), -1);
	baton_address_destroy(address);

	address = parse("unix-dgram:@log");
	ck_assert_int_eq(baton_address_kind(address), BATON_ADDRESS_UNIX_DGRAM);
	ck_assert_ptr_null(baton_address_host(address));
	ck_assert_int_eq(baton_address_port(address), -1);
	ck_assert_str_eq(baton_address_path(address), "@log");
	baton_address_destroy(address);

	address = parse("fd:7");
	ck_assert_int_eq(baton_address_fd(address), 7);
	ck_assert_int_eq(baton_address_port(address), -1);
	baton_address_destroy(address);

	address = parse("systemd:http");
	ck_assert_int_eq(baton_address_kind(address), BATON_ADDRESS_SYSTEMD);
	ck_assert_str_eq(baton_address_path(address), "http");
	baton_address_destroy(address);

	address = parse("8080");
	ck_assert_str_eq(baton_address_host(address), "");
	baton_address_destroy(address);
}
END_TEST

START_TEST(options_not_given_have_their_defaults)
{
	struct baton_address *address = parse("unix:/run/x");
	const struct baton_address_options *options = baton_address_options(address);

	ck_assert_int_eq(options->backlog, -1);
	ck_assert_int_eq(options->reuseport, 0);
	ck_assert_int_eq(options->v6only, -1);
	ck_assert_int_eq(options->fastopen, 0);
	ck_assert_int_eq(options->defer_accept, 0);
	ck_assert(!options->freebind);
	ck_assert(!options->mptcp);
	ck_assert_int_eq(options->mode, -1);
	ck_assert_ptr_null(options->user);
	ck_assert_ptr_null(options->group);
	baton_address_destroy(address);
}
END_TEST

START_TEST(options_given_are_stored)
{
	struct baton_address *address = parse("unix:/run/x?mode=0640&user=www&group=9&backlog=5");
	const struct baton_address_options *options = baton_address_options(address);

	ck_assert_int_eq(options->mode, 0640);
	ck_assert_int_eq(options->backlog, 5);
	ck_assert_str_eq(options->user, "www");
	ck_assert_str_eq(options->group, "9");
	baton_address_destroy(address);
	address = parse(":80?v6only=0&freebind=1&mptcp=1&defer-accept=3&fastopen=9&reuseport=4");
	options = baton_address_options(address);
	ck_assert_int_eq(options->v6only, 0);
	ck_assert_int_eq(options->reuseport, 4);
	ck_assert_int_eq(options->fastopen, 9);
	ck_assert_int_eq(options->defer_accept, 3);
	ck_assert(options->freebind);
	ck_assert(options->mptcp);
	baton_address_destroy(address);
}
END_TEST

START_TEST(a_bad_address_is_refused_with_the_part_that_is_wrong)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{ "", "it is empty: PORT, HOST:PORT, unix:/PATH, ..." },
		{ "tcp://0.0.0.0:99999", "port \"99999\" is not in 0..65535" },
		{ "70000", "port \"70000\" is not in 0..65535" },
		{ "localhost:http", "port \"http\" is not a number" },
		{ ":-1", "port \"-1\" is not a number" },
		{ ":", "the port is missing: HOST:PORT, with port 0 for one that is free" },
		{ "tcp://host",
			"the port is missing: HOST:PORT, with port 0 for one that is free" },
		{ "localhost", "the port is missing: HOST:PORT, with port 0 for one that is free" },
		{ "tcp://:80/", "port \"80/\" is not a number" },
		{ "8080x", "port \"8080x\" is not a number" },
		{ "::1", "an IPv6 address needs brackets: [::1]:80" },
		{ "::1:80", "an IPv6 address needs brackets: [::1]:80" },
		{ "[::1", "a closing ] is missing" },
		{ "[::1]", "a port must follow the ]: [HOST]:PORT" },
		{ "[::1]80", "a port must follow the ]: [HOST]:PORT" },
		{ "[localhost]:80", "\"localhost\" in brackets is not an IPv6 address" },
		{ "[::1%]:80", "zone \"\" is not the name of a network interface" },
		{ "[::1%abcdefghijklmnop]:80",
			"zone \"abcdefghijklmnop\" is not the name of a network interface" },
		{ "[fe80::1]:80", "a link-local address needs its interface: [fe80::1%eth0]" },
		{ "256.0.0.1:80", "host \"256.0.0.1\" is not an IPv4 address" },
		{ "127.1:80", "host \"127.1\" is not an IPv4 address" },
		{ "*:80", "'*' cannot be in a host name; leave the host out for every address" },
		{ "a b:80", "' ' cannot be in a host name" },
		{ "user@host:80", "'@' cannot be in a host name" },
		{ "http://host:80",
			"scheme \"http\" is not one of tcp, udp, unix, unix-dgram, "
			"unix-seqpacket, fd, systemd" },
		{ "tcp:host:80", "two slashes are missing: tcp://HOST:PORT" },
		{ "/run/x.sock", "a unix address begins with unix:, as in unix:/run/x.sock" },
		{ "@x", "a unix address begins with unix:, as in unix:@x" },
		{ "unix:run/x", "a unix path must be absolute (/run/x.sock) or abstract (@x)" },
		{ "unix:", "a unix path must be absolute (/run/x.sock) or abstract (@x)" },
		{ "unix:/", "the path ends before the name of the socket" },
		{ "unix:/run/", "the path ends before the name of the socket" },
		{ "unix:@", "the abstract name ends before the name of the socket" },
		{ "unix:/a\nb", "byte 8 is a control character" },
		{ "fd:", "descriptor \"\" is not a number" },
		{ "fd:x", "descriptor \"x\" is not a number" },
		{ "systemd:", "a name has 1 to 255 bytes and no ':', ';', ',' or '='" },
		{ "systemd:a:b", "a name has 1 to 255 bytes and no ':', ';', ',' or '='" },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		struct baton_address *address = NULL;
		struct baton_error error = { "" };
		char expected[BATON_ERROR_SIZE];

		ck_assert_int_eq(baton_address_parse(rows[i].text, &address, &error), -EINVAL);
		ck_assert_ptr_null(address);
		snprintf(expected, sizeof(expected), "address \"%s\": %s", rows[i].text,
			rows[i].reason);
		if (strchr(expected, '\n'))
			*strchr(expected, '\n') = '?';
		ck_assert_str_eq(error.text, expected);
	}
}
END_TEST

START_TEST(a_bad_option_is_refused_with_the_option_that_is_wrong)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{ ":80?",
			"option \"\" is not known; known are backlog, reuseport, v6only, fastopen, "
			"defer-accept, freebind, mptcp, mode, user, group" },
		{ ":80?nodelay=1",
			"option \"nodelay\" is not known; known are backlog, reuseport, "
			"v6only, fastopen, defer-accept, freebind, mptcp, mode, user, "
			"group" },
		{ ":80?backlog", "option backlog needs a value: backlog=..." },
		{ ":80?backlog=", "option backlog: \"\" is not a number in 1..2147483647" },
		{ ":80?backlog=0", "option backlog: \"0\" is not a number in 1..2147483647" },
		{ ":80?backlog=9&backlog=9", "option backlog is given twice" },
		{ ":80?mode=0660", "option mode does not fit an address of kind tcp" },
		{ "udp://:80?backlog=9", "option backlog does not fit an address of kind udp" },
		{ "unix:/x?defer-accept=1",
			"option defer-accept does not fit an address of kind unix" },
		{ "unix-dgram:/x?backlog=1",
			"option backlog does not fit an address of kind unix-dgram" },
		{ "fd:3?backlog=1", "option backlog does not fit an address of kind fd" },
		{ "systemd:x?backlog=1", "option backlog does not fit an address of kind systemd" },
		{ "unix:@x?mode=0660",
			"option mode does not fit an abstract name, which has no permissions" },
		{ "unix:@x?user=root",
			"option user does not fit an abstract name, which has no permissions" },
		{ "127.0.0.1:80?v6only=1", "option v6only does not fit an IPv4 address" },
		{ ":80?v6only=2", "option v6only: \"2\" is not 0 or 1" },
		{ ":80?mptcp=yes", "option mptcp: \"yes\" is not 0 or 1" },
		{ ":80?reuseport=1025", "option reuseport: \"1025\" is not a number in 0..1024" },
		{ "unix:/x?mode=8", "option mode: \"8\" is not an octal number up to 0777" },
		{ "unix:/x?mode=", "option mode: \"\" is not an octal number up to 0777" },
		{ "unix:/x?mode=1777", "option mode: \"1777\" is not an octal number up to 0777" },
		{ "unix:/x?user=", "option user: a name or number is missing" },
	};

	for (size_t i = 0; i < array_length(rows); i++) {
		struct baton_address *address = NULL;
		struct baton_error error = { "" };
		char expected[BATON_ERROR_SIZE];

		ck_assert_int_eq(baton_address_parse(rows[i].text, &address, &error), -EINVAL);
		ck_assert_ptr_null(address);
		snprintf(expected, sizeof(expected), "address \"%s\": %s", rows[i].text,
			rows[i].reason);
		ck_assert_str_eq(error.text, expected);
	}
}
END_TEST

/* scheme, then length bytes of path that begin with first. */
static int parse_long(const char *scheme, char first, size_t length, struct baton_error *error)
{
	struct baton_address *address = NULL;
	char text[256];
	size_t used = strlen(scheme);

	memcpy(text, scheme, used);
	memset(text + used, 'x', length);
	text[used] = first;
	text[used + length] = '\0';
	int r = baton_address_parse(text, &address, error);

	baton_address_destroy(address);
	return r;
}

START_TEST(a_unix_path_may_be_as_long_as_the_kernel_allows)
{
	struct baton_error error;

	ck_assert_int_eq(parse_long("unix:", '/', 107, &error), 0);
	ck_assert_int_eq(parse_long("unix:", '/', 108, &error), -ENAMETOOLONG);
	ck_assert_ptr_nonnull(strstr(error.text, ": the path has 108 bytes, the limit is 107"));
	ck_assert_int_eq(parse_long("unix-seqpacket:", '@', 108, &error), 0);
	ck_assert_int_eq(parse_long("unix-seqpacket:", '@', 109, &error), -ENAMETOOLONG);
	ck_assert_ptr_nonnull(
		strstr(error.text, ": the abstract name has 108 bytes, the limit is 107"));
}
END_TEST

START_TEST(a_long_text_leaves_room_for_the_reason)
{
	struct baton_error error;

	ck_assert_int_eq(parse_long("unix:", 'x', 240, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text,
		"xxx...\": a unix path must be absolute (/run/x.sock) or abstract (@x)"));
}
END_TEST

/* Pseudo-random, the same at every run. */
static unsigned next_random(unsigned *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 16 & 0x7fff;
}

START_TEST(whatever_parses_prints_a_text_that_parses_to_the_same)
{
	static const char *const pieces[] = { "tcp://", "udp://",
		"unix:", "unix-dgram:", "fd:", "systemd:", "[", "]", "::", "fe80::1", "%", "eth0",
		":", "80", "0", "1", "/", "/run", "@", "x", ".", "127.0.0.1", "localhost", "?", "&",
		"=", "backlog", "mode", "user", "group", "v6only", "reuseport", "freebind",
		"mptcp" };
	unsigned state = 1, parsed = 0;

	for (int round = 0; round < 200000; round++) {
		char text[128] = "";
		unsigned count = 1 + next_random(&state) % 8;
		struct baton_address *address, *again;

		for (unsigned i = 0; i < count; i++)
			strcat(text, pieces[next_random(&state) % array_length(pieces)]);
		if (baton_address_parse(text, &address, NULL) < 0)
			continue;
		parsed++;
		again = parse(baton_address_text(address));
		ck_assert_str_eq(baton_address_text(again), baton_address_text(address));
		ck_assert_int_eq(baton_address_kind(again), baton_address_kind(address));
		baton_address_destroy(again);
		baton_address_destroy(address);
	}
	ck_assert_uint_gt(parsed, 1000);
}
END_TEST

START_TEST(nothing_to_parse_or_destroy_is_no_crash)
{
	struct baton_address *address;

	ck_assert_int_eq(baton_address_parse(NULL, &address, NULL), -EINVAL);
	baton_address_destroy(NULL);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		every_form_has_one_canonical_text,
		parts_are_given_as_they_are_meant,
		options_not_given_have_their_defaults,
		options_given_are_stored,
		a_bad_address_is_refused_with_the_part_that_is_wrong,
		a_bad_option_is_refused_with_the_option_that_is_wrong,
		a_unix_path_may_be_as_long_as_the_kernel_allows,
		a_long_text_leaves_room_for_the_reason,
		whatever_parses_prints_a_text_that_parses_to_the_same,
		nothing_to_parse_or_destroy_is_no_crash,
	};

	return SUITE_RUN("address", cases);
}
