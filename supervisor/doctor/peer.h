/* SPDX-License-Identifier: MIT */
/* A socket that the server was seen to bind, from a client's side: where it is reached, and
 * what is known to come of saying something there. */
#ifndef SUPERVISOR_DOCTOR_PEER_H
#define SUPERVISOR_DOCTOR_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "socket/resolve.h"

enum peer_speech {
	PEER_MUTE, /* nothing is known to say: it is connected to, and that is all */
	PEER_HTTP, /* answers a request of HTTP/1.1 */
	PEER_SENT, /* answers what the user wants sent */
};

struct peer {
	const char *name; /* as it was bound; borrowed */
	struct socket_address address;
	int type;
	enum peer_speech speech;
	/* What it does by itself with a connection on which nothing is said, and how it
	 * answers. */
	bool is_absent; /* nobody was there when it was asked */
	bool greets;
	bool hangs_up;
	int status; /* of HTTP; 0: another speech */
};

/*
 * From "tcp://0.0.0.0:80" and its like, as binding_text writes it; every address is reached by
 * that of the loopback. 0; or -EINVAL: cannot be reached so.
 */
int peer_init(struct peer *peer, const char *name);

/* Whether it is one of IPv4 or IPv6. */
bool peer_is_ip(const struct peer *peer);

/* Whether clients can be made for it: of datagrams, only with something to send that is
 * answered. */
bool peer_can_be_visited(const struct peer *peer);

/* How it was tried, in a few words: "HTTP", "connections only", ... */
const char *peer_speech_name(const struct peer *peer);

/*
 * Begins to connect. 0 with *ret when that is done, -EINPROGRESS with *ret when it is under
 * way; or -errno: -EAGAIN when the queue of a unix socket is full, where a blocking client
 * would wait.
 */
int peer_connect(const struct peer *peer, int *ret);

#endif
