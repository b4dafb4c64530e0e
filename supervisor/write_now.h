/* SPDX-License-Identifier: MIT */
/* Writing to what others have open, too, and whose O_NONBLOCK is not ours to set: standard
 * error. */
#ifndef SUPERVISOR_WRITE_NOW_H
#define SUPERVISOR_WRITE_NOW_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Writes without waiting: how much, which may be less than all; -EAGAIN if there is no room
 * now; -EPIPE if nobody reads it any more, without SIGPIPE; or -errno.
 */
ssize_t write_now(int fd, const void *bytes, size_t length);

#endif
