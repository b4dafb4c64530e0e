/* SPDX-License-Identifier: MIT */
/* See message.h. The only file that takes descriptors from a control message. */
#include "base/message.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/fd.h"

/* Aligned as cmsghdr demands, see cmsg(3). */
union control {
	struct cmsghdr alignment;
	char bytes[CMSG_SPACE(sizeof(int) * MESSAGE_FDS_MAX) + CMSG_SPACE(sizeof(struct ucred))];
};

int message_send(int fd, const void *data, size_t length, const int *fds, size_t fd_count,
	const struct message_address *to)
{
	if (fd_count > MESSAGE_FDS_MAX)
		return -EINVAL;
	union control control = { 0 };
	struct iovec bytes = { .iov_base = (void *)(uintptr_t)data, .iov_len = length };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };

	if (to) {
		message.msg_name = (void *)(uintptr_t)to->address;
		message.msg_namelen = to->length;
	}
	if (fd_count) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);

		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(header), fds, sizeof(int) * fd_count);
	}
	for (;;) {
		if (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

void message_close_fds(struct message_extras *extras)
{
	for (size_t i = 0; i < extras->fd_count; i++)
		fd_close(extras->fds[i]);
	extras->fd_count = 0;
}

/* Adds the descriptors of SCM_RIGHTS: once a message, of MESSAGE_FDS_MAX at most, as unix(7)
 * says. */
static void collect_fds(struct cmsghdr *header, struct message_extras *extras)
{
	size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	memcpy(&extras->fds[extras->fd_count], CMSG_DATA(header), count * sizeof(int));
	extras->fd_count += count;
}

static void collect(struct msghdr *message, struct message_extras *extras)
{
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
		header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET)
			continue;
		if (header->cmsg_type == SCM_RIGHTS) {
			collect_fds(header, extras);
		} else if (header->cmsg_type == SCM_CREDENTIALS &&
			header->cmsg_len == CMSG_LEN(sizeof(struct ucred))) {
			memcpy(&extras->sender, CMSG_DATA(header), sizeof(extras->sender));
			extras->has_sender = true;
		}
	}
}

ssize_t message_receive(int fd, void *data, size_t size, struct message_extras *ret)
{
	union control control;
	struct iovec bytes = { .iov_base = data, .iov_len = size };
	struct msghdr message;
	ssize_t length;

	do {
		message = (struct msghdr){
			.msg_iov = &bytes,
			.msg_iovlen = 1,
			.msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes),
		};
		length = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (length == -1 && errno == EINTR);
	if (length == -1)
		return -errno;

	ret->fd_count = 0;
	ret->has_sender = false;
	collect(&message, ret);
	/* MSG_CTRUNC: our descriptor table was full, or a security module withheld some. */
	if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		message_close_fds(ret);
		return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : -EPROTO;
	}
	return length;
}
