/* SPDX-License-Identifier: MIT */
/* The sockets, inherited or opened, and how a child gets them. */
#ifndef PROCESS_UPGRADE_LISTENERS_H
#define PROCESS_UPGRADE_LISTENERS_H

#include <stddef.h>

#include "base/list.h"

struct baton_error;
struct baton_inherit;
struct baton_spawn_fd;
struct baton_upgrade;
struct env;

/* From a generation to the next: which listeners the first of us opened itself. */
#define UPGRADE_OWN_LISTENERS_VARIABLE "BATON_OWN_LISTENERS"

struct upgrade_listeners {
	struct baton_inherit *inherit; /* what is not claimed yet; NULL once ready */
	char *ours;                    /* owned; the variable, from the predecessor; NULL: none */
	struct list entries;           /* of struct upgrade_listener */
};

void upgrade_listeners_init(struct baton_upgrade *upgrade);

/* Reads what this process inherited. 0 or -errno with the reason. */
int upgrade_listeners_open(struct baton_upgrade *upgrade, struct baton_error *error);

/* What nobody claimed is logged and closed. */
void upgrade_listeners_report_unclaimed(struct baton_upgrade *upgrade);
size_t upgrade_listeners_count_sockets(const struct baton_upgrade *upgrade);

/* Fills fds, which has room for all, with numbers from 3 on, and sets their variables in env. 0
 * or -ENOMEM. */
int upgrade_listeners_encode(const struct baton_upgrade *upgrade, struct baton_spawn_fd *fds,
	unsigned generation, struct env *env);

/* This generation replaces the one that made the unix paths: it removes them in the end. */
void upgrade_listeners_own_paths(struct baton_upgrade *upgrade);

/* The next one does. */
void upgrade_listeners_keep_paths(struct baton_upgrade *upgrade);

/* Closes the sockets; the objects stay the host's to look at. */
void upgrade_listeners_stop(struct baton_upgrade *upgrade);
void upgrade_listeners_finish(struct baton_upgrade *upgrade);

#endif
