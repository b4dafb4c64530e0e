/* SPDX-License-Identifier: MIT */
/* Users and groups by name or number, as the system's databases have them (nsswitch.conf(5)). */
#ifndef BASE_USER_H
#define BASE_USER_H

#include <sys/types.h>

struct user {
	char *name; /* owned, as the database spells it; NULL: a number that it does not have */
	uid_t uid;
	gid_t gid; /* its group; (gid_t)-1 without a name */
};

/*
 * Looks text up as a name, then as a number, which need not be in the database.
 * 0 and *ret for user_finish; -ESRCH if it is neither, -ENOMEM, or what the
 * database said.
 */
int user_find(const char *text, struct user *ret);

void user_finish(struct user *user);

/* Likewise for a group. */
int user_find_group(const char *text, gid_t *ret);

#endif
