/* SPDX-License-Identifier: MIT */
/* The socket of one client, beside those of a group: see <baton/steer.h>. */
#ifndef SOCKET_FLOW_H
#define SOCKET_FLOW_H

#include <sys/socket.h>

/* The descriptor of one that is bound as that socket of the group is, which has a selector: nothing
 * comes to it yet. Or -errno: -EADDRINUSE if the group is another user's, or has no room. */
int flow_bind(int of);

/* Connects it to the client, whose datagrams come to it from now on. 0 or -errno. */
int flow_connect(int fd, const struct sockaddr *client, socklen_t length);

/* Both. */
int flow_open(int of, const struct sockaddr *client, socklen_t length);

#endif
