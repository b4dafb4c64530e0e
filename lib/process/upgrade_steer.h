/* SPDX-License-Identifier: MIT */
/* Datagrams that find their generation: when the objects of <baton/steer.h> do what. */
#ifndef PROCESS_UPGRADE_STEER_H
#define PROCESS_UPGRADE_STEER_H

#include <ev.h>
#include <stddef.h>

#include "base/list.h"

struct baton_error;
struct baton_listener;
struct baton_steer;
struct baton_upgrade;

/*
 * From a supervisor: of which listeners the worker has all sockets, in the order in which they
 * were bound, and nobody else chooses for them. Where each is bound, as baton_listener_bound
 * says, separated by ';'.
 */
#define UPGRADE_STEERABLE_VARIABLE "BATON_STEERABLE"

struct upgrade_steer {
	struct list objects; /* of struct baton_steer */
	char *steerable;     /* owned; the variable; NULL: none */
};

void upgrade_steer_init(struct baton_upgrade *upgrade);

/* Reads the environment. 0 or -errno with the reason. */
int upgrade_steer_open(struct baton_upgrade *upgrade, struct baton_error *error);

/* Whether this process may choose for the listener. */
int upgrade_steer_check(const struct baton_upgrade *upgrade, const struct baton_listener *listener,
	struct baton_error *error);

/* The object of the listener; NULL if it has none. */
struct baton_steer *upgrade_steer_find(
	const struct baton_upgrade *upgrade, const struct baton_listener *listener);

/* The host accepts: each claims its socket, and gets what is new. 0, or -errno with the reason and
 * nothing has been claimed. */
int upgrade_steer_ready(struct baton_upgrade *upgrade, struct baton_error *error);

/*
 * The host is about to drain. What is new is the successor's. If there is none, the
 * host answers what waits, for a moment at most, and the sockets are closed, unless its
 * clients have no others (routes).
 */
void upgrade_steer_drain(struct baton_upgrade *upgrade);

/* The host has drained: lets go of the sockets. */
void upgrade_steer_drained(struct baton_upgrade *upgrade);

/* Calls fn for each watcher, until it returns other than 0; what it returned last. */
int upgrade_steer_each(
	struct baton_upgrade *upgrade, int (*fn)(const ev_io *w, int data), int data);
void upgrade_steer_finish(struct baton_upgrade *upgrade);

#endif
