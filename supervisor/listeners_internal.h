/* SPDX-License-Identifier: MIT */
/* What opening listeners at the start and at an upgrade have in common. */
#ifndef SUPERVISOR_LISTENERS_INTERNAL_H
#define SUPERVISOR_LISTENERS_INTERNAL_H

#include <baton/error.h>

struct listeners;
struct listeners_item;
struct settings;
struct settings_listener;

/*
 * Adds the listener of the item, for which there is a place, under the name of the settings, and
 * says where it listens; it is the set's from the call on, and closed on failure. 0 or -errno.
 */
int listeners_add_take(struct listeners *listeners, const struct settings_listener *wanted,
	const struct listeners_item *item, unsigned protocols, struct baton_error *error);

/* Whether there are descriptors left for upgrades. 0 or -EMFILE. */
int listeners_check_limit(const struct settings *settings, const struct listeners *listeners,
	struct baton_error *error);

#endif
