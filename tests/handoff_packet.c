/* SPDX-License-Identifier: MIT */
/* What goes over a handoff link: socket/handoff_packet.c. */
#include "socket/handoff_packet.h"

#include <errno.h>
#include <string.h>

#include "support/suite.h"

static char packet[HANDOFF_PACKET_MAX], state[BATON_HANDOFF_STATE_MAX + 1];

static size_t begin(uint32_t count)
{
	const struct handoff_header header = { HANDOFF_VERSION, HANDOFF_CONNECTIONS, 7, count };

	return handoff_packet_begin(packet, &header);
}

static int append(size_t *size, const char *type, const char *text)
{
	const struct baton_handoff_connection connection = {
		.type = type, .version = 3, .state = text, .size = text ? strlen(text) : 0
	};

	return handoff_packet_append(packet, size, &connection);
}

/* Three records; the size. */
static size_t write_three(void)
{
	size_t size = begin(3);

	ck_assert_int_eq(append(&size, "http", "GET / HT"), 0);
	ck_assert_int_eq(append(&size, "x", NULL), 0);
	ck_assert_int_eq(append(&size, "fifteen-letters", "s"), 0);
	return size;
}

START_TEST(records_come_out_as_they_went_in)
{
	struct handoff_header header;
	struct handoff_records records;
	struct handoff_record record;
	size_t size = write_three();

	ck_assert_int_eq(handoff_packet_parse(packet, size, &header), 0);
	ck_assert_uint_eq(header.type, HANDOFF_CONNECTIONS);
	ck_assert_uint_eq(header.number, 7);
	ck_assert_uint_eq(header.count, 3);
	ck_assert_int_eq(handoff_packet_open(packet, size, &records), 0);
	handoff_packet_next(&records, &record);
	ck_assert_str_eq(record.type, "http");
	ck_assert_uint_eq(record.version, 3);
	ck_assert_uint_eq(record.size, 8);
	ck_assert_int_eq(memcmp(record.state, "GET / HT", 8), 0);
	handoff_packet_next(&records, &record);
	ck_assert_str_eq(record.type, "x");
	ck_assert_uint_eq(record.size, 0);
	handoff_packet_next(&records, &record);
	ck_assert_str_eq(record.type, "fifteen-letters");
	ck_assert_uint_eq(record.size, 1);
	ck_assert_uint_eq(records.left, 0);
}
END_TEST

START_TEST(packets_of_any_other_length_are_refused)
{
	struct handoff_records records;
	struct handoff_header header;
	size_t size = write_three();

	for (size_t i = 0; i < size; i++)
		ck_assert_int_eq(handoff_packet_open(packet, i, &records), -EPROTO);
	ck_assert_int_eq(handoff_packet_open(packet, size + 1, &records), -EPROTO);
	ck_assert_int_eq(handoff_packet_parse(packet, HANDOFF_HEADER_BYTES - 1, &header), -EPROTO);
	ck_assert_int_eq(handoff_packet_open(packet, begin(0), &records), -EPROTO);
}
END_TEST

START_TEST(senseless_records_are_refused)
{
	static const uint32_t too_large = BATON_HANDOFF_STATE_MAX + 1, wraps = UINT32_MAX;
	struct handoff_records records;
	size_t size = begin(1), at = HANDOFF_HEADER_BYTES;

	ck_assert_int_eq(append(&size, "http", "GET"), 0);
	memcpy(packet + at + 20, &too_large, 4);
	ck_assert_int_eq(handoff_packet_open(packet, sizeof(packet), &records), -EPROTO);
	memcpy(packet + at + 20, &wraps, 4);
	ck_assert_int_eq(handoff_packet_open(packet, size, &records), -EPROTO);
	size = begin(1);
	ck_assert_int_eq(append(&size, "http", "GET"), 0);
	memset(packet + at, 'h', 16); /* a type without an end */
	ck_assert_int_eq(handoff_packet_open(packet, size, &records), -EPROTO);
	memset(packet + at, 0, 16);
	ck_assert_int_eq(handoff_packet_open(packet, size, &records), -EPROTO);
}
END_TEST

START_TEST(headers_are_checked_before_anything_else)
{
	struct handoff_header header = { 0, HANDOFF_ROOM, 1, 0 };

	size_t size = handoff_packet_begin(packet, &header);
	ck_assert_int_eq(handoff_packet_parse(packet, size, &header), -EPROTO);
	header = (struct handoff_header){ 9, 99, 1, HANDOFF_BATCH_MAX };
	size = handoff_packet_begin(packet, &header);
	ck_assert_int_eq(handoff_packet_parse(packet, size, &header), 0); /* a newer one's */
	header.count++;
	size = handoff_packet_begin(packet, &header);
	ck_assert_int_eq(handoff_packet_parse(packet, size, &header), -EPROTO);
}
END_TEST

START_TEST(what_does_not_fit_is_not_appended)
{
	struct baton_handoff_connection connection = { .type = "http", .state = state };
	struct handoff_records records;
	size_t size = begin(1);

	ck_assert_int_eq(append(&size, "", NULL), -EINVAL);
	ck_assert_int_eq(append(&size, "sixteen-letters!", NULL), -EINVAL);
	ck_assert_int_eq(handoff_packet_append(
				 packet, &size, &(struct baton_handoff_connection){ .type = NULL }),
		-EINVAL);
	connection.size = BATON_HANDOFF_STATE_MAX + 1;
	ck_assert_int_eq(handoff_packet_append(packet, &size, &connection), -EMSGSIZE);
	connection.size = BATON_HANDOFF_STATE_MAX;
	ck_assert_int_eq(handoff_packet_append(packet, &size, &connection), 0);
	ck_assert_int_eq(handoff_packet_append(packet, &size, &connection), -ENOSPC);
	ck_assert_int_eq(handoff_packet_open(packet, size, &records), 0);
	ck_assert_uint_eq(
		size, HANDOFF_HEADER_BYTES + HANDOFF_RECORD_BYTES + BATON_HANDOFF_STATE_MAX);
}
END_TEST

START_TEST(whole_batch_of_empty_states_fits)
{
	struct handoff_records records;
	size_t size = begin(HANDOFF_BATCH_MAX);

	for (int i = 0; i < HANDOFF_BATCH_MAX; i++)
		ck_assert_int_eq(append(&size, "http", NULL), 0);
	ck_assert_int_eq(handoff_packet_open(packet, size, &records), 0);
}
END_TEST

START_TEST(results_are_as_many_as_are_counted)
{
	struct handoff_header header = { HANDOFF_VERSION, HANDOFF_TAKEN, 1, 3 };
	size_t size = handoff_packet_begin(packet, &header);

	memcpy(packet + size, "\0\1\2", 3);
	const unsigned char *results = handoff_packet_results(packet, size + 3, &header);
	ck_assert_ptr_nonnull(results);
	ck_assert_int_eq(results[2], 2);
	ck_assert_ptr_null(handoff_packet_results(packet, size + 2, &header));
	ck_assert_ptr_null(handoff_packet_results(packet, size + 4, &header));
	header.count = 0;
	ck_assert_ptr_nonnull(handoff_packet_results(packet, size, &header));
}
END_TEST

int main(void)
{
	const TTest *cases[] = {
		records_come_out_as_they_went_in,
		packets_of_any_other_length_are_refused,
		senseless_records_are_refused,
		headers_are_checked_before_anything_else,
		what_does_not_fit_is_not_appended,
		whole_batch_of_empty_states_fits,
		results_are_as_many_as_are_counted,
	};

	return SUITE_RUN("handoff_packet", cases);
}
