/* SPDX-License-Identifier: MIT */
/* What is said to a holder: supervisor/holder/holder_message.c. */
#include "holder/holder_message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/message.h"
#include "support/suite.h"

static int ends[2];

static void setup(void)
{
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
}

static void teardown(void)
{
	fd_close(ends[0]);
	fd_close(ends[1]);
}

START_TEST(entry_arrives_as_it_was_sent)
{
	struct holder_entry entry = {
		.key = 0x123456789abcdef0,
		.is_live = true,
		.size = 5,
		.record = "\1\0\2\0\3",
		.fds = { ends[0], ends[1] },
		.fd_count = 2,
	};
	struct holder_message message;

	ck_assert_int_eq(holder_message_send(ends[0], HOLDER_PUT, &entry), 0);
	ck_assert_int_eq(holder_message_receive(ends[1], &message), 1);
	ck_assert_int_eq(message.type, HOLDER_PUT);
	ck_assert_uint_eq(message.entry.key, entry.key);
	ck_assert(message.entry.is_live);
	ck_assert_uint_eq(message.entry.size, 5);
	ck_assert_mem_eq(message.entry.record, "\1\0\2\0\3", 5);
	ck_assert_uint_eq(message.entry.fd_count, 2);
	ck_assert_int_ne(fcntl(message.entry.fds[1], F_GETFD) & FD_CLOEXEC, 0);
	holder_entry_close(&message.entry);
	ck_assert_uint_eq(message.entry.fd_count, 0);
}
END_TEST

START_TEST(largest_record_and_none_arrive)
{
	struct holder_entry entry = { .size = HOLDER_RECORD_MAX };
	struct holder_message message;

	memset(entry.record, 'x', sizeof(entry.record));
	ck_assert_int_eq(holder_message_send(ends[0], HOLDER_PUT, &entry), 0);
	ck_assert_int_eq(holder_message_send(ends[0], HOLDER_END, NULL), 0);
	ck_assert_int_eq(holder_message_receive(ends[1], &message), 1);
	ck_assert_uint_eq(message.entry.size, HOLDER_RECORD_MAX);
	ck_assert_int_eq(holder_message_receive(ends[1], &message), 1);
	ck_assert_int_eq(message.type, HOLDER_END);
	ck_assert_uint_eq(message.entry.size, 0);
	ck_assert_int_eq(holder_message_receive(ends[1], &message), -EAGAIN);
}
END_TEST

START_TEST(end_of_the_other_side_is_seen)
{
	struct holder_message message;

	fd_close(ends[0]);
	ends[0] = -1;
	ck_assert_int_eq(holder_message_receive(ends[1], &message), 0);
	ck_assert_int_eq(holder_message_send(ends[1], HOLDER_END, NULL), -EPIPE);
}
END_TEST

struct packet {
	uint32_t version, type;
	uint64_t key;
	uint32_t flags, size;
	char record[HOLDER_RECORD_MAX + 1];
};

enum { HEAD = 24 };

/* The case fails if a descriptor of what is refused stays open. */
static void check_refused(const struct packet *packet, size_t length, size_t fd_count)
{
	struct holder_message message;
	const int fds[3] = { ends[0], ends[0], ends[0] };

	ck_assert_int_eq(message_send(ends[0], packet, length, fds, fd_count, NULL), 0);
	ck_assert_int_eq(holder_message_receive(ends[1], &message), -EPROTO);
	ck_assert_int_eq(holder_message_receive(ends[1], &message), -EAGAIN);
}

START_TEST(what_makes_no_sense_is_refused)
{
	const struct packet good = { .version = HOLDER_VERSION, .type = HOLDER_PUT, .size = 3 };
	struct packet bad = good;

	check_refused(&good, HEAD - 1, 1);
	check_refused(&good, HEAD, 1);
	check_refused(&good, HEAD + 4, 1);
	check_refused(&good, HEAD + 3, 3);
	bad.version = HOLDER_VERSION + 1;
	check_refused(&bad, HEAD + 3, 1);
	bad = good;
	bad.type = 0;
	check_refused(&bad, HEAD + 3, 1);
	bad.type = HOLDER_TAKEN + 1;
	check_refused(&bad, HEAD + 3, 1);
	bad = good;
	bad.flags = 1; /* live, by which descriptor? */
	check_refused(&bad, HEAD + 3, 0);
	bad = good;
	bad.size = HOLDER_RECORD_MAX + 1;
	check_refused(&bad, HEAD + HOLDER_RECORD_MAX + 1, 1);
	bad.size = 0xffffffff;
	check_refused(&bad, HEAD + 3, 1);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		entry_arrives_as_it_was_sent,
		largest_record_and_none_arrive,
		end_of_the_other_side_is_seen,
		what_makes_no_sense_is_refused,
	};
	const struct suite suite = {
		.name = "holder_message",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	};

	return suite_run(&suite);
}
