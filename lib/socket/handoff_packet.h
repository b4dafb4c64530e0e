/* SPDX-License-Identifier: MIT */
/*
 * What goes over a handoff link, the SOCK_SEQPACKET socket between a generation
 * and its successor: pure, bytes in and out. Numbers are in the machine's byte
 * order, as both ends are on it.
 *
 *     room          from the successor: so many connections may be sent, from the beginning on
 *     connections   to the successor: a batch, with a descriptor and a record for each
 *     taken         from the successor: what became of each of a batch
 *
 * Format: baton-protocols(7).
 */
#ifndef SOCKET_HANDOFF_PACKET_H
#define SOCKET_HANDOFF_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include <baton/handoff.h>

#define HANDOFF_VERSION 1

enum {
	HANDOFF_BATCH_MAX = 253,          /* SCM_MAX_FD: descriptors of one packet, see unix(7) */
	HANDOFF_PACKET_MAX = 128 * 1024,  /* bytes: a record of the largest state fits */
	HANDOFF_HEADER_BYTES = 4 * 4,     /* version, type, number, count */
	HANDOFF_RECORD_BYTES = 16 + 2 * 4 /* type, version, size */
};

enum handoff_packet_type {
	HANDOFF_ROOM = 1,
	HANDOFF_CONNECTIONS = 2,
	HANDOFF_TAKEN = 3,
};

struct handoff_header {
	uint32_t version;
	uint32_t type;   /* enum handoff_packet_type, or one this side does not know */
	uint32_t number; /* of the batch, from 1 on; of ROOM: how many connections */
	uint32_t count;  /* of records, or of results */
};

struct handoff_record {
	char type[BATON_HANDOFF_TYPE_MAX + 1];
	uint32_t version;
	const char *state; /* in the packet */
	size_t size;
};

/* The records of a packet, one after the other. */
struct handoff_records {
	const char *bytes;
	size_t left;
};

/* Writes the packet's beginning to `to`, which has room for it. Returns its size. */
size_t handoff_packet_begin(void *to, const struct handoff_header *header);

/* Appends a record to the packet of *size bytes in `to`, and to *size. 0, -ENOSPC if it does
 * not fit there, -EINVAL for a type that is empty or too long, -EMSGSIZE for a state that is too
 * large. */
int handoff_packet_append(
	void *to, size_t *size, const struct baton_handoff_connection *connection);

/* Reads the beginning of a packet. 0, or -EPROTO if it is none. */
int handoff_packet_parse(const void *packet, size_t size, struct handoff_header *ret);

/* The records of a batch, all of them well-formed: 0 or -EPROTO. */
int handoff_packet_open(const void *packet, size_t size, struct handoff_records *ret);

/* The next one, of handoff_packet_open: to be called as often as the header counts. */
void handoff_packet_next(struct handoff_records *records, struct handoff_record *ret);

/* What became of each connection of a batch: a byte each, 0 or an errno; NULL if the packet does
 * not have as many as its header counts. */
const unsigned char *handoff_packet_results(
	const void *packet, size_t size, const struct handoff_header *header);

#endif
