/* SPDX-License-Identifier: MIT */
/* Names and numbers of users and groups, looked up while memory and locks may still be used. */
#ifndef PROCESS_SPAWN_USER_H
#define PROCESS_SPAWN_USER_H

#include <baton/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct spawn_user {
	bool change_user, change_group, change_groups;
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* owned */
	size_t group_count;
};

/*
 * Looks user and group up; either may be NULL. Nothing is to be changed if all
 * is as it is in this process already, so that naming oneself needs no
 * privilege. 0, -ESRCH for one that does not exist, -ENOMEM, or what the
 * database said.
 */
int spawn_user_init(struct spawn_user *user, const char *user_name, const char *group_name,
	struct baton_error *error);

void spawn_user_finish(struct spawn_user *user);

#endif
