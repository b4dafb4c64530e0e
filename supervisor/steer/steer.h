/* SPDX-License-Identifier: MIT */
/*
 * --steer: each generation has sockets of its own, all of one address in one
 * group (SO_REUSEPORT), and a selector says whose turn it is. So a generation that is to
 * end gets nothing new, though it knows nothing of that and goes on to listen: servers that
 * have no graceful stop can finish, and are stopped when they are idle.
 *
 * The index of a socket in its group is the order in which they joined: of streams by
 * listen(2), of datagrams by bind(2). No socket leaves before the service ends, since another
 * would move into the gap: what a generation that is gone leaves behind is for a later one.
 */
#ifndef SUPERVISOR_STEER_STEER_H
#define SUPERVISOR_STEER_STEER_H

#include <stdbool.h>

struct held;
struct held_table;

/* Who gets what is new. Zeroed: nobody has been chosen yet, or nothing is steered. */
struct steer {
	bool is_on;
	unsigned to;      /* the generation */
	unsigned rest;    /* another that gets what is left; 0: none */
	unsigned percent; /* that `to` gets */
};

/* Whether the generation gets anything that is new. */
bool steer_selects(const struct steer *steer, unsigned generation);

/* Whether the kernel can steer what comes to this socket: not to a unix socket, by MPTCP, or to one
 * that cannot have others beside it. */
bool steer_can(const struct held *held);

/* Lets others join the socket on its address: before it is bound, or later. 0 or -errno. */
int steer_open_group(int socket);

/* A socket is about to join its group: until it is chosen, it gets nothing. 0 or -errno. */
int steer_prepare(struct held_table *table, const struct held *held);

/* It has joined. 0 or -errno. */
int steer_join(struct held_table *table, struct held *held);

/* Its server has closed it, though we have not; or has it once more. 0 or -errno. */
int steer_close(struct held_table *table, struct held *held, bool is_closed);

/* It was bound, and may listen, before it was held: others may join it, and it has joined itself. 0
 * or -errno. */
int steer_take(struct held_table *table, struct held *held);

/* It was shut down, or connected: nothing new comes to it. 0 or -errno. */
int steer_leave(struct held_table *table, struct held *held);

/* Nobody chooses any more for the group of the socket: the kernel shares what is new among all. */
void steer_dissolve(int socket);

/* From now on, and in every group. 0, or -errno of the first that failed. */
int steer_choose(struct held_table *table, unsigned to, unsigned rest, unsigned percent);

#endif
