/* SPDX-License-Identifier: MIT */
/* See handoff_epoll.h. */
#include "socket/handoff_epoll.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>

enum {
	NUMBER_MAX = 1024, /* where sets are looked for; a call costs a tenth of a microsecond */
	MISSES_MAX = 64,   /* a host may have none */
};

/* Whatever is no set, or does not have it, is left as it is: EBADF, EINVAL, ENOENT. */
static bool forget(int set, int fd)
{
	return epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL) == 0;
}

void handoff_epoll_forget(struct handoff_epoll *epoll, int fd)
{
	if (epoll->fd >= 0 && forget(epoll->fd, fd))
		return;
	if (epoll->misses == MISSES_MAX)
		return;
	for (int set = 0; set < NUMBER_MAX; set++)
		if (forget(set, fd)) {
			epoll->fd = set;
			return;
		}
	epoll->misses++;
}
