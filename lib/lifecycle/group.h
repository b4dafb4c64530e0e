/* SPDX-License-Identifier: MIT */
/* What the rest of the library knows of groups, beside <baton/group.h>. */
#ifndef LIFECYCLE_GROUP_H
#define LIFECYCLE_GROUP_H

#include <baton/group.h>

/* Somebody who follows a group, whose host has callbacks of its own. At most one a group. */
struct group_observer {
	struct baton_group *group; /* NULL once that is gone */
	/* All actors have been told to stop. */
	void (*on_stopping)(struct group_observer *observer);
	/* The group is about to tell its host that it has ended. */
	void (*on_over)(struct group_observer *observer);
};

/* Before the start. 0, or -EBUSY if there is one already. */
int group_observe(struct baton_group *group, struct group_observer *observer);

/* Follows it no more, and leaves the actor (may be NULL) that it had there. Nothing happens if the
 * group is gone. */
void group_unobserve(struct group_observer *observer, struct baton_actor *actor);

#endif
