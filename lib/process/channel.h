/* SPDX-License-Identifier: MIT */
/*
 * The channel between a generation and who started it: a SOCK_SEQPACKET
 * socket whose number the child finds in BATON_CHANNEL. Every message is one
 * packet: a fixed header, version first, so that either side may be newer.
 * A message of an unknown type is skipped. Format: baton-protocols(7).
 */
#ifndef PROCESS_CHANNEL_H
#define PROCESS_CHANNEL_H

#include <stdint.h>

#define CHANNEL_VERSION 1

enum channel_type {
	CHANNEL_READY = 1,   /* child to starter: I accept */
	CHANNEL_MAIN = 2,    /* starter to child: you are the main process now */
	CHANNEL_UPGRADE = 3, /* child to starter: I was asked to upgrade, please decide */
};

struct channel_message {
	uint32_t version;
	uint32_t type; /* enum channel_type, or one this side does not know */
};

/* A connected pair, close-on-exec and non-blocking. 0 or -errno. */
int channel_pair(int *ret_ours, int *ret_theirs);

/* The channel this process was given, or -ENOENT; -EBADF, -EINVAL if the variable does not name a
 * SEQPACKET socket. Sets close-on-exec and removes the variable. The caller owns the descriptor. */
int channel_inherited(void);

/* Sends one message; never blocks, never raises SIGPIPE. 0, -EAGAIN, -EPIPE, ... */
int channel_send(int fd, enum channel_type type);

/*
 * Receives one message; closes any descriptor that comes with it. Returns 1
 * and writes *ret; 0 at the end (the other side is gone); -EAGAIN if there is
 * nothing; -EPROTO for a malformed packet, which is then gone.
 */
int channel_receive(int fd, struct channel_message *ret);

#endif
