/* SPDX-License-Identifier: MIT */
/* Datagrams with descriptors and credentials: base/message.c. */
#include "base/message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/suite.h"

static int pair[2];
static char text[64];
static struct message_extras extras;

static void open_pair(void)
{
	int on = 1;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
}

static void close_pair(void)
{
	fd_close(pair[0]);
	fd_close(pair[1]);
}

static ssize_t receive(size_t size)
{
	return message_receive(pair[1], text, size, &extras);
}

START_TEST(bytes_descriptors_and_sender_arrive)
{
	const int fds[] = { pair[0], pair[1] };

	ck_assert_int_eq(message_send(pair[0], "hello", 6, fds, 2, NULL), 0);
	ck_assert_int_eq(receive(sizeof(text)), 6);
	ck_assert_str_eq(text, "hello");
	ck_assert_uint_eq(extras.fd_count, 2);
	ck_assert_int_eq(fcntl(extras.fds[0], F_GETFD), FD_CLOEXEC);
	ck_assert(extras.has_sender);
	ck_assert_int_eq(extras.sender.pid, getpid());
	ck_assert_uint_eq(extras.sender.uid, getuid());
	message_close_fds(&extras);
	ck_assert_uint_eq(extras.fd_count, 0);
}
END_TEST

START_TEST(as_many_descriptors_as_the_kernel_allows_arrive)
{
	int fds[MESSAGE_FDS_MAX + 1];

	for (size_t i = 0; i < array_length(fds); i++)
		fds[i] = pair[0];
	ck_assert_int_eq(message_send(pair[0], "x", 1, fds, MESSAGE_FDS_MAX + 1, NULL), -EINVAL);
	ck_assert_int_eq(message_send(pair[0], "x", 1, fds, MESSAGE_FDS_MAX, NULL), 0);
	ck_assert_int_eq(receive(sizeof(text)), 1);
	ck_assert_uint_eq(extras.fd_count, MESSAGE_FDS_MAX);
	ck_assert(extras.has_sender);
	message_close_fds(&extras);
}
END_TEST

START_TEST(too_long_a_message_leaves_no_descriptor)
{
	const int fds[] = { pair[0], pair[1] };

	ck_assert_int_eq(message_send(pair[0], "hello", 6, fds, 2, NULL), 0);
	ck_assert_int_eq(receive(3), -EMSGSIZE);
	ck_assert_int_eq(receive(sizeof(text)), -EAGAIN); /* the suite counts descriptors */
}
END_TEST

START_TEST(full_descriptor_table_leaves_no_descriptor)
{
	const int fds[] = { pair[0], pair[1], pair[0], pair[1] };
	int highest = fcntl(pair[0], F_DUPFD_CLOEXEC, 3);
	struct rlimit before, limit;

	ck_assert_int_eq(message_send(pair[0], "hello", 6, fds, 4, NULL), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)highest + 3; /* room for two */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(receive(sizeof(text)), -EPROTO);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	fd_close(highest);
}
END_TEST

START_TEST(nobody_there_is_no_signal)
{
	fd_close(pair[1]);
	int r = message_send(pair[0], "x", 1, NULL, 0, NULL);

	ck_assert(r == -ECONNREFUSED || r == -EPIPE);
	pair[1] = -1;
}
END_TEST

START_TEST(full_queue_does_not_block)
{
	int r;

	do
		r = message_send(pair[0], text, sizeof(text), NULL, 0, NULL);
	while (r == 0);
	ck_assert_int_eq(r, -EAGAIN);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		bytes_descriptors_and_sender_arrive,
		as_many_descriptors_as_the_kernel_allows_arrive,
		too_long_a_message_leaves_no_descriptor,
		full_descriptor_table_leaves_no_descriptor,
		nobody_there_is_no_signal,
		full_queue_does_not_block,
	};

	return suite_run(&(struct suite){
		.name = "message",
		.cases = cases,
		.count = array_length(cases),
		.setup = open_pair,
		.teardown = close_pair,
	});
}
