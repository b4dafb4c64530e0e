/* SPDX-License-Identifier: MIT */
/* See owner.h. */
#include "socket/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "socket/address.h"

/* Room for one line of the user database; groups with many members need more than 1 KiB. */
enum { ENTRY_SIZE = 64 * 1024 };

/* A bare number; the highest one means "leave as it is" to chown(2) and so is none. */
static int parse_id(const char *text, unsigned *ret)
{
	uint64_t id;
	int r = parse_unsigned(text, 0, UINT32_MAX - 1, &id);

	if (r == 0)
		*ret = (unsigned)id;
	return r;
}

static int find_user(
	const struct baton_address *address, char *buffer, uid_t *ret, struct baton_error *error)
{
	struct passwd entry, *found;
	const char *name = address->options.user;
	int r = getpwnam_r(name, &entry, buffer, ENTRY_SIZE, &found);

	if (r == 0 && found) {
		*ret = found->pw_uid;
		return 0;
	}
	if (parse_id(name, ret) == 0)
		return 0;
	return address_error(
		error, -EINVAL, address->text, "option user: there is no user \"%.40s\"", name);
}

static int find_group(
	const struct baton_address *address, char *buffer, gid_t *ret, struct baton_error *error)
{
	struct group entry, *found;
	const char *name = address->options.group;
	int r = getgrnam_r(name, &entry, buffer, ENTRY_SIZE, &found);

	if (r == 0 && found) {
		*ret = found->gr_gid;
		return 0;
	}
	if (parse_id(name, ret) == 0)
		return 0;
	return address_error(
		error, -EINVAL, address->text, "option group: there is no group \"%.40s\"", name);
}

int owner_find(const struct baton_address *address, struct owner *ret, struct baton_error *error)
{
	struct owner owner = { .user = (uid_t)-1, .group = (gid_t)-1 };
	int r = 0;

	if (address->options.user || address->options.group) {
		cleanup_free char *buffer = malloc(ENTRY_SIZE);
		if (!buffer)
			return -ENOMEM;
		if (address->options.user)
			r = find_user(address, buffer, &owner.user, error);
		if (r == 0 && address->options.group)
			r = find_group(address, buffer, &owner.group, error);
	}
	if (r == 0)
		*ret = owner;
	return r;
}
