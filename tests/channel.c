/* SPDX-License-Identifier: MIT */
/* The channel between a generation and its starter: process/channel.c. */
#include "process/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/message.h"
#include "process/upgrade_listeners.h"
#include "support/suite.h"

static int ours, theirs;

static void open_channel(void)
{
	ck_assert_int_eq(channel_pair(&ours, &theirs), 0);
}

static void close_channel(void)
{
	fd_close(ours);
	fd_close(theirs);
}

START_TEST(messages_arrive_in_order_and_then_the_end)
{
	struct channel_message message;

	ck_assert_int_eq(channel_receive(ours, &message), -EAGAIN);
	ck_assert_int_eq(channel_send(theirs, CHANNEL_READY), 0);
	ck_assert_int_eq(channel_send(theirs, CHANNEL_UPGRADE), 0);
	ck_assert_int_eq(channel_receive(ours, &message), 1);
	ck_assert_uint_eq(message.type, CHANNEL_READY);
	ck_assert_uint_eq(message.version, CHANNEL_VERSION);
	ck_assert_int_eq(channel_receive(ours, &message), 1);
	ck_assert_uint_eq(message.type, CHANNEL_UPGRADE);
	fd_close(theirs);
	theirs = -1;
	ck_assert_int_eq(channel_receive(ours, &message), 0);
	ck_assert_int_eq(channel_send(ours, CHANNEL_MAIN), -EPIPE);
}
END_TEST

START_TEST(successor_comes_with_its_descriptors)
{
	struct channel_message message;
	struct message_extras extras;

	ck_assert_int_eq(channel_send_successor(theirs, 42, ours, theirs), 0);
	ck_assert_int_eq(channel_receive_with_fds(ours, &message, &extras), 1);
	ck_assert_uint_eq(message.type, CHANNEL_SUCCESSOR);
	ck_assert_int_eq(message.pid, 42);
	ck_assert_uint_eq(extras.fd_count, 2);
	message_close_fds(&extras);
	/* who does not want them is not left with them */
	ck_assert_int_eq(channel_send_successor(theirs, 42, ours, theirs), 0);
	ck_assert_int_eq(channel_receive(ours, &message), 1);
}
END_TEST

START_TEST(malformed_packets_are_gone_and_leave_nothing)
{
	const uint32_t version_zero[] = { 0, CHANNEL_READY };
	const uint32_t newer[] = { 9, 77, 5, 6, 7, 8 };
	char huge[1024] = "";
	struct channel_message message;

	ck_assert_int_eq(message_send(theirs, "abc", 3, &theirs, 1, NULL), 0);
	ck_assert_int_eq(channel_receive(ours, &message), -EPROTO);
	ck_assert_int_eq(
		message_send(theirs, version_zero, sizeof(version_zero), &theirs, 1, NULL), 0);
	ck_assert_int_eq(channel_receive(ours, &message), -EPROTO);
	ck_assert_int_eq(message_send(theirs, huge, sizeof(huge), &theirs, 1, NULL), 0);
	ck_assert_int_eq(channel_receive(ours, &message), -EPROTO);
	/* of a version to come: longer, and of a type that is not known yet */
	ck_assert_int_eq(message_send(theirs, newer, sizeof(newer), &theirs, 1, NULL), 0);
	ck_assert_int_eq(channel_receive(ours, &message), 1);
	ck_assert_uint_eq(message.type, 77);
	/* of the first version: without a pid */
	ck_assert_int_eq(message_send(theirs, newer, 8, NULL, 0, NULL), 0);
	ck_assert_int_eq(channel_receive(ours, &message), 1);
	ck_assert_int_eq(message.pid, 0);
}
END_TEST

START_TEST(inherited_channel_is_taken_once)
{
	char number[16];
	int stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(unsetenv("BATON_CHANNEL"), 0);
	ck_assert_int_eq(channel_inherited(), -ENOENT);
	ck_assert_int_eq(fd_set_cloexec(theirs, false), 0);
	(void)snprintf(number, sizeof(number), "%d", theirs);
	ck_assert_int_eq(setenv("BATON_CHANNEL", number, 1), 0);
	ck_assert_int_eq(channel_inherited(), theirs);
	ck_assert_int_eq(fcntl(theirs, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(channel_inherited(), -ENOENT);

	(void)snprintf(number, sizeof(number), "%d", stream);
	ck_assert_int_eq(setenv("BATON_CHANNEL", number, 1), 0);
	ck_assert_int_eq(channel_inherited(), -EINVAL);
	ck_assert_int_eq(setenv("BATON_CHANNEL", "999", 1), 0);
	ck_assert_int_eq(channel_inherited(), -EBADF);
	ck_assert_int_eq(setenv("BATON_CHANNEL", "3x", 1), 0);
	ck_assert_int_eq(channel_inherited(), -EINVAL);
	fd_close(stream);
}
END_TEST

START_TEST(manual_page_describes_every_message_and_variable)
{
	static const char *const wanted[] = { "*" CHANNEL_VARIABLE "*",
		"*" CHANNEL_PREDECESSOR_VARIABLE "*", "*" UPGRADE_OWN_LISTENERS_VARIABLE "*" };
	static const struct {
		enum channel_type type;
		const char *name;
	} types[] = { { CHANNEL_READY, "ready" }, { CHANNEL_MAIN, "main" },
		{ CHANNEL_UPGRADE, "upgrade" }, { CHANNEL_SUCCESSOR, "successor" },
		{ CHANNEL_HANDOFF, "handoff" } };
	static char page[64 * 1024];
	FILE *file = fopen(PROTOCOLS_PAGE, "re");

	ck_assert_ptr_nonnull(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	(void)fclose(file); /* it was only read */
	for (size_t i = 0; i < array_length(wanted); i++)
		ck_assert_msg(strstr(page, wanted[i]) != NULL, "%s", wanted[i]);
	for (size_t i = 0; i < array_length(types); i++) {
		char row[64];

		ck_assert_int_eq(types[i].type, (int)i + 1);
		(void)snprintf(
			row, sizeof(row), "|  %d\n:  %s\n", (int)types[i].type, types[i].name);
		ck_assert_msg(strstr(page, row) != NULL, "%s is not in the page", types[i].name);
	}
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		messages_arrive_in_order_and_then_the_end,
		successor_comes_with_its_descriptors,
		malformed_packets_are_gone_and_leave_nothing,
		inherited_channel_is_taken_once,
		manual_page_describes_every_message_and_variable,
	};

	return suite_run(&(struct suite){
		.name = "channel",
		.cases = cases,
		.count = array_length(cases),
		.setup = open_channel,
		.teardown = close_channel,
	});
}
