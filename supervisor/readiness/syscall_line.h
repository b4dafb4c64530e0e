/* SPDX-License-Identifier: MIT */
/* What a blocked thread waits for: the line of /proc/PID/task/TID/syscall, by kind of call.
 * Pure. */
#ifndef SUPERVISOR_READINESS_SYSCALL_LINE_H
#define SUPERVISOR_READINESS_SYSCALL_LINE_H

enum wait_kind {
	WAIT_NONE,   /* running, or in a call that waits for no socket */
	WAIT_FD,     /* accept, recvmsg, ...: on the descriptor arguments[0] */
	WAIT_EPOLL,  /* on the epoll set arguments[0] */
	WAIT_POLL,   /* on arguments[1] struct pollfd at arguments[0] */
	WAIT_SELECT, /* for reading on the fd_set at arguments[1], of arguments[0] descriptors */
};

struct wait {
	enum wait_kind kind;
	unsigned long arguments[2];
};

/* Reads "NUMBER 0xARG0 0xARG1 ..." as the system calls of this architecture. */
struct wait syscall_line_parse(const char *line);

#endif
