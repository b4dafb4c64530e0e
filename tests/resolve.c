/* SPDX-License-Identifier: MIT */
/*
 * What an address means on this machine: socket/resolve.c and bound.c. The
 * resolver is replaced by the one below, so that names mean what a case wants.
 */
#include "socket/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "socket/bound.h"
#include "support/listening.h"
#include "support/suite.h"

static const char *const *answers; /* what every name resolves to; NULL: nothing */

static struct addrinfo *make_answer(const char *text)
{
	struct {
		struct addrinfo info;
		struct sockaddr_in6 address; /* large enough for both */
	} *answer = calloc(1, sizeof(*answer));
	struct sockaddr_in *in = (void *)&answer->address;
	bool is_ipv6 = strchr(text, ':') != NULL;

	answer->info.ai_family = is_ipv6 ? AF_INET6 : AF_INET;
	answer->info.ai_addr = (void *)&answer->address;
	answer->address.sin6_family = (sa_family_t)answer->info.ai_family;
	inet_pton(answer->info.ai_family, text,
		is_ipv6 ? (void *)&answer->address.sin6_addr : (void *)&in->sin_addr);
	return &answer->info;
}

int getaddrinfo(const char *restrict name, const char *restrict service,
	const struct addrinfo *restrict hints, struct addrinfo **restrict ret)
{
	struct addrinfo **end = ret;

	(void)name;
	(void)service;
	(void)hints;
	*ret = NULL;
	for (const char *const *text = answers; text && *text; text++) {
		*end = make_answer(*text);
		end = &(*end)->ai_next;
	}
	return *ret ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *info)
{
	while (info) {
		struct addrinfo *next = info->ai_next;

		free(info);
		info = next;
	}
}

static void resolve(const char *text, struct address_list *ret)
{
	struct baton_address *address;
	struct baton_error error = { "" };

	ck_assert_int_eq(baton_address_parse(text, &address, &error), 0);
	ck_assert_msg(address_resolve(address, ret, &error) == 0, "%s", error.text);
	baton_address_destroy(address);
}

/* Whether the socket address that text stands for serves the address. */
static bool serves(const char *address, const char *text)
{
	struct address_list list, bound;

	resolve(address, &list);
	resolve(text, &bound);
	bool result = address_list_has(&list, &bound.items[0].any, bound.items[0].length);

	address_list_finish(&list);
	address_list_finish(&bound);
	return result;
}

START_TEST(a_name_opens_each_of_its_addresses_once_with_one_port)
{
	answers = (const char *const[]){ "127.0.0.1", "127.0.0.2", "127.0.0.1", NULL };
	struct baton_listener *listener = listening_open("name.example:0?reuseport=2");
	char expected[2][32];

	ck_assert_uint_eq(baton_listener_count(listener), 4);
	ck_assert_uint_eq(baton_listener_shares(listener), 2);
	snprintf(expected[0], sizeof(expected[0]), "127.0.0.1:%d", baton_listener_port(listener));
	snprintf(expected[1], sizeof(expected[1]), "127.0.0.2:%d", baton_listener_port(listener));
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(baton_listener_bound(listener, i), expected[i / 2]);
	baton_listener_close(listener);
}
END_TEST

START_TEST(a_name_of_both_families_opens_both)
{
	answers = (const char *const[]){ "::1", "127.0.0.1", NULL };
	struct baton_listener *listener = listening_open("name.example:0");
	int fd = baton_listener_fd(listener, 0);

	ck_assert_uint_eq(baton_listener_count(listener), 2);
	ck_assert_int_eq(listening_option(fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	baton_listener_close(listener);
}
END_TEST

START_TEST(one_address_of_a_name_that_fails_closes_the_others)
{
	answers = (const char *const[]){ "127.0.0.1", "203.0.113.77", NULL };
	listening_refused("name.example:0", -EADDRNOTAVAIL, "no interface has that address");
}
END_TEST

START_TEST(a_name_that_does_not_resolve_is_refused)
{
	answers = NULL;
	listening_refused("name.example:0", -EHOSTUNREACH,
		"address \"tcp://name.example:0\": host \"name.example\" does not resolve: Name or "
		"service");
	listening_refused("http:8080", -EHOSTUNREACH,
		"address \"tcp://http:8080\": host \"http\" does not resolve: Name or service not "
		"known; did you mean http=:8080?");
}
END_TEST

START_TEST(a_zone_that_is_no_interface_is_refused)
{
	listening_refused(
		"[fe80::1%nosuch0]:0", -ENODEV, "no network interface is named \"nosuch0\"");
}
END_TEST

START_TEST(a_zone_is_told_where_it_is_bound)
{
	struct ifaddrs *list, *entry;
	char host[INET6_ADDRSTRLEN], text[96];

	ck_assert_int_eq(getifaddrs(&list), 0);
	for (entry = list; entry; entry = entry->ifa_next) {
		struct sockaddr_in6 *in6 = (void *)entry->ifa_addr;

		if (in6 && in6->sin6_family == AF_INET6 && (entry->ifa_flags & IFF_UP) &&
			IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
			break;
	}
	if (entry) {
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)(void *)entry->ifa_addr)->sin6_addr,
			host, sizeof(host));
		snprintf(text, sizeof(text), "[%s%%%s]:0", host, entry->ifa_name);
		struct baton_listener *listener = listening_open(text);

		ck_assert_int_eq(
			strncmp(baton_listener_bound(listener, 0), text, strlen(text) - 1), 0);
		baton_listener_close(listener);
	} else {
		fprintf(stderr, "skipped: no interface has a link-local address\n");
	}
	freeifaddrs(list);
}
END_TEST

