/* SPDX-License-Identifier: MIT */
/* See write_now.h. */
#include "write_now.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * O_NONBLOCK would not do: it belongs to the open file,
 * which the service and whoever started baton share. That poll(2) finds room is not enough for a
 * pipe or a socket, which a worker may fill meanwhile.
 */
ssize_t write_now(int fd, const void *bytes, size_t length)
{
	struct iovec iov = { .iov_base = (void *)bytes, .iov_len = length };
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
	struct stat st;
	ssize_t r = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (r >= 0)
		return r;
	if (errno != ENOTSOCK)
		return -errno;
	if (poll(&poll_fd, 1, 0) == -1)
		return -errno;
	/* POLLERR: a pipe that nobody reads any more, where a write would raise SIGPIPE. */
	if (poll_fd.revents & (POLLERR | POLLNVAL))
		return poll_fd.revents & POLLERR ? -EPIPE : -EBADF;
	if (!(poll_fd.revents & POLLOUT))
		return -EAGAIN;
	/* Only of a pipe: a file may say EAGAIN for ever, where a write would just do it. */
	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)) {
		r = pwritev2(fd, &iov, 1, -1, RWF_NOWAIT);
		if (r >= 0)
			return r;
		if (errno != EOPNOTSUPP) /* as before Linux 6.5 */
			return -errno;
	}
	r = write(fd, bytes, length);
	return r == -1 ? -errno : r;
}
