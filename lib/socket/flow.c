/* SPDX-License-Identifier: MIT */
/*
 * See flow.h. Between bind(2) and connect(2) the socket could get what is anybody's, and would,
 * were it not in the group: the selector never chooses it there.
 *
 * The special problem of its group: the kernel takes that of the socket of this address
 * which was bound last and has SO_REUSEPORT (net/ipv4/udp.c, udp_reuseport_add_sock). From Linux
 * 6.13 on, one that has been connected is in no group any more, and the next would get one of
 * their own, without a selector. So one that is connected gives SO_REUSEPORT up.
 * Then the next may be bound only as both have SO_REUSEADDR (udp_lib_lport_inuse); strangers may
 * not, as long as there is a socket of the group, which has not.
 *
 * Each bind looks for one of the group behind all that were connected since: with thousands of
 * clients that takes long. So every now and then there is another one.
 */
#include "socket/flow.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "socket/twin.h"

enum { BEHIND_MAX = 64 };

static int set(int fd, int option, int value)
{
	return setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)) == -1 ? -errno : 0;
}

static int bind_beside(int of)
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

void flows_init(struct flows *flows, int of)
{
	*flows = (struct flows){ .of = of, .latest = -1, .since = BEHIND_MAX };
}

/* Without it all works, more slowly. */
static void renew_latest(struct flows *flows)
{
	cleanup_fd int fd = bind_beside(flows->of);

	if (fd < 0 || set(fd, SO_REUSEADDR, 0) < 0)
		return;
	fd_close(flows->latest);
	flows->latest = take_fd(&fd);
	flows->since = 0;
}

int flows_bind(struct flows *flows)
{
	if (flows->since >= BEHIND_MAX)
		renew_latest(flows);
	flows->since++;
	return bind_beside(flows->of);
}

/* In this order: without SO_REUSEPORT, and not connected, all would come to it. */
int flow_connect(int fd, const struct sockaddr *client, socklen_t length)
{
	return connect(fd, client, length) == -1 ? -errno : set(fd, SO_REUSEPORT, 0);
}

int flows_open(struct flows *flows, const struct sockaddr *client, socklen_t length)
{
	cleanup_fd int fd = flows_bind(flows);
	if (fd < 0)
		return fd;
	int r = flow_connect(fd, client, length);

	return r < 0 ? r : take_fd(&fd);
}

void flows_finish(struct flows *flows)
{
	fd_close(flows->latest);
	flows->latest = -1;
}
