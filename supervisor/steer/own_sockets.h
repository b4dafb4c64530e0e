/* SPDX-License-Identifier: MIT */
/*
 * --steer with --listen: each generation is passed sockets of its own. The first has those
 * of the listeners, a later one what a generation that is gone has left, or others that are opened
 * beside them. All are held as what servers bind for themselves is (adopt/held.h), by
 * their generation until nobody is left of it: so a worker that crashed is followed by one that has
 * the same.
 *
 * What the kernel cannot steer, unix sockets first of all, the generations share.
 */
#ifndef SUPERVISOR_STEER_OWN_SOCKETS_H
#define SUPERVISOR_STEER_OWN_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

#include <baton/error.h>

#include "adopt/held.h"
#include "base/list.h"

struct listeners;

/* What a generation is passed, or one that is gone has left. */
struct own_sockets_set {
	struct list link; /* own_sockets::sets */
	struct held_claimant claimant;
	bool is_taken;
	struct held *sockets[]; /* as own_sockets::fds; NULL: not of a kind that is held */
};

struct own_sockets {
	struct held_table *held;
	struct list sets; /* one of each generation, those that nobody has any more too */
	int *fds;         /* the listeners' own: by them the others are found */
	size_t count;
	bool is_nonblocking; /* how they are passed */
};

/* Prepares caller's memory: nothing is steered. */
void own_sockets_init(struct own_sockets *own, struct held_table *held);

/* Holds the sockets of the listeners; says which cannot be steered. 0, or -errno with the
 * reason. */
int own_sockets_begin(struct own_sockets *own, const struct listeners *listeners,
	bool is_nonblocking, struct baton_error *error);

/* One more set, without sockets; NULL if memory ran out. */
struct own_sockets_set *own_sockets_add_set(struct own_sockets *own);

/* Goes on where another program of this process was, with these as the listeners' own sockets; the
 * sets are added by the caller. 0 or -ENOMEM. */
int own_sockets_resume(struct own_sockets *own, const int *fds, size_t count, bool is_nonblocking);

/* Sees to it that the generation has its sockets. 0, or -errno with the reason. */
int own_sockets_open(struct own_sockets *own, unsigned generation, struct baton_error *error);

/* The generation's socket in the place of the listeners', borrowed: that itself, if nothing is
 * steered. */
int own_sockets_find(const struct own_sockets *own, unsigned generation, int fd);

/* Nobody is left of the generation. */
void own_sockets_release(struct own_sockets *own, unsigned generation);

/* Frees it, when what is held has been closed. */
void own_sockets_finish(struct own_sockets *own);

#endif
