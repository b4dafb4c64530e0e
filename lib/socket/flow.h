/* SPDX-License-Identifier: MIT */
/* Sockets of single clients, beside those of a group that has a selector: see <baton/steer.h>. */
#ifndef SOCKET_FLOW_H
#define SOCKET_FLOW_H

#include <sys/socket.h>

struct flows {
	int of;         /* a socket of the group, borrowed */
	int latest;     /* one more of the group, which was bound late; -1: none */
	unsigned since; /* sockets that were bound since */
};

/* Prepares caller's memory. */
void flows_init(struct flows *flows, int of);

/* The descriptor of one that is bound as the group is: nothing comes to it yet. Or -errno:
 * -EADDRINUSE if the group is another user's, or has no room. */
int flows_bind(struct flows *flows);

/* Connects it to the client, whose datagrams come to it from now on. 0 or -errno. */
int flow_connect(int fd, const struct sockaddr *client, socklen_t length);

/* Both. */
int flows_open(struct flows *flows, const struct sockaddr *client, socklen_t length);

void flows_finish(struct flows *flows);

#endif
