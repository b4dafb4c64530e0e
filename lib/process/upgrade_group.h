/* SPDX-License-Identifier: MIT */
/* The object as an actor of the host's group, if it was made one: see baton_upgrade_join. */
#ifndef PROCESS_UPGRADE_GROUP_H
#define PROCESS_UPGRADE_GROUP_H

#include <stdbool.h>

#include "lifecycle/group.h"

struct baton_upgrade;

struct upgrade_group {
	struct group_observer observer; /* its group is NULL if there is none */
	struct baton_actor *actor;
	bool is_stopping; /* the actors have been told to */
};

/* The drain has begun: has the group stop. Whether the listeners are still in use; then
 * upgrade_listeners_stop is called from here, later. */
bool upgrade_group_drain(struct baton_upgrade *upgrade);
void upgrade_group_finish(struct baton_upgrade *upgrade);

#endif
