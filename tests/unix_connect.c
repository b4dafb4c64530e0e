/* SPDX-License-Identifier: MIT */
/* A client's end of a unix socket: base/unix_connect.c. */
#include "base/unix_connect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/directory.h"
#include "support/suite.h"

static struct sockaddr_un address;
static int listener;

static void setup(void)
{
	directory_make();
	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", directory);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
}

static void teardown(void)
{
	fd_close(listener);
	ck_assert_int_eq(unlink(address.sun_path), 0);
	directory_remove();
}

START_TEST(who_listens_is_connected_to)
{
	ck_assert_int_eq(listen(listener, 1), 0);
	int fd = unix_connect(address.sun_path, SOCK_SEQPACKET);

	ck_assert_int_ge(fd, FD_FIRST);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	fd_close(fd);
}
END_TEST

START_TEST(nobody_is_told_apart_from_nothing)
{
	char none[sizeof(address.sun_path) + 8];

	ck_assert_int_eq(unix_connect(address.sun_path, SOCK_SEQPACKET), -ECONNREFUSED);
	(void)snprintf(none, sizeof(none), "%s/none", directory);
	ck_assert_int_eq(unix_connect(none, SOCK_SEQPACKET), -ENOENT);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(unix_connect(address.sun_path, SOCK_STREAM), -EPROTOTYPE);
}
END_TEST

START_TEST(path_that_is_too_long_is_not_cut)
{
	char path[sizeof(address.sun_path) + 1];

	memset(path, 'x', sizeof(path));
	path[sizeof(address.sun_path)] = '\0';
	ck_assert_int_eq(unix_connect(path, SOCK_STREAM), -ENAMETOOLONG);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		who_listens_is_connected_to,
		nobody_is_told_apart_from_nothing,
		path_that_is_too_long_is_not_cut,
	};
	const struct suite suite = {
		.name = "unix_connect",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
