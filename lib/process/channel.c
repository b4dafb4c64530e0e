/* SPDX-License-Identifier: MIT */
/* See channel.h. */
#include "process/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/container.h"
#include "base/fd.h"
#include "base/message.h"
#include "base/parse.h"

enum {
	HEADER_BYTES = 8, /* version and type: what every message has */
	PACKET_BYTES = 256,
};

int channel_pair(int *ret_ours, int *ret_theirs)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == -1)
		return -errno;
	*ret_ours = pair[0];
	*ret_theirs = pair[1];
	return 0;
}

static int check_channel(const char *text)
{
	int fd, domain, type;
	socklen_t length = sizeof(int);
	int r = parse_int(text, 0, INT32_MAX, &fd);
	if (r < 0)
		return -EINVAL;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == -1)
		return errno == EBADF ? -EBADF : -EINVAL;
	length = sizeof(int);
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == -1)
		return -errno;
	if (type != SOCK_SEQPACKET || domain != AF_UNIX)
		return -EINVAL;
	r = fd_set_cloexec(fd, true);
	return r < 0 ? r : fd;
}

int channel_inherited(void)
{
	const char *text = getenv(CHANNEL_VARIABLE);
	if (!text)
		return -ENOENT;
	int fd = check_channel(text);

	(void)unsetenv(CHANNEL_VARIABLE); /* the name is valid: it cannot fail */
	return fd;
}

int channel_send(int fd, enum channel_type type)
{
	struct channel_message message = { .version = CHANNEL_VERSION, .type = type };

	return message_send(fd, &message, sizeof(message), NULL, 0, NULL);
}

int channel_send_successor(int fd, int32_t pid, int pidfd, int channel)
{
	struct channel_message message = {
		.version = CHANNEL_VERSION,
		.type = CHANNEL_SUCCESSOR,
		.pid = pid,
	};
	const int fds[] = { pidfd, channel };

	return message_send(fd, &message, sizeof(message), fds, array_length(fds), NULL);
}

int channel_send_handoff(int fd, int link)
{
	struct channel_message message = { .version = CHANNEL_VERSION, .type = CHANNEL_HANDOFF };

	return message_send(fd, &message, sizeof(message), &link, 1, NULL);
}

int channel_receive_with_fds(int fd, struct channel_message *ret, struct message_extras *ret_extras)
{
	struct channel_message message = { 0 };
	/* A newer peer may append fields: they are read and dropped. */
	char packet[PACKET_BYTES];
	ssize_t length = message_receive(fd, packet, sizeof(packet), ret_extras);
	if (length == -EMSGSIZE)
		return -EPROTO;
	if (length == -ECONNRESET)
		return 0; /* the other side ended with something of ours unread */
	if (length < 0)
		return (int)length;

	memcpy(&message, packet,
		(size_t)length < sizeof(message) ? (size_t)length : sizeof(message));
	if (length >= HEADER_BYTES && message.version >= CHANNEL_VERSION) {
		*ret = message;
		return 1;
	}
	message_close_fds(ret_extras);
	return length == 0 ? 0 : -EPROTO;
}

int channel_receive(int fd, struct channel_message *ret)
{
	struct message_extras extras;
	int r = channel_receive_with_fds(fd, ret, &extras);

	if (r > 0)
		message_close_fds(&extras);
	return r;
}
