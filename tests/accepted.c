/* SPDX-License-Identifier: MIT */
/* Connections that tell of their listener: supervisor/readiness/accepted.c. */
#include "readiness/accepted.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "readiness/waiting.h"
#include "support/directory.h"
#include "support/suite.h"

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

static ino_t inode; /* of the listener that is looked for */
static const struct waiting_sockets sockets = { &inode, 1 };

static ino_t inode_of(int fd)
{
	struct stat status;

	ck_assert_int_eq(fstat(fd, &status), 0);
	return status.st_ino;
}

/* Listens; *address is where, from then on. */
static int open_listener(union address *address, socklen_t length)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, &address->any, length), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	length = sizeof(*address);
	ck_assert_int_eq(getsockname(fd, &address->any, &length), 0);
	return fd;
}

static int open_inet(union address *address)
{
	*address = (union address){ .in = { .sin_family = AF_INET } };
	address->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return open_listener(address, sizeof(address->in));
}

static int open_path(union address *address, const char *name)
{
	*address = (union address){ .un = { .sun_family = AF_UNIX } };
	(void)snprintf(
		address->un.sun_path, sizeof(address->un.sun_path), "%s/%s", directory, name);
	return open_listener(address, sizeof(address->un));
}

static int connect_to(const union address *address)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, &address->any, sizeof(address->un)), 0);
	return fd;
}

/* Whether it is seen that somebody who has just these two has accepted from the listener. */
static bool is_seen(int listener, int connection)
{
	int ends[2];
	char byte;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();

	if (pid == 0) {
		for (int fd = FD_FIRST; fd < 100; fd++)
			if (fd != listener && fd != connection && fd != ends[1])
				(void)close(fd);
		if (write(ends[1], "", 1) == 1)
			for (;;)
				(void)pause();
		_exit(1);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	inode = inode_of(listener);
	bool is_seen = accepted_from(pid, &sockets);

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	fd_close(ends[0]);
	fd_close(ends[1]);
	return is_seen;
}

/* A connection from each, and what is not one. */
static void expect_seen(int listener, const union address *address)
{
	int client = connect_to(address);
	int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	ck_assert_int_ge(connection, 0);
	ck_assert(is_seen(listener, connection));
	ck_assert(!is_seen(listener, client));
	ck_assert(!is_seen(listener, -1));
	fd_close(client);
	ck_assert(is_seen(listener, connection)); /* it may have much to do still */
	fd_close(connection);
}

START_TEST(connection_of_ipv4_is_seen)
{
	union address address;
	int listener = open_inet(&address);

	expect_seen(listener, &address);
	fd_close(listener);
}
END_TEST

START_TEST(connection_of_ipv6_is_seen)
{
	union address address = { .in6 = { .sin6_family = AF_INET6 } };
	int listener = open_listener(&address, sizeof(address.in6)); /* of every address */

	expect_seen(listener, &address);
	/* IPv4 through the same socket. */
	union address v4 = { .in = { .sin_family = AF_INET, .sin_port = address.in6.sin6_port } };

	v4.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	expect_seen(listener, &v4);
	fd_close(listener);
}
END_TEST

START_TEST(connection_of_a_path_is_seen)
{
	union address address;
	int listener = open_path(&address, "sock");

	expect_seen(listener, &address);
	fd_close(listener);
}
END_TEST

START_TEST(connection_of_another_listener_is_not_seen)
{
	union address addresses[4];
	int listeners[] = { open_inet(&addresses[0]), open_inet(&addresses[1]),
		open_path(&addresses[2], "a"), open_path(&addresses[3], "b") };

	for (size_t i = 0; i < array_length(listeners); i++) {
		int client = connect_to(&addresses[i]);
		int connection = accept4(listeners[i], NULL, NULL, SOCK_CLOEXEC);

		for (size_t k = 0; k < array_length(listeners); k++)
			ck_assert_int_eq(is_seen(listeners[k], connection), i == k);
		fd_close(connection);
		fd_close(client);
	}
	for (size_t i = 0; i < array_length(listeners); i++)
		fd_close(listeners[i]);
}
END_TEST

START_TEST(pair_of_sockets_is_no_connection)
{
	union address address;
	int listener = open_path(&address, "sock"), ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	ck_assert(!is_seen(listener, ends[0]));
	fd_close(ends[0]);
	fd_close(ends[1]);
	fd_close(listener);
}
END_TEST

START_TEST(process_that_is_gone_has_accepted_nothing)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(!accepted_from(pid, &sockets));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		connection_of_ipv4_is_seen,
		connection_of_ipv6_is_seen,
		connection_of_a_path_is_seen,
		connection_of_another_listener_is_not_seen,
		pair_of_sockets_is_no_connection,
		process_that_is_gone_has_accepted_nothing,
	};

	return suite_run(&(struct suite){
		.name = "accepted",
		.cases = cases,
		.count = array_length(cases),
		.setup = directory_make,
		.teardown = directory_remove_all,
	});
}
