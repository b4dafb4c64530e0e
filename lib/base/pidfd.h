/* SPDX-License-Identifier: MIT */
/* Processes by descriptor: pidfd_open(2), which libc wraps from 2.36 on only. */
#ifndef BASE_PIDFD_H
#define BASE_PIDFD_H

#include <stdint.h>
#include <sys/types.h>

struct baton_error;

/* Room for a pid and for an identity in decimal, with the NUL. */
enum {
	PIDFD_PID_SIZE = 12,
	PIDFD_IDENTITY_SIZE = 21,
};

/* A descriptor of the process, close-on-exec by nature; or -errno: -ESRCH, -ENOSYS, -EPERM (a
 * sandbox), ... */
int pidfd_open_pid(pid_t pid);

/* As error_set_errno, for an error of pidfd_open_pid; says what is needed if there is no such
 * call. */
int pidfd_error(struct baton_error *error, int code, const char *what);

/* Sends the signal; 0 only asks whether it could be sent. 0; -ESRCH if the process is gone, -EPERM,
 * -EBADF if it is no pidfd, ... */
int pidfd_signal(int pidfd, int signal);

/*
 * The number by which the kernel tells the process from every other one since
 * boot: the inode of its pidfd, from Linux 6.9 on. 0, -EOPNOTSUPP where the
 * kernel has none, or -errno.
 */
int pidfd_identity(int pidfd, uint64_t *ret);

/* The same of this process. */
int pidfd_own_identity(uint64_t *ret);

#endif
