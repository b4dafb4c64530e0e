/* SPDX-License-Identifier: MIT */
/*
 * What might come over a handoff link. What is taken for a batch consists of as many
 * records as its header counts, each within the packet, and written again it is as
 * long.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "socket/handoff_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_record(const uint8_t *bytes, size_t length, const struct handoff_record *record)
{
	const char *first = (const char *)bytes;

	if (!record->type[0] || !memchr(record->type, '\0', sizeof(record->type)))
		abort();
	if (record->size > BATON_HANDOFF_STATE_MAX || record->state < first ||
		record->state + record->size > first + length)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static char again[HANDOFF_PACKET_MAX];
	struct handoff_header header;
	struct handoff_records records;
	struct handoff_record record;

	if (handoff_packet_parse(bytes, length, &header) < 0)
		return 0;
	(void)handoff_packet_results(bytes, length, &header);
	if (length > HANDOFF_PACKET_MAX || handoff_packet_open(bytes, length, &records) < 0)
		return 0;
	size_t size = handoff_packet_begin(again, &header);

	for (uint32_t i = 0; i < header.count; i++) {
		handoff_packet_next(&records, &record);
		check_record(bytes, length, &record);
		if (handoff_packet_append(again, &size,
			    &(struct baton_handoff_connection){ .type = record.type,
				    .version = record.version,
				    .state = record.state,
				    .size = record.size }) < 0)
			abort();
	}
	if (records.left || size != length)
		abort();
	return 0;
}
