/* SPDX-License-Identifier: MIT */
/* What a receiver says to a sender that is not ours: socket/handoff_receiver.c. */
#include "socket/handoff_receiver.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/message.h"
#include "process/channel.h"
#include "socket/handoff_packet.h"
#include "support/loop.h"
#include "support/suite.h"

static struct handoff_receiver receiver;
static int peer, taken, ended, result;

static int on_connection(
	struct handoff_receiver *r, const struct baton_handoff_connection *connection)
{
	(void)r;
	if (strcmp(connection->type, "http") != 0)
		return -EPROTONOSUPPORT;
	fd_close(connection->fd);
	taken++;
	return 0;
}

static void on_end(struct handoff_receiver *r, int code)
{
	(void)r;
	ended++;
	result = code;
}

static const struct handoff_receiver_events events = { on_connection, on_end };

static void setup(void)
{
	int ours;

	loop_make();
	ck_assert_int_eq(channel_pair(&ours, &peer), 0);
	handoff_receiver_init(&receiver, &events);
	ck_assert_int_eq(handoff_receiver_start(&receiver, case_loop, ours), 0);
}

static void teardown(void)
{
	handoff_receiver_finish(&receiver);
	fd_close(peer);
	loop_remove();
}

/* The next packet of that type. */
static struct handoff_header await(uint32_t type, char *packet, size_t *size)
{
	struct handoff_header header;
	struct message_extras extras;

	for (int turns = 0; turns < 1000; turns++) {
		ssize_t length = message_receive(peer, packet, HANDOFF_PACKET_MAX, &extras);
		if (length == -EAGAIN) {
			(void)loop_turn();
			continue;
		}
		ck_assert_int_gt(length, 0);
		*size = (size_t)length;
		ck_assert_int_eq(handoff_packet_parse(packet, *size, &header), 0);
		if (header.type == type)
			return header;
	}
	ck_abort_msg("no packet of type %u", type);
}

/* A batch of one of each type. */
static void send_types(uint32_t number, const char *first, const char *second)
{
	static char packet[HANDOFF_PACKET_MAX];
	const struct handoff_header header = { 1, HANDOFF_CONNECTIONS, number, 2 };
	size_t size = handoff_packet_begin(packet, &header);
	const int fds[] = { peer, peer };

	ck_assert_int_eq(handoff_packet_append(packet, &size,
				 &(struct baton_handoff_connection){ .type = first }),
		0);
	ck_assert_int_eq(handoff_packet_append(packet, &size,
				 &(struct baton_handoff_connection){ .type = second }),
		0);
	ck_assert_int_eq(message_send(peer, packet, size, fds, 2, NULL), 0);
}

START_TEST(it_says_first_what_it_takes)
{
	static char packet[HANDOFF_PACKET_MAX];
	size_t size;
	struct handoff_header header = await(HANDOFF_ROOM, packet, &size);

	ck_assert_uint_gt(header.number, 0);
	ck_assert_uint_eq(header.version, HANDOFF_VERSION);
}
END_TEST

START_TEST(each_of_a_batch_has_its_own_answer)
{
	static char packet[HANDOFF_PACKET_MAX];
	size_t size;

	send_types(1, "ftp", "http");
	struct handoff_header header = await(HANDOFF_TAKEN, packet, &size);
	const unsigned char *results = handoff_packet_results(packet, size, &header);

	ck_assert_uint_eq(header.number, 1);
	ck_assert_uint_eq(header.count, 2);
	ck_assert_int_eq(results[0], EPROTONOSUPPORT);
	ck_assert_int_eq(results[1], 0);
	ck_assert_int_eq(taken, 1);
}
END_TEST

START_TEST(unknown_packets_of_a_newer_sender_are_skipped)
{
	static char packet[HANDOFF_PACKET_MAX];
	const struct handoff_header newer = { 9, 99, 1, 1 };
	size_t size;
	int before = fd_count();

	ck_assert_int_eq(message_send(peer, &newer, sizeof(newer), &peer, 1, NULL), 0);
	send_types(1, "http", "http");
	(void)await(HANDOFF_TAKEN, packet, &size);
	ck_assert_int_eq(taken, 2);
	ck_assert_int_eq(ended, 0);
	ck_assert_int_eq(fd_count(), before);
}
END_TEST

START_TEST(batch_out_of_its_order_ends_the_link)
{
	int before = fd_count();

	send_types(2, "http", "http");
	loop_await(&ended, 1);
	ck_assert_int_eq(result, -EPROTO);
	ck_assert_int_eq(taken, 0);
	ck_assert_int_eq(fd_count(), before - 1); /* its end of the link */
}
END_TEST

START_TEST(malformed_batch_ends_the_link)
{
	const struct handoff_header header = { 1, HANDOFF_CONNECTIONS, 1, 1 };
	char packet[HANDOFF_HEADER_BYTES + 4] = "";
	int before = fd_count();

	(void)handoff_packet_begin(packet, &header);
	ck_assert_int_eq(message_send(peer, packet, sizeof(packet), &peer, 1, NULL), 0);
	loop_await(&ended, 1);
	ck_assert_int_eq(result, -EPROTO);
	ck_assert_int_eq(fd_count(), before - 1);
}
END_TEST

START_TEST(batch_without_its_descriptors_ends_the_link)
{
	static char packet[HANDOFF_PACKET_MAX];
	const struct handoff_header header = { 1, HANDOFF_CONNECTIONS, 1, 1 };
	size_t size = handoff_packet_begin(packet, &header);

	ck_assert_int_eq(handoff_packet_append(packet, &size,
				 &(struct baton_handoff_connection){ .type = "http" }),
		0);
	ck_assert_int_eq(message_send(peer, packet, size, NULL, 0, NULL), 0);
	loop_await(&ended, 1);
	ck_assert_int_eq(result, -EPROTO);
}
END_TEST

START_TEST(nothing_is_received_that_could_not_be_answered)
{
	char filler[4096] = "";

	/* as if answers had not been read for long */
	while (message_send(receiver.fd, filler, sizeof(filler), NULL, 0, NULL) == 0)
		;
	send_types(1, "http", "http");
	for (int i = 0; i < 20; i++)
		(void)loop_turn();
	ck_assert_int_eq(taken, 0);
	while (read(peer, filler, sizeof(filler)) > 0)
		;
	loop_await(&taken, 2);
}
END_TEST

START_TEST(end_of_the_link_is_told_once)
{
	fd_close(peer);
	peer = -1;
	loop_await(&ended, 1);
	ck_assert_int_eq(result, 0);
	ck_assert(!loop_turn());
	ck_assert_int_eq(ended, 1);
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		it_says_first_what_it_takes,
		each_of_a_batch_has_its_own_answer,
		unknown_packets_of_a_newer_sender_are_skipped,
		batch_out_of_its_order_ends_the_link,
		malformed_batch_ends_the_link,
		batch_without_its_descriptors_ends_the_link,
		nothing_is_received_that_could_not_be_answered,
		end_of_the_link_is_told_once,
	};

	return suite_run(&(struct suite){
		.name = "handoff_receiver",
		.cases = cases,
		.count = array_length(cases),
		.setup = setup,
		.teardown = teardown,
	});
}
