/* SPDX-License-Identifier: MIT */
/*
 * The channel between a generation and who started it: a SOCK_SEQPACKET
 * socket whose number the child finds in $BATON_CHANNEL. Every message is one
 * packet: a fixed header, version first, so that either side may be newer.
 * A message of an unknown type is skipped. Format: baton-protocols(7).
 */
#ifndef PROCESS_CHANNEL_H
#define PROCESS_CHANNEL_H

#include <stdint.h>

#define CHANNEL_VERSION 1

/* The child's environment: its end of the channel and, if its starter is the generation that it is
 * to replace, a pidfd of that. */
#define CHANNEL_VARIABLE             "BATON_CHANNEL"
#define CHANNEL_PREDECESSOR_VARIABLE "BATON_PREDECESSOR"

enum channel_type {
	CHANNEL_READY = 1,   /* child to starter: I accept */
	CHANNEL_MAIN = 2,    /* starter to child: you are the main process now */
	CHANNEL_UPGRADE = 3, /* child to starter: I was asked to upgrade, please decide */
	/* child to starter, which may be the first process of a container: this pid is to replace
	 * me. With two descriptors: its pidfd, and our end of the channel to it. */
	CHANNEL_SUCCESSOR = 4,
	/* child to starter, and supervisor to the child that is to be replaced: on this link,
	 * the one descriptor, the successor takes connections. See handoff_packet.h. */
	CHANNEL_HANDOFF = 5,
};

struct message_extras;

struct channel_message {
	uint32_t version;
	uint32_t type; /* enum channel_type, or one this side does not know */
	int32_t pid;   /* CHANNEL_SUCCESSOR; 0 in the others. May be missing in the packet */
};

/* A connected pair, close-on-exec and non-blocking. 0 or -errno. */
int channel_pair(int *ret_ours, int *ret_theirs);

/* The channel this process was given, or -ENOENT; -EBADF, -EINVAL if the variable does not name a
 * SEQPACKET socket. Sets close-on-exec and removes the variable. The caller owns the descriptor. */
int channel_inherited(void);

/* Sends one message; never blocks, never raises SIGPIPE. 0, -EAGAIN, -EPIPE, ... */
int channel_send(int fd, enum channel_type type);

/* Sends CHANNEL_SUCCESSOR; both descriptors stay the caller's. */
int channel_send_successor(int fd, int32_t pid, int pidfd, int channel);

/* Sends CHANNEL_HANDOFF; the descriptor stays the caller's. */
int channel_send_handoff(int fd, int link);

/*
 * Receives one message; closes any descriptor that comes with it. Returns 1
 * and writes *ret; 0 at the end (the other side is gone); -EAGAIN if there is
 * nothing; -EPROTO for a malformed packet, which is then gone.
 */
int channel_receive(int fd, struct channel_message *ret);

/* As channel_receive, but what came with the message is the caller's if the result is 1. */
int channel_receive_with_fds(
	int fd, struct channel_message *ret, struct message_extras *ret_extras);

#endif
