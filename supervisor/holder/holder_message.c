/* SPDX-License-Identifier: MIT */
/* See holder_message.h. */
#include "holder/holder_message.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/message.h"

enum { FLAG_LIVE = 1 };

struct header {
	uint32_t version;
	uint32_t type;
	uint64_t key;
	uint32_t flags;
	uint32_t size; /* of the record, which follows */
};

struct packet {
	struct header header;
	unsigned char record[HOLDER_RECORD_MAX];
};

int holder_message_send(int fd, enum holder_message_type type, const struct holder_entry *entry)
{
	struct packet packet = { .header = { .version = HOLDER_VERSION, .type = type } };

	if (!entry)
		return message_send(fd, &packet, sizeof(packet.header), NULL, 0, NULL);
	packet.header.key = entry->key;
	packet.header.flags = entry->is_live ? FLAG_LIVE : 0;
	packet.header.size = (uint32_t)entry->size;
	memcpy(packet.record, entry->record, entry->size);
	return message_send(fd, &packet, sizeof(packet.header) + entry->size, entry->fds,
		entry->fd_count, NULL);
}

static bool is_sound(const struct packet *packet, size_t length, const struct message_extras *with)
{
	const struct header *header = &packet->header;

	return length >= sizeof(*header) && header->version == HOLDER_VERSION &&
		header->type >= HOLDER_PUT && header->type <= HOLDER_TAKEN &&
		header->size == length - sizeof(*header) && with->fd_count <= HOLDER_FDS_MAX &&
		(!(header->flags & FLAG_LIVE) || with->fd_count);
}

int holder_message_receive(int fd, struct holder_message *ret)
{
	struct packet packet;
	struct message_extras extras;
	ssize_t length = message_receive(fd, &packet, sizeof(packet), &extras);

	if (length <= 0)
		return length == -EMSGSIZE ? -EPROTO : (int)length;
	if (!is_sound(&packet, (size_t)length, &extras)) {
		message_close_fds(&extras);
		return -EPROTO;
	}
	*ret = (struct holder_message){
		.type = packet.header.type,
		.entry = {
			.key = packet.header.key,
			.is_live = packet.header.flags & FLAG_LIVE,
			.size = packet.header.size,
			.fd_count = extras.fd_count,
		},
	};
	memcpy(ret->entry.record, packet.record, packet.header.size);
	memcpy(ret->entry.fds, extras.fds, extras.fd_count * sizeof(*extras.fds));
	return 1;
}

void holder_entry_close(struct holder_entry *entry)
{
	for (size_t i = 0; i < entry->fd_count; i++)
		fd_close(entry->fds[i]);
	entry->fd_count = 0;
}
