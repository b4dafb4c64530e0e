/* SPDX-License-Identifier: MIT */
/* See syscall_line.h. */
#include "readiness/syscall_line.h"

#include <stdio.h>
#include <sys/syscall.h>

#include "base/container.h"

/* Newer architectures lack the calls without a 4, a p or a 6 at their end. */
static const struct {
	long number;
	enum wait_kind kind;
} calls[] = {
#ifdef SYS_accept
	{ SYS_accept, WAIT_FD },
#endif
	{ SYS_accept4, WAIT_FD },
	/* Datagram sockets are listeners, too, and waited on by receiving. */
	{ SYS_read, WAIT_FD },
	{ SYS_readv, WAIT_FD },
	{ SYS_recvfrom, WAIT_FD },
	{ SYS_recvmsg, WAIT_FD },
	{ SYS_recvmmsg, WAIT_FD },
#ifdef SYS_epoll_wait
	{ SYS_epoll_wait, WAIT_EPOLL },
#endif
	{ SYS_epoll_pwait, WAIT_EPOLL },
#ifdef SYS_epoll_pwait2
	{ SYS_epoll_pwait2, WAIT_EPOLL },
#endif
#ifdef SYS_poll
	{ SYS_poll, WAIT_POLL },
#endif
	{ SYS_ppoll, WAIT_POLL },
#ifdef SYS_select
	{ SYS_select, WAIT_SELECT },
#endif
	{ SYS_pselect6, WAIT_SELECT },
};

struct wait syscall_line_parse(const char *line)
{
	struct wait wait = { WAIT_NONE };
	long number;

	/* "running" for a thread that is on a processor, "-1 SP PC" for one stopped elsewhere. */
	if (sscanf(line, "%ld 0x%lx 0x%lx", &number, &wait.arguments[0], &wait.arguments[1]) != 3)
		return (struct wait){ WAIT_NONE };
	for (size_t i = 0; i < array_length(calls); i++) {
		if (calls[i].number == number)
			wait.kind = calls[i].kind;
	}
	return wait;
}
