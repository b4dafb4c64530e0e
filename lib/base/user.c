/* SPDX-License-Identifier: MIT */
/* See user.h. */
#include "base/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"

/* An entry may be as long as the members of a group are many. */
enum { ENTRY_BYTES_MAX = 1 << 20 };

/* (uid_t)-1 means "leave it" to setresuid(2) and chown(2): never a user, and likewise no group. */
#define ID_MAX (UINT32_MAX - 1)

/* One lookup with a buffer of that size: 0 and *found, or an errno, ERANGE if it was too small. */
typedef int (*lookup_fn)(const char *text, char *buffer, size_t size, void *entry, bool *found);

static int lookup_user(const char *text, char *buffer, size_t size, void *entry, bool *found)
{
	struct passwd *result = NULL;
	uint64_t number;
	int r = getpwnam_r(text, entry, buffer, size, &result);

	if (!result && r != ERANGE && parse_unsigned(text, 0, ID_MAX, &number) == 0)
		r = getpwuid_r((uid_t)number, entry, buffer, size, &result);
	*found = result != NULL;
	return r;
}

static int lookup_group(const char *text, char *buffer, size_t size, void *entry, bool *found)
{
	struct group *result = NULL;
	int r = getgrnam_r(text, entry, buffer, size, &result);

	*found = result != NULL;
	return r;
}

/* Looks up with a growing buffer, which the entry points into. 1 found, 0 not, or -errno. */
static int lookup(lookup_fn look, const char *text, char **ret_buffer, void *entry)
{
	for (size_t size = 4096; size <= ENTRY_BYTES_MAX; size *= 2) {
		cleanup_free char *buffer = malloc(size);
		if (!buffer)
			return -ENOMEM;
		bool found;
		int r = look(text, buffer, size, entry, &found);
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

int user_find(const char *text, struct user *ret)
{
	cleanup_free char *buffer = NULL;
	struct passwd entry;
	uint64_t number;
	int r = lookup(lookup_user, text, &buffer, &entry);
	if (r < 0)
		return r;
	if (r == 0) {
		if (parse_unsigned(text, 0, ID_MAX, &number) < 0)
			return -ESRCH;
		*ret = (struct user){ .uid = (uid_t)number, .gid = (gid_t)-1 };
		return 0;
	}
	char *name = strdup(entry.pw_name);
	if (!name)
		return -ENOMEM;
	*ret = (struct user){ .name = name, .uid = entry.pw_uid, .gid = entry.pw_gid };
	return 0;
}

void user_finish(struct user *user)
{
	free(user->name);
	user->name = NULL;
}

int user_find_group(const char *text, gid_t *ret)
{
	cleanup_free char *buffer = NULL;
	struct group entry;
	uint64_t number;
	int r = lookup(lookup_group, text, &buffer, &entry);
	if (r < 0)
		return r;
	if (r == 0 && parse_unsigned(text, 0, ID_MAX, &number) < 0)
		return -ESRCH;
	*ret = r > 0 ? entry.gr_gid : (gid_t)number;
	return 0;
}
