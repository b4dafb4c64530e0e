/* SPDX-License-Identifier: MIT */
/* Listeners on real sockets: socket/listener.c, bind.c, bound.c and unix_path.c. */
#include <baton/listener.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/suite.h"

static struct baton_listener *open_listener(const char *text)
{
	struct baton_address *address;
	struct baton_listener *listener = NULL;
	struct baton_error error = { "" };

	ck_assert_msg(baton_address_parse(text, &address, &error) == 0, "%s", error.text);
	int r = baton_listener_open("test", address, &listener, &error);

	baton_address_destroy(address);
	ck_assert_msg(r == 0, "%s", error.text);
	return listener;
}

static void check_refused(const char *text, int code, const char *reason)
{
	struct baton_address *address;
	struct baton_listener *listener = NULL;
	struct baton_error error = { "" };

	ck_assert_msg(baton_address_parse(text, &address, &error) == 0, "%s", error.text);
	int r = baton_listener_open("test", address, &listener, &error);

	baton_address_destroy(address);
	ck_assert_ptr_null(listener);
	ck_assert_msg(r == code, "%d %s", r, error.text);
	ck_assert_msg(strstr(error.text, reason) != NULL, "%s", error.text);
}

static int get_int(int fd, int level, int option)
{
	int value = -1;
	socklen_t length = sizeof(value);

	ck_assert_int_eq(getsockopt(fd, level, option, &value, &length), 0);
	return value;
}

START_TEST(a_port_chosen_by_the_system_is_reported)
{
	struct baton_listener *listener = open_listener("127.0.0.1:0");
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
	ck_assert_int_eq(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN), 1);
	ck_assert_int_eq(get_int(fd, SOL_SOCKET, SO_REUSEADDR), 1);
	ck_assert_int_eq(get_int(fd, SOL_SOCKET, SO_REUSEPORT), 0);
	baton_listener_close(listener);
}
END_TEST

START_TEST(a_port_in_use_is_refused)
{
	struct baton_listener *listener = open_listener("127.0.0.1:0");
	char text[32];

	snprintf(text, sizeof(text), "127.0.0.1:%d", baton_listener_port(listener));
	check_refused(text, -EADDRINUSE, "another process listens there");
	baton_listener_close(listener);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		a_port_chosen_by_the_system_is_reported,
		a_port_in_use_is_refused,
	};

	return SUITE_RUN("listener", cases);
}
