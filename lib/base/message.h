/* SPDX-License-Identifier: MIT */
/*
 * One datagram (or SEQPACKET packet) with descriptors and the sender's
 * credentials. What is received is either complete, or every descriptor that
 * came with it is closed: none is left behind by a message that is refused.
 */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#define MESSAGE_FDS_MAX 253 /* SCM_MAX_FD, the kernel's limit: see unix(7) */

/* What came beside the bytes. The descriptors are close-on-exec and the receiver's to close. */
struct message_extras {
	int fds[MESSAGE_FDS_MAX];
	size_t fd_count;
	struct ucred sender; /* valid if has_sender: the socket must have SO_PASSCRED set */
	bool has_sender;
};

/* Where to; NULL address: the socket is connected. */
struct message_address {
	const struct sockaddr *address;
	socklen_t length;
};

/*
 * Sends one message with descriptors, which stay the caller's; `to` may be
 * NULL. Never blocks, never raises SIGPIPE. 0, -EINVAL (too many descriptors), -EAGAIN, -EPIPE, ...
 */
int message_send(int fd, const void *data, size_t length, const int *fds, size_t fd_count,
	const struct message_address *to);

/*
 * Receives one message of at most `size` bytes; never blocks. Returns its
 * length, written to data and *ret. 0 is an empty message, or the end on a socket that is
 * connected. -EAGAIN; -EMSGSIZE if it is longer than size and -EPROTO if descriptors were
 * lost on the way or make no sense: the message is then gone and nothing of it
 * is left open.
 */
ssize_t message_receive(int fd, void *data, size_t size, struct message_extras *ret);

/* Closes the descriptors that came with a message. */
void message_close_fds(struct message_extras *extras);

#endif
