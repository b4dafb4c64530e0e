/* SPDX-License-Identifier: MIT */
/*
 * Datagrams that find their generation: a UDP server that is replaced goes on with the clients
 * it has, and its successor gets those that are new.
 *
 * Passed to a successor as it is, a UDP socket is one queue that both read: nothing is lost,
 * but who gets what is chance. So there are several sockets of the address, in one group
 * (SO_REUSEPORT), and each process takes one of them as its own. The group has a selector,
 * a program in the kernel, which hands what is new to the newest generation. What is not new is
 * told by either of
 *
 * - a socket of its own for each client, which is connected to that (baton_steer_connect): the
 *   kernel prefers it to the group;
 * - an id in the datagram that the server has told its client (routes, baton_steer_id), as
 *   QUIC has in its connection ids.
 *
 *     r = baton_steer_open(upgrade, "quic", address, &options, &steer, &error);
 *     r = baton_upgrade_ready(upgrade, &error);    from now on what is new comes here
 *
 * In on_drain the host goes on: what waits in its queue is its own to answer, and so are its
 * clients. Once they have gone, and baton_steer_is_empty says that nothing waits, it has drained.
 * A successor that fails before that gives back what is new, and what it has not read.
 *
 * libbaton-steer(3) says how a server does that, and what is to be minded. All functions belong on
 * the loop's thread; the callback runs there, from the loop: from baton_upgrade_dispatch where the
 * host has another one.
 */
#ifndef BATON_STEER_H
#define BATON_STEER_H

#include <baton/address.h>
#include <baton/error.h>
#include <baton/listener.h>
#include <baton/upgrade.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

BATON_BEGIN

struct baton_steer;

/* How many sockets an address gets that does not say reuseport=N: as many processes may live at
 * a time. The most that it may have. */
#define BATON_STEER_SOCKETS     16
#define BATON_STEER_SOCKETS_MAX 256

#define BATON_STEER_ROUTES_MAX 4
#define BATON_STEER_OFFSET_MAX 65535

/*
 * Where a datagram says to whom it belongs: if the byte at match_offset, and-ed with match_mask,
 * is match_value, then the byte at id_offset, and-ed with id_mask, is the id (baton_steer_id) of
 * a process, in the place of the mask's lowest bit. Offsets are from the beginning of the payload;
 * a datagram that has no such bytes does not match. A match_mask of 0 matches every other.
 */
struct baton_steer_route {
	unsigned match_offset;
	uint8_t match_mask;
	uint8_t match_value;
	unsigned id_offset;
	uint8_t id_mask; /* bits that are neighbours */
};

/*
 * Datagrams wait on this socket, which is non-blocking and stays the library's: receive from it,
 * all of them or some; called again while there are any. There may be none after all (EAGAIN):
 * another process may have been faster. It need not be the socket of this process: what a
 * process that has ended left in its own is for the newest generation, too.
 */
typedef void (*baton_steer_fn)(struct baton_steer *steer, int fd, void *data);

struct baton_steer_options {
	size_t size; /* sizeof(struct baton_steer_options) */
	void *data;  /* given to the callback */
	/* Required. Called from baton_upgrade_ready on. */
	baton_steer_fn on_readable;
	/* Tried in this order; copied. Without any, or if none matches, a datagram is new. */
	const struct baton_steer_route *routes;
	size_t route_count;
};

/*
 * The UDP listener of that name, as by baton_upgrade_listener; before baton_upgrade_ready. An
 * address that does not say reuseport=N is opened with BATON_STEER_SOCKETS sockets; what was passed
 * has as many as it has. *ret belongs to the upgrade object. Returns 0; -EINVAL for bad options or
 * a listener that is not of UDP, or has one socket only; -EPERM if not all of its sockets are
 * this process's to choose from (baton run with --steer, or with several workers); -ENOMEM; or as
 * baton_upgrade_listener.
 *
 * With it baton_upgrade_ready may fail, and nothing has been done: with -EUSERS if other
 * processes have all the sockets, as they still drain, or what fcntl(2) or setsockopt(2) said.
 */
BATON_API int baton_steer_open(struct baton_upgrade *upgrade, const char *name,
	const struct baton_address *address, const struct baton_steer_options *options,
	struct baton_steer **ret, struct baton_error *error);

/* The listener, borrowed. */
BATON_API struct baton_listener *baton_steer_listener(const struct baton_steer *steer);

/*
 * A socket for one client, whose datagram came on that descriptor of on_readable, or of another
 * client's socket: bound to the same address, with the same options, connected to the client,
 * non-blocking and close-on-exec. From now on what this client sends comes there. *ret is the
 * caller's to close. Answer only after it: a client that has an answer is no new one.
 *
 * Nothing else comes there while it is being made; yet ask each datagram whom it is from
 * (recvfrom(2)), as it may have been sent to many at once. And what the client had sent before
 * may still wait on fd. Returns 0; -EINVAL before baton_upgrade_ready, after the drain, or for
 * a descriptor that is bound elsewhere; -EADDRINUSE if the sockets belong to another user or
 * there are too many; -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM, or what connect(2) said.
 */
BATON_API int baton_steer_connect(struct baton_steer *steer, int fd, const struct sockaddr *client,
	socklen_t length, int *ret, struct baton_error *error);

/* The socket of this process on the address to which that descriptor is bound, to send from where
 * there is none of a client: borrowed, until the drain has ended. -EINVAL if there is none, or none
 * any more. */
BATON_API int baton_steer_fd(const struct baton_steer *steer, int fd);

/* By which number the routes know this process, as long as it lives: 0 to the number of sockets
 * less 1. -EAGAIN before baton_upgrade_ready. */
BATON_API int baton_steer_id(const struct baton_steer *steer);

/* 1 if nothing waits on the socket of this process, or it has none any more; otherwise 0. */
BATON_API int baton_steer_is_empty(const struct baton_steer *steer);

BATON_END

#endif
