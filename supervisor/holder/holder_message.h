/* SPDX-License-Identifier: MIT */
/*
 * What is said to the holder, and by it: SOCK_SEQPACKET packets, each a header, version
 * first, and an entry. What an entry means is not the holder's business: it keeps the bytes and
 * the descriptors under a key, and gives them back as they were.
 *
 *     baton to its holder      PUT, DROP, and END before baton ends well
 *     holder to another baton  a PUT for each entry, and END
 *     that baton to it         TAKEN: the entries are somebody else's now
 */
#ifndef SUPERVISOR_HOLDER_HOLDER_MESSAGE_H
#define SUPERVISOR_HOLDER_HOLDER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HOLDER_VERSION = 1,
	HOLDER_RECORD_MAX = 512,
	HOLDER_FDS_MAX = 2,
};

enum holder_message_type {
	HOLDER_PUT = 1, /* keep this, in the place of what has the key */
	HOLDER_DROP = 2,
	HOLDER_END = 3,
	HOLDER_TAKEN = 4,
};

struct holder_entry {
	uint64_t key;
	bool is_live; /* it is for processes: its first descriptor hangs up with the last of them */
	size_t size;  /* of the record */
	unsigned char record[HOLDER_RECORD_MAX];
	int fds[HOLDER_FDS_MAX];
	size_t fd_count;
};

struct holder_message {
	enum holder_message_type type;
	struct holder_entry entry; /* of PUT; of DROP the key */
};

/* Sends; the descriptors stay the caller's. entry may be NULL for END and TAKEN. Never blocks. 0,
 * -EAGAIN, -EPIPE, ... */
int holder_message_send(int fd, enum holder_message_type type, const struct holder_entry *entry);

/* Receives; the descriptors are the caller's. Never blocks. 1; 0 at the end; -EAGAIN; -EPROTO for
 * a message of another version, or none at all, which is then gone; or -errno. */
int holder_message_receive(int fd, struct holder_message *ret);

/* Closes the descriptors of an entry. */
void holder_entry_close(struct holder_entry *entry);

#endif
