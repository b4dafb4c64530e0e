/* SPDX-License-Identifier: MIT */
/* Sockets of several generations on the loopback that are held and steered, without any server:
 * they join their groups as if one had bound them and called listen. */
#ifndef TESTS_SUPPORT_STEERING_H
#define TESTS_SUPPORT_STEERING_H

#include <stddef.h>

#include "adopt/held.h"

enum { STEERING_SOCKETS_MAX = 70, STEERING_CLIENTS = 40 };

extern struct held_table steering_table;
extern struct held *steering_sockets[STEERING_SOCKETS_MAX]; /* in the order of their binds */
extern size_t steering_count;
extern unsigned steering_got[STEERING_SOCKETS_MAX]; /* connections that came to each */

/* A worker of each of the generations 1 to 3. */
extern struct held_claimant steering_workers[4];

/* Of all that is opened, until it is changed. Port 0 becomes that of the first bind. */
extern struct socket_address steering_address;
extern int steering_type;

/* For a suite's setup and teardown. */
void steering_setup(void);
void steering_teardown(void);

/* The loopback of that family with a port of its own, and that type of socket. It is
 * AF_INET and SOCK_STREAM at first. */
void steering_use(int family, int type);

/* What binding the socket to the address would mean. */
void steering_read(int fd, struct binding *ret);

/* Holds a socket of that generation, which is about to be bound. Takes it. */
struct held *steering_hold(int fd, unsigned generation);

/* Binds one. One for datagrams is in its group then. */
struct held *steering_bind(unsigned generation);

/* Has one for streams listen: it joins its group. */
void steering_listen(struct held *held);

/* Both, as it needs. */
struct held *steering_open(unsigned generation);

/* steer_choose, which must work. */
void steering_choose(unsigned to, unsigned rest, unsigned percent);

/* A new socket that is connected to the address. */
int steering_connect(const struct socket_address *to);

/* Ends it without a trace: a thousand of them would use up the ports. */
void steering_disconnect(int fd);

/* Accepts so many connections, which is all there are, closes them, and adds to steering_got where
 * they came. */
void steering_await(unsigned wanted);

/* So many clients connect, in turns that no queue is too short for; steering_got says where they
 * came. */
void steering_connect_clients(const struct socket_address *to, unsigned clients);

/* What is new comes to this socket alone. */
void steering_expect_all_to(size_t index);

#endif
