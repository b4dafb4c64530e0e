/* SPDX-License-Identifier: MIT */
/*
 * See flow.h. Between bind(2) and connect(2) the socket could get what is anybody's, and would, were
 * it not in the group: the selector never chooses it there.
 *
 * The special problem of its group: the kernel takes that of the socket of this address
 * which was bound last and has SO_REUSEPORT (net/ipv4/udp.c, udp_reuseport_add_sock). From Linux
 * 6.13 on, one that has been connected is in no group any more, and the next would get one of
 * their own, without a selector. So one that is connected gives SO_REUSEPORT up.
 * Then the next may be bound only as both have SO_REUSEADDR (udp_lib_lport_inuse); strangers may
 * not, as long as there is a socket of the group, which has not.
 */
#include "socket/flow.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "socket/twin.h"

static int set(int fd, int option, int value)
{
	return setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)) == -1 ? -errno : 0;
}

int flow_bind(int of)
{
	cleanup_fd int fd = twin_make(of);
	if (fd < 0)
		return fd;
	int r = fd_set_nonblock(fd, true);

	if (r == 0)
		r = set(fd, SO_REUSEADDR, 1);
	if (r == 0)
		r = twin_bind(fd, of);
	return r < 0 ? r : take_fd(&fd);
}

/* In this order: without SO_REUSEPORT, and not connected, all would come to it. */
int flow_connect(int fd, const struct sockaddr *client, socklen_t length)
{
	return connect(fd, client, length) == -1 ? -errno : set(fd, SO_REUSEPORT, 0);
}

int flow_open(int of, const struct sockaddr *client, socklen_t length)
{
	cleanup_fd int fd = flow_bind(of);
	if (fd < 0)
		return fd;
	int r = flow_connect(fd, client, length);

	return r < 0 ? r : take_fd(&fd);
}
