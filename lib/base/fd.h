/* SPDX-License-Identifier: MIT */
/*
 * Descriptors: every close-on-exec, non-blocking, dup and close helper of the
 * project. All return 0 or a useful value, or -errno.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>

/* Behind the standard streams: where sockets that are passed begin (SD_LISTEN_FDS_START), and below
 * which nothing that is opened here may land. */
enum { FD_FIRST = 3 };

/* Closes fd if it is >= 0; keeps errno; never retried (Linux frees the number even on EINTR). */
void fd_close(int fd);

/* A duplicate of fd with close-on-exec set, numbered FD_FIRST or above; or -errno. */
int fd_dup(int fd);

/* Sets or clears close-on-exec on a descriptor we were given. */
int fd_set_cloexec(int fd, bool on);

/* Sets or clears O_NONBLOCK. The flag belongs to the open file, which other processes may share. */
int fd_set_nonblock(int fd, bool on);

/* Whether it is set. 0 or -errno. */
int fd_get_nonblock(int fd, bool *ret);

/*
 * Opens /dev/null on whichever of the descriptors 0, 1 and 2 is closed, so
 * that nothing opened later lands there by accident.
 */
int fd_ensure_standard(void);

/* Calls fn for each open descriptor but the one that is used for it, in no order. Ends with its
 * first result that is not 0, and returns that; otherwise 0, or -errno. */
int fd_walk(int (*fn)(int fd, void *data), void *data);

/* How many descriptors this process has open, without the one used to count; or -errno. */
int fd_count(void);

/* The highest descriptor that is open, whatever the limit is now; 0 if there is none; or -errno. */
int fd_highest(void);

#endif
