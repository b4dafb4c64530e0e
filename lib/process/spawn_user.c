/* SPDX-License-Identifier: MIT */
/* See spawn_user.h. */
#include "process/spawn_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/parse.h"

/* (uid_t)-1 means "leave it" to setresuid(2): never a user. */
enum { ENTRY_BYTES_MAX = 1 << 20 };

#define ID_MAX (UINT32_MAX - 1)

/* One lookup with a buffer of that size: 0 and *found, or an errno, ERANGE if it was too small. */
typedef int (*lookup_fn)(const char *name, char *buffer, size_t size, void *entry, bool *found);

static int lookup_user(const char *name, char *buffer, size_t size, void *entry, bool *found)
{
	struct passwd *result = NULL;
	uint64_t number;
	int r = getpwnam_r(name, entry, buffer, size, &result);

	if (!result && r != ERANGE && parse_unsigned(name, 0, ID_MAX, &number) == 0)
		r = getpwuid_r((uid_t)number, entry, buffer, size, &result);
	*found = result != NULL;
	return r;
}

static int lookup_group(const char *name, char *buffer, size_t size, void *entry, bool *found)
{
	struct group *result = NULL;
	int r = getgrnam_r(name, entry, buffer, size, &result);

	*found = result != NULL;
	return r;
}

/* Looks up with a growing buffer, which the entry points into. 1 found, 0 not, or -errno. */
static int lookup(lookup_fn look, const char *name, char **ret_buffer, void *entry)
{
	for (size_t size = 4096; size <= ENTRY_BYTES_MAX; size *= 2) {
		cleanup_free char *buffer = malloc(size);
		if (!buffer)
			return -ENOMEM;
		bool found;
		int r = look(name, buffer, size, entry, &found);
		if (r == ERANGE)
			continue;
		if (!found) /* POSIX lets "not found" be any of these */
			return r == 0 || r == ENOENT || r == ESRCH || r == EBADF || r == EPERM ? 0
											       : -r;
		*ret_buffer = take_ptr(&buffer);
		return 1;
	}
	return -ERANGE;
}

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
	cleanup_free char *buffer = NULL;
	struct group entry;
	uint64_t number;
	int r = lookup(lookup_group, name, &buffer, &entry);

	if (r < 0)
		return error_set_errno(error, r, "cannot look up group \"%s\"", name);
	if (r > 0)
		user->gid = entry.gr_gid;
	else if (parse_unsigned(name, 0, ID_MAX, &number) == 0)
		user->gid = (gid_t)number;
	else
		return error_set(error, -ESRCH, "there is no group \"%s\"", name);
	user->change_group = true;
	return 0;
}

static int resolve_user(
	struct spawn_user *user, const char *name, bool has_group, struct baton_error *error)
{
	cleanup_free char *buffer = NULL;
	struct passwd entry;
	uint64_t number;
	int r = lookup(lookup_user, name, &buffer, &entry);
	if (r < 0)
		return error_set_errno(error, r, "cannot look up user \"%s\"", name);
	if (r == 0) {
		if (parse_unsigned(name, 0, ID_MAX, &number) < 0)
			return error_set(error, -ESRCH, "there is no user \"%s\"", name);
		/* A number without an entry has no group of its own, and root's must not stay. */
		if (!has_group)
			return error_set(error, -ESRCH,
				"there is no user \"%s\" to take the group from: name a group too",
				name);
	}
	user->uid = r > 0 ? entry.pw_uid : (uid_t)number;
	user->change_user = user->change_groups = true;
	if (!has_group) {
		user->gid = entry.pw_gid;
		user->change_group = true;
	}
	if (r > 0) {
		r = collect_groups(user, entry.pw_name);
		if (r < 0)
			return error_set_errno(error, r, "cannot list groups of \"%s\"", name);
	}
	return 0;
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
