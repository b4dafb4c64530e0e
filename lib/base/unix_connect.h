/* SPDX-License-Identifier: MIT */
/* A client's end of a unix socket in the file system. */
#ifndef BASE_UNIX_CONNECT_H
#define BASE_UNIX_CONNECT_H

/*
 * Connects a socket of that type (SOCK_STREAM, SOCK_SEQPACKET) to the path. The descriptor is
 * close-on-exec and non-blocking. -ENOENT, -ECONNREFUSED: nobody is there; -EAGAIN: the queue
 * is full; -ENAMETOOLONG; or another -errno.
 */
int unix_connect(const char *path, int type);

#endif
