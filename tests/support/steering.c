/* SPDX-License-Identifier: MIT */
/* See steering.h. */
#include "support/steering.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/process.h"

enum { ROUND = 50 };

static bool has_open(const struct held_claimant *claimant, ino_t inode)
{
	(void)claimant;
	(void)inode;
	return true;
}

struct held_claimant steering_workers[4] = {
	{ .has_open = has_open },
	{ .generation = 1, .has_open = has_open },
	{ .generation = 2, .has_open = has_open },
	{ .generation = 3, .has_open = has_open },
};

struct held_table steering_table;
struct held *steering_sockets[STEERING_SOCKETS_MAX];
size_t steering_count;
unsigned steering_got[STEERING_SOCKETS_MAX];
struct socket_address steering_address;
int steering_type;

void steering_use(int family, int type)
{
	struct socket_address *address = &steering_address;

	steering_type = type;
	*address = (struct socket_address){ .any.sa_family = (sa_family_t)family };
	if (family == AF_INET) {
		address->length = sizeof(address->in);
		address->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return;
	}
	address->length = sizeof(address->in6);
	address->in6.sin6_addr = in6addr_loopback;
}

void steering_setup(void)
{
	held_init(&steering_table);
	steering_table.steer.is_on = true;
	steering_count = 0;
	memset(steering_got, 0, sizeof(steering_got));
	steering_use(AF_INET, SOCK_STREAM);
}

void steering_teardown(void)
{
	held_finish(&steering_table, true);
}

void steering_read(int fd, struct binding *ret)
{
	*ret = (struct binding)BINDING_INIT;
	ck_assert_int_eq(binding_read(fd, &steering_address, ret), 0);
}

struct held *steering_hold(int fd, unsigned generation)
{
	struct binding binding;

	steering_read(fd, &binding);
	struct held *held =
		held_take(&steering_table, &binding, fd, getpid(), &steering_workers[generation]);

	ck_assert_ptr_nonnull(held);
	ck_assert_uint_lt(steering_count, STEERING_SOCKETS_MAX);
	steering_sockets[steering_count++] = held;
	return held;
}

static bool has_port(void)
{
	const struct socket_address *address = &steering_address;

	return address->any.sa_family == AF_INET ? address->in.sin_port : address->in6.sin6_port;
}

static void bind_socket(int fd)
{
	struct socket_address *address = &steering_address;
	socklen_t size = sizeof(address->un);

	ck_assert_int_eq(bind(fd, &address->any, address->length), 0);
	ck_assert_int_eq(getsockname(fd, &address->any, &size), 0);
}

struct held *steering_bind(unsigned generation)
{
	struct held *held;
	int fd = socket(
		steering_address.any.sa_family, steering_type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(steer_open_group(fd), 0);
	if (has_port()) {
		held = steering_hold(fd, generation);
		if (steering_type == SOCK_DGRAM)
			ck_assert_int_eq(steer_prepare(&steering_table, held), 0);
		bind_socket(fd);
	} else { /* the first has to be bound to be held; nobody can be beside it yet */
		bind_socket(fd);
		held = steering_hold(fd, generation);
	}
	held_settle(&steering_table, 0);
	ck_assert(held->is_bound);
	return held;
}

void steering_listen(struct held *held)
{
	ck_assert_int_eq(steer_prepare(&steering_table, held), 0);
	ck_assert_int_eq(listen(held->fd, SOMAXCONN), 0);
	ck_assert_int_eq(steer_join(&steering_table, held), 0);
}

struct held *steering_open(unsigned generation)
{
	struct held *held = steering_bind(generation);

	if (steering_type == SOCK_STREAM)
		steering_listen(held);
	return held;
}

void steering_choose(unsigned to, unsigned rest, unsigned percent)
{
	ck_assert_int_eq(steer_choose(&steering_table, to, rest, percent), 0);
}

int steering_connect(const struct socket_address *to)
{
	int fd = socket(to->any.sa_family, steering_type | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(connect(fd, &to->any, to->length), 0);
	return fd;
}

void steering_disconnect(int fd)
{
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 },
				 sizeof(struct linger)),
		0);
	fd_close(fd);
}

/* Accepts what has come to the socket, and says how much. */
static unsigned accept_all(int fd)
{
	unsigned accepted = 0;
	int connection;

	while ((connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) != -1) {
		fd_close(connection);
		accepted++;
	}
	ck_assert_int_eq(errno, EAGAIN);
	return accepted;
}

static bool listens(int fd)
{
	int value = 0;
	socklen_t size = sizeof(value);

	ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size), 0);
	return value;
}

/* Waits until something has come to any of the sockets. */
static void wait_for_any(void)
{
	struct pollfd fds[STEERING_SOCKETS_MAX];

	for (size_t i = 0; i < steering_count; i++) {
		int fd = steering_sockets[i]->fd;

		fds[i] = (struct pollfd){ .fd = listens(fd) ? fd : -1, .events = POLLIN };
	}
	ck_assert_int_gt(poll(fds, steering_count, PROCESS_DEADLINE_MS), 0);
}

void steering_await(unsigned wanted)
{
	unsigned accepted = 0;

	while (accepted < wanted) {
		wait_for_any();
		for (size_t i = 0; i < steering_count; i++) {
			int fd = steering_sockets[i]->fd;
			unsigned more = listens(fd) ? accept_all(fd) : 0;

			steering_got[i] += more;
			accepted += more;
		}
	}
	ck_assert_uint_eq(accepted, wanted);
}

void steering_connect_clients(const struct socket_address *to, unsigned clients)
{
	int fds[ROUND];

	memset(steering_got, 0, sizeof(steering_got));
	for (unsigned done = 0; done < clients; done += ROUND) {
		unsigned now = clients - done < ROUND ? clients - done : ROUND;

		for (unsigned i = 0; i < now; i++)
			fds[i] = steering_connect(to);
		steering_await(now);
		for (unsigned i = 0; i < now; i++)
			steering_disconnect(fds[i]);
	}
}

void steering_expect_all_to(size_t index)
{
	steering_connect_clients(&steering_address, STEERING_CLIENTS);
	for (size_t i = 0; i < steering_count; i++)
		ck_assert_uint_eq(steering_got[i], i == index ? STEERING_CLIENTS : 0);
}
