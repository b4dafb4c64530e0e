/* SPDX-License-Identifier: MIT */
/* See channel.h. */
#include "process/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/message.h"
#include "base/parse.h"

#define CHANNEL_VARIABLE "BATON_CHANNEL"

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

int channel_receive(int fd, struct channel_message *ret)
{
	struct channel_message message;
	struct message_extras extras;
	/* A newer peer may append fields: they are read and dropped. */
	char packet[256];
	ssize_t length = message_receive(fd, packet, sizeof(packet), &extras);
	if (length == -EMSGSIZE)
		return -EPROTO;
	if (length == -ECONNRESET)
		return 0; /* the other side ended with something of ours unread */
	if (length < 0)
		return (int)length;

	message_close_fds(&extras);
	if (length == 0)
		return 0;
	if ((size_t)length < sizeof(message))
		return -EPROTO;
	memcpy(&message, packet, sizeof(message));
	if (message.version < CHANNEL_VERSION)
		return -EPROTO;
	*ret = message;
	return 1;
}
