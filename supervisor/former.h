/* SPDX-License-Identifier: MIT */
/*
 * The workers of a baton before this one, which was killed, and whose manager let them go on. They
 * are known by the sockets that the manager has passed to us and that they have too, by
 * their marker (family.h), by having another parent than the baton that the marker names, and by
 * being in our control group, so that no other service's are taken for them.
 */
#ifndef SUPERVISOR_FORMER_H
#define SUPERVISOR_FORMER_H

#include <baton/error.h>

#include "process_tree.h"

struct fd_store;
struct takeover;

/* Adds them to the list: each by its first process, which leads its process group. Those that may
 * not be looked into are not seen. 0 or -errno. */
int former_find(const struct fd_store *store, struct process_list *list);

/* Adds them to what is taken over, and says so: they go on until a generation serves. 0, or -errno
 * with the reason. */
int former_take(const struct fd_store *store, struct takeover *takeover, struct baton_error *error);

#endif
