/* SPDX-License-Identifier: MIT */
/* See handoff_packet.h. */
#include "socket/handoff_packet.h"

#include <errno.h>
#include <string.h>

struct fixed {
	char type[BATON_HANDOFF_TYPE_MAX + 1];
	uint32_t version;
	uint32_t size;
};

_Static_assert(sizeof(struct handoff_header) == HANDOFF_HEADER_BYTES, "no padding");
_Static_assert(sizeof(struct fixed) == HANDOFF_RECORD_BYTES, "no padding");
_Static_assert(
	HANDOFF_HEADER_BYTES + HANDOFF_RECORD_BYTES + BATON_HANDOFF_STATE_MAX <= HANDOFF_PACKET_MAX,
	"the largest state fits");
_Static_assert(
	HANDOFF_HEADER_BYTES + HANDOFF_BATCH_MAX * HANDOFF_RECORD_BYTES <= HANDOFF_PACKET_MAX,
	"a batch of empty states fits");

size_t handoff_packet_begin(void *to, const struct handoff_header *header)
{
	memcpy(to, header, sizeof(*header));
	return sizeof(*header);
}

int handoff_packet_append(void *to, size_t *size, const struct baton_handoff_connection *connection)
{
	struct fixed fixed = { .version = connection->version, .size = (uint32_t)connection->size };
	size_t length = connection->type ? strlen(connection->type) : 0;

	if (length == 0 || length > BATON_HANDOFF_TYPE_MAX)
		return -EINVAL;
	if (connection->size > BATON_HANDOFF_STATE_MAX)
		return -EMSGSIZE;
	if (HANDOFF_PACKET_MAX - *size < sizeof(fixed) + connection->size)
		return -ENOSPC;
	memcpy(fixed.type, connection->type, length);
	memcpy((char *)to + *size, &fixed, sizeof(fixed));
	*size += sizeof(fixed);
	if (connection->size)
		memcpy((char *)to + *size, connection->state, connection->size);
	*size += connection->size;
	return 0;
}

int handoff_packet_parse(const void *packet, size_t size, struct handoff_header *ret)
{
	struct handoff_header header;

	if (size < sizeof(header))
		return -EPROTO;
	memcpy(&header, packet, sizeof(header));
	if (header.version < HANDOFF_VERSION || header.count > HANDOFF_BATCH_MAX)
		return -EPROTO;
	*ret = header;
	return 0;
}

/* Takes one off the front. Its type ends within its field. */
static int take(struct handoff_records *records, struct handoff_record *ret)
{
	struct fixed fixed;

	if (records->left < sizeof(fixed))
		return -EPROTO;
	memcpy(&fixed, records->bytes, sizeof(fixed));
	if (!fixed.type[0] || !memchr(fixed.type, '\0', sizeof(fixed.type)))
		return -EPROTO;
	if (fixed.size > BATON_HANDOFF_STATE_MAX || fixed.size > records->left - sizeof(fixed))
		return -EPROTO;
	*ret = (struct handoff_record){
		.version = fixed.version,
		.state = records->bytes + sizeof(fixed),
		.size = fixed.size,
	};
	memcpy(ret->type, fixed.type, sizeof(ret->type));
	records->bytes += sizeof(fixed) + fixed.size;
	records->left -= sizeof(fixed) + fixed.size;
	return 0;
}

int handoff_packet_open(const void *packet, size_t size, struct handoff_records *ret)
{
	struct handoff_header header;
	struct handoff_record record;
	int r = handoff_packet_parse(packet, size, &header);
	if (r < 0)
		return r;
	struct handoff_records records = {
		.bytes = (const char *)packet + sizeof(header),
		.left = size - sizeof(header),
	};
	const struct handoff_records first = records;

	for (uint32_t i = 0; r == 0 && i < header.count; i++)
		r = take(&records, &record);
	if (r < 0 || header.count == 0 || records.left)
		return -EPROTO;
	*ret = first;
	return 0;
}

void handoff_packet_next(struct handoff_records *records, struct handoff_record *ret)
{
	(void)take(records, ret); /* handoff_packet_open has looked at all of them */
}

const unsigned char *handoff_packet_results(
	const void *packet, size_t size, const struct handoff_header *header)
{
	if (size != HANDOFF_HEADER_BYTES + header->count)
		return NULL;
	return (const unsigned char *)packet + HANDOFF_HEADER_BYTES;
}
