/* SPDX-License-Identifier: MIT */
/* What opening listeners at the start and at an upgrade have in common. */
#ifndef SUPERVISOR_LISTENERS_INTERNAL_H
#define SUPERVISOR_LISTENERS_INTERNAL_H

#include <stdbool.h>

#include <baton/error.h>

struct baton_listener;
struct listeners;
struct listeners_item;
struct settings;
struct settings_listener;

/* Adds the listener, for which there is a place; it is the set's from the call on, and closed on
 * failure. 0 or -errno. */
int listeners_add_take(struct listeners *listeners, const struct settings_listener *wanted,
	struct baton_listener *listener, unsigned protocols, struct baton_error *error);

/* Says where it listens. */
void listeners_log(const struct listeners_item *item, bool is_inherited);

/* Whether there are descriptors left for upgrades. 0 or -EMFILE. */
int listeners_check_limit(const struct settings *settings, const struct listeners *listeners,
	struct baton_error *error);

#endif
