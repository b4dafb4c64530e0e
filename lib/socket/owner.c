/* SPDX-License-Identifier: MIT */
/* See owner.h. */
#include "socket/owner.h"

#include <errno.h>
#include <string.h>

#include "base/user.h"
#include "socket/address.h"

/* r is what the lookup said of the value of that option. */
static int explain(const struct baton_address *address, int r, const char *option, const char *name,
	struct baton_error *error)
{
	if (r == -ESRCH)
		return address_error(error, r, address->text, "option %s: there is no %s \"%.40s\"",
			option, option, name);
	return address_error(error, r, address->text, "option %s: cannot look up \"%.40s\": %s",
		option, name, strerrordesc_np(-r));
}

int owner_find(const struct baton_address *address, struct owner *ret, struct baton_error *error)
{
	struct owner owner = { .user = (uid_t)-1, .group = (gid_t)-1 };
	const char *name = address->options.user;
	const char *group = address->options.group;

	if (name) {
		struct user user;
		int r = user_find(name, &user);
		if (r < 0)
			return explain(address, r, "user", name, error);
		owner.user = user.uid;
		user_finish(&user);
	}
	if (group) {
		int r = user_find_group(group, &owner.group);
		if (r < 0)
			return explain(address, r, "group", group, error);
	}
	*ret = owner;
	return 0;
}
