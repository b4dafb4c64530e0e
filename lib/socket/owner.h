/* SPDX-License-Identifier: MIT */
/* The user and group options of an address, as numbers. */
#ifndef SOCKET_OWNER_H
#define SOCKET_OWNER_H

#include <sys/types.h>

#include <baton/address.h>

struct owner {
	uid_t user;  /* -1: leave as it is */
	gid_t group; /* -1: leave as it is */
};

/* Looks both up, by name first, then as a number. 0, -ESRCH if one is not known, or as
 * user_find. */
int owner_find(const struct baton_address *address, struct owner *ret, struct baton_error *error);

#endif
