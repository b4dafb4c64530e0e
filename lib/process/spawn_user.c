/* SPDX-License-Identifier: MIT */
/* See spawn_user.h. */
#include "process/spawn_user.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/user.h"

static int collect_groups(struct spawn_user *user, const char *name)
{
	int count = 32;

	for (;;) {
		int wanted = count;
		gid_t *groups = realloc(user->groups, (size_t)count * sizeof(*groups));

		if (!groups)
			return -ENOMEM;
		user->groups = groups;
		if (getgrouplist(name, user->gid, groups, &wanted) != -1) {
			user->group_count = (size_t)wanted;
			return 0;
		}
		count = wanted > count ? wanted : count * 2;
	}
}

static int resolve_group(struct spawn_user *user, const char *name, struct baton_error *error)
{
	int r = user_find_group(name, &user->gid);
	if (r == -ESRCH)
		return error_set(error, r, "there is no group \"%s\"", name);
	if (r < 0)
		return error_set_errno(error, r, "cannot look up group \"%s\"", name);
	user->change_group = true;
	return 0;
}

static int take_user(struct spawn_user *user, const struct user *found, const char *name,
	bool has_group, struct baton_error *error)
{
	/* A number without an entry has no group of its own, and root's must not stay. */
	if (!found->name && !has_group)
		return error_set(error, -ESRCH,
			"there is no user \"%s\" to take the group from: name a group too", name);
	user->uid = found->uid;
	user->change_user = user->change_groups = true;
	if (!has_group) {
		user->gid = found->gid;
		user->change_group = true;
	}
	int r = found->name ? collect_groups(user, found->name) : 0;

	return r < 0 ? error_set_errno(error, r, "cannot list groups of \"%s\"", name) : 0;
}

static int resolve_user(
	struct spawn_user *user, const char *name, bool has_group, struct baton_error *error)
{
	struct user found;
	int r = user_find(name, &found);
	if (r == -ESRCH)
		return error_set(error, r, "there is no user \"%s\"", name);
	if (r < 0)
		return error_set_errno(error, r, "cannot look up user \"%s\"", name);
	r = take_user(user, &found, name, has_group, error);
	user_finish(&found);
	return r;
}

/* All is so already, and an unprivileged process may not even ask for it. */
static void drop_changes_in_place(struct spawn_user *user)
{
	uid_t real_user, effective_user, saved_user;
	gid_t real_group, effective_group, saved_group;

	if (getresuid(&real_user, &effective_user, &saved_user) == -1 ||
		getresgid(&real_group, &effective_group, &saved_group) == -1)
		return;
	if (effective_user == 0) /* root's supplementary groups may still have to change */
		return;
	if (user->change_user &&
		(real_user != user->uid || effective_user != user->uid || saved_user != user->uid))
		return;
	if (user->change_group &&
		(real_group != user->gid || effective_group != user->gid ||
			saved_group != user->gid))
		return;
	user->change_user = user->change_group = user->change_groups = false;
}

int spawn_user_init(struct spawn_user *user, const char *user_name, const char *group_name,
	struct baton_error *error)
{
	int r = 0;

	*user = (struct spawn_user){ 0 };
	if (group_name)
		r = resolve_group(user, group_name, error);
	if (r == 0 && user_name)
		r = resolve_user(user, user_name, group_name != NULL, error);
	if (r < 0)
		spawn_user_finish(user);
	else
		drop_changes_in_place(user);
	return r;
}

void spawn_user_finish(struct spawn_user *user)
{
	free(user->groups);
	*user = (struct spawn_user){ 0 };
}
