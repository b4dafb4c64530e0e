/* SPDX-License-Identifier: MIT */
/*
 * See upgrade_group.h. As an actor the object runs until the process is to end,
 * be it by a signal, for a successor, or because another actor has ended and the
 * group has this one stopped. So it does not matter who was first.
 */
#include "process/upgrade_group.h"

#include <errno.h>

#include "base/container.h"
#include "base/error.h"
#include "process/upgrade_object.h"

static struct baton_upgrade *upgrade_of(struct group_observer *observer)
{
	return container_of(observer, struct baton_upgrade, group.observer);
}

/* Nobody accepts any more. */
static void on_stopping(struct group_observer *observer)
{
	struct baton_upgrade *upgrade = upgrade_of(observer);

	upgrade->group.is_stopping = true;
	if (upgrade->state == BATON_UPGRADE_DRAINING)
		upgrade_listeners_stop(upgrade);
}

static void on_over(struct group_observer *observer)
{
	baton_upgrade_drained(upgrade_of(observer));
}

static int stop(struct baton_actor *actor, struct baton_error *error, void *data)
{
	(void)actor;
	(void)error;
	baton_upgrade_stop(data);
	return 0;
}

int baton_upgrade_join(
	struct baton_upgrade *upgrade, struct baton_group *group, struct baton_error *error)
{
	const struct baton_actor_options options = {
		.size = sizeof(options),
		.name = "upgrade",
		.data = upgrade,
		.stop = stop,
	};

	if (!upgrade)
		return error_set(error, -EINVAL, "no upgrade object");
	if (!group)
		return error_set(error, -EINVAL, "no group to join");
	if (upgrade->group.actor)
		return error_set(error, -EINVAL, "the upgrade object has joined a group already");
	upgrade->group.observer.on_stopping = on_stopping;
	upgrade->group.observer.on_over = on_over;
	int r = group_observe(group, &upgrade->group.observer);
	if (r < 0)
		return error_set(error, r, "the group has an upgrade object already");
	r = baton_group_add(group, &options, &upgrade->group.actor, error);
	if (r < 0)
		group_unobserve(&upgrade->group.observer, NULL);
	return r;
}

bool upgrade_group_drain(struct baton_upgrade *upgrade)
{
	if (!upgrade->group.observer.group)
		return false;
	baton_actor_ended(upgrade->group.actor, 0, NULL);
	return !upgrade->group.is_stopping;
}

void upgrade_group_finish(struct baton_upgrade *upgrade)
{
	group_unobserve(&upgrade->group.observer, upgrade->group.actor);
}
