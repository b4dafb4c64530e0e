/* SPDX-License-Identifier: MIT */
/* An address to load: parsed from text, connected to without blocking. */
#ifndef LOAD_TARGET_H
#define LOAD_TARGET_H

#include <baton/error.h>
#include <stdbool.h>
#include <sys/socket.h>

struct target {
	struct sockaddr_storage address;
	socklen_t length;
	bool is_loopback4; /* in 127.0.0.0/8 */
	char text[128];    /* as it was given, cut if longer */
};

/*
 * HOST:PORT, [V6]:PORT, tcp://..., unix:/PATH or unix:@NAME; hosts as numbers
 * or names, of which the first address is taken. 0 or -EINVAL with the error.
 */
int target_parse(const char *text, struct target *ret, struct baton_error *error);

/*
 * Begins to connect. Returns 0 with *ret_fd when connected, -EINPROGRESS with
 * *ret_fd when that is under way, else -errno and no descriptor; -EAGAIN when
 * the queue of a Unix socket is full, where a blocking client would wait.
 *
 * A full-speed client that connects anew uses up the 28,000 ports of one
 * address within seconds, since whichever side closes first keeps the pair
 * in TIME_WAIT for a minute. Two things help: we let the server close first,
 * and in 127.0.0.0/8 each connection with a serial number comes from the
 * next of 250 source addresses, its port chosen at connect(2), where the same
 * port may serve several pairs (IP_BIND_ADDRESS_NO_PORT, ip(7)). Serial 0
 * leaves the source to the kernel.
 */
int target_connect(const struct target *target, unsigned serial, int *ret_fd);

#endif
