/* SPDX-License-Identifier: MIT */
/* See record.h. Written as structures of fixed sizes without gaps. */
#include "adopt/record.h"

#include <errno.h>
#include <string.h>

#include "base/container.h"

enum { VERSION = 1, KIND_SHIFT = 56 };

enum {
	IS_SELECTED = 1,
	IS_REUSEPORT = 2,
	HAS_DIRECTORY = 4,
	IS_READY = 8,
	IS_RETIRED = 16,
	IS_CLOSED = 32,
};

struct head {
	uint32_t version;
	uint32_t kind;
};

struct service_bytes {
	struct head head;
	char command[RECORD_COMMAND_SIZE];
};

struct socket_bytes {
	struct head head;
	uint64_t socket;
	uint32_t generation;
	int32_t position;
	uint32_t flags;
	uint32_t address_length;
	unsigned char address[112];
	char name[112];
};

struct worker_bytes {
	struct head head;
	uint64_t number;
	uint64_t start_time;
	uint32_t generation;
	int32_t pid;
	uint32_t flags;
	uint32_t unused;
	char marker[RECORD_MARKER_SIZE];
};

_Static_assert(sizeof(struct socket_bytes) == 256, "has a gap");
_Static_assert(sizeof(struct worker_bytes) == 104, "has a gap");
_Static_assert(sizeof(struct service_bytes) == 8 + RECORD_COMMAND_SIZE, "has a gap");
_Static_assert(sizeof(((struct socket_address *)NULL)->un) <= 112, "an address is longer");
_Static_assert(sizeof(((struct record_socket *)NULL)->name) <= 112, "a name is longer");
_Static_assert(sizeof(struct service_bytes) <= HOLDER_RECORD_MAX, "a record is longer");

static void write_entry(struct holder_entry *ret, enum record_kind kind, uint64_t number,
	const void *bytes, size_t size)
{
	struct head head = { VERSION, kind };

	ret->key = (uint64_t)kind << KIND_SHIFT | number;
	ret->is_live = kind == RECORD_WORKER;
	ret->size = size;
	memcpy(ret->record, bytes, size);
	memcpy(ret->record, &head, sizeof(head));
}

void record_write_service(const struct record_service *service, struct holder_entry *ret)
{
	struct service_bytes bytes = { 0 };

	memcpy(bytes.command, service->command, sizeof(bytes.command));
	write_entry(ret, RECORD_SERVICE, 0, &bytes, sizeof(bytes));
}

void record_write_socket(const struct record_socket *socket, struct holder_entry *ret)
{
	struct socket_bytes bytes = {
		.socket = socket->socket,
		.generation = socket->generation,
		.position = socket->position,
		.flags = (socket->is_selected ? IS_SELECTED : 0) |
			(socket->is_closed ? IS_CLOSED : 0) |
			(socket->is_reuseport ? IS_REUSEPORT : 0) |
			(socket->has_directory ? HAS_DIRECTORY : 0),
		.address_length = socket->address.length,
	};

	memcpy(bytes.address, &socket->address.un, socket->address.length);
	memcpy(bytes.name, socket->name, sizeof(socket->name));
	write_entry(ret, RECORD_SOCKET, socket->socket, &bytes, sizeof(bytes));
}

void record_write_worker(const struct record_worker *worker, struct holder_entry *ret)
{
	struct worker_bytes bytes = {
		.number = worker->number,
		.start_time = worker->process.start_time,
		.generation = worker->generation,
		.pid = worker->process.pid,
		.flags = (worker->is_selected ? IS_SELECTED : 0) |
			(worker->is_ready ? IS_READY : 0) | (worker->is_retired ? IS_RETIRED : 0),
	};

	memcpy(bytes.marker, worker->marker, sizeof(bytes.marker));
	write_entry(ret, RECORD_WORKER, worker->number, &bytes, sizeof(bytes));
}

int record_kind(const struct holder_entry *entry)
{
	struct head head;

	if (entry->size < sizeof(head))
		return -EPROTO;
	memcpy(&head, entry->record, sizeof(head));
	return head.version == VERSION && head.kind >= RECORD_SERVICE && head.kind <= RECORD_WORKER
		? (int)head.kind
		: -EPROTO;
}

static int read_entry(const struct holder_entry *entry, void *ret, size_t size)
{
	if (entry->size != size)
		return -EPROTO;
	memcpy(ret, entry->record, size);
	return 0;
}

int record_read_service(const struct holder_entry *entry, struct record_service *ret)
{
	struct service_bytes bytes;

	if (read_entry(entry, &bytes, sizeof(bytes)) < 0 ||
		!memchr(bytes.command, '\0', sizeof(bytes.command)))
		return -EPROTO;
	memcpy(ret->command, bytes.command, sizeof(ret->command));
	return 0;
}

static bool is_sound(const struct socket_bytes *bytes, size_t fd_count)
{
	struct socket_address address;

	return bytes->address_length >= sizeof(address.any.sa_family) &&
		bytes->address_length <= sizeof(address.un) && bytes->position >= -1 &&
		memchr(bytes->name, '\0', sizeof(((struct record_socket *)NULL)->name)) &&
		fd_count == (bytes->flags & HAS_DIRECTORY ? 2 : 1);
}

int record_read_socket(const struct holder_entry *entry, struct record_socket *ret)
{
	struct socket_bytes bytes;

	if (read_entry(entry, &bytes, sizeof(bytes)) < 0 || !is_sound(&bytes, entry->fd_count))
		return -EPROTO;
	*ret = (struct record_socket){
		.socket = bytes.socket,
		.generation = bytes.generation,
		.position = bytes.position,
		.is_selected = bytes.flags & IS_SELECTED,
		.is_closed = bytes.flags & IS_CLOSED,
		.is_reuseport = bytes.flags & IS_REUSEPORT,
		.has_directory = bytes.flags & HAS_DIRECTORY,
		.address = { .length = bytes.address_length },
	};
	memcpy(&ret->address.un, bytes.address, bytes.address_length);
	memcpy(ret->name, bytes.name, sizeof(ret->name));
	return 0;
}

int record_read_worker(const struct holder_entry *entry, struct record_worker *ret)
{
	struct worker_bytes bytes;

	if (read_entry(entry, &bytes, sizeof(bytes)) < 0 || bytes.pid <= 1 ||
		entry->fd_count != 1 || !memchr(bytes.marker, '\0', sizeof(bytes.marker)))
		return -EPROTO;
	*ret = (struct record_worker){
		.number = bytes.number,
		.generation = bytes.generation,
		.process = { bytes.pid, bytes.start_time },
		.is_selected = bytes.flags & IS_SELECTED,
		.is_ready = bytes.flags & IS_READY,
		.is_retired = bytes.flags & IS_RETIRED,
	};
	memcpy(ret->marker, bytes.marker, sizeof(ret->marker));
	return 0;
}