/* From now on the kernel seems to have no IPv6: socket(AF_INET6) fails. */
static void forbid_ipv6(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = array_length(code), .filter = code };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

START_TEST(without_ipv6_ipv4_alone_is_opened)
{
	struct baton_error error;

	forbid_ipv6();
	struct baton_listener *listener = listening_open(":0");

	ck_assert_int_eq(strncmp(baton_listener_bound(listener, 0), "0.0.0.0:", 8), 0);
	baton_listener_close(listener);

	answers = (const char *const[]){ "::1", "127.0.0.1", NULL };
	ck_assert_int_eq(listening_try("localhost:0", &listener, &error), 0);
	ck_assert_str_eq(error.text, ""); /* what was left out is no error */
	ck_assert_uint_eq(baton_listener_count(listener), 1);
	ck_assert_int_eq(strncmp(baton_listener_bound(listener, 0), "127.0.0.1:", 10), 0);
	baton_listener_close(listener);

	listening_refused("[::1]:0", -EAFNOSUPPORT, "cannot open a socket");
	listening_refused(":0?v6only=1", -EAFNOSUPPORT, "cannot open a socket");
}
END_TEST

START_TEST(a_socket_serves_the_address_it_is_bound_to)
{
	ck_assert(serves("127.0.0.1:80", "127.0.0.1:80"));
	ck_assert(!serves("127.0.0.1:80", "127.0.0.1:81"));
	ck_assert(!serves("127.0.0.1:80", "127.0.0.2:80"));
	ck_assert(!serves("127.0.0.1:80", "[::1]:80"));
	ck_assert(serves("[::1]:80", "[::1]:80"));
	ck_assert(serves("127.0.0.1:0", "127.0.0.1:81"));
	ck_assert(serves(":80", "[::]:80"));
	ck_assert(serves(":80", "0.0.0.0:80"));
	ck_assert(!serves(":80", "0.0.0.0:81"));
	ck_assert(!serves(":80", "127.0.0.1:80"));
	ck_assert(!serves("0.0.0.0:80", "[::]:80"));
	ck_assert(!serves(":80?v6only=1", "0.0.0.0:80"));
	ck_assert(serves("unix:/run/x", "unix:/run/x"));
	ck_assert(!serves("unix:/run/x", "unix:/run/y"));
	ck_assert(!serves("unix:/run/x", "unix:@run/x"));
	ck_assert(serves("unix:@x", "unix:@x"));
	answers = (const char *const[]){ "::1", "127.0.0.1", NULL };
	ck_assert(serves("localhost:80", "127.0.0.1:80"));
	ck_assert(serves("localhost:80", "[::1]:80"));
}
END_TEST

START_TEST(a_socket_that_is_passed_has_no_address_to_resolve)
{
	struct baton_address *address;
	struct address_list list;

	ck_assert_int_eq(baton_address_parse("fd:3", &address, NULL), 0);
	ck_assert_int_eq(address_resolve(address, &list, NULL), -EINVAL);
	baton_address_destroy(address);
}
END_TEST

START_TEST(every_family_says_where_it_is_bound)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "\0a\0b\n" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char buf[BOUND_SIZE];

	ck_assert_int_eq(bound_format(fd, buf, sizeof(buf)), 0);
	ck_assert_str_eq(buf, "");
	ck_assert_int_eq(bound_port(fd), -1);
	ck_assert_int_eq(
		bind(fd, (struct sockaddr *)&un, offsetof(struct sockaddr_un, sun_path) + 5), 0);
	ck_assert_int_eq(bound_format(fd, buf, sizeof(buf)), 0);
	ck_assert_str_eq(buf, "@a@b?");
	ck_assert_int_eq(bound_format(fd, buf, 5), -ENAMETOOLONG);
	close(fd);
	ck_assert_int_eq(bound_format(fd, buf, sizeof(buf)), -EBADF);

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bound_format(fd, buf, sizeof(buf)), -EAFNOSUPPORT);
	ck_assert_int_eq(bound_port(fd), -1);
	close(fd);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		a_name_opens_each_of_its_addresses_once_with_one_port,
		a_name_of_both_families_opens_both,
		one_address_of_a_name_that_fails_closes_the_others,
		a_name_that_does_not_resolve_is_refused,
		a_zone_that_is_no_interface_is_refused,
		a_zone_is_told_where_it_is_bound,
		without_ipv6_ipv4_alone_is_opened,
		a_socket_serves_the_address_it_is_bound_to,
		a_socket_that_is_passed_has_no_address_to_resolve,
		every_family_says_where_it_is_bound,
	};

	return SUITE_RUN("resolve", cases);
}
