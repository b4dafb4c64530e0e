/* SPDX-License-Identifier: MIT */
/* Listeners of other settings, beside those that are held: see listeners.h. */
#include "listeners.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fd_store.h"
#include "listeners_internal.h"
#include "log.h"
#include "settings.h"

static bool is_text_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Whether both are bound to the same, options aside. */
static bool is_place_same(const struct baton_address *a, const struct baton_address *b)
{
	return baton_address_kind(a) == baton_address_kind(b) &&
		is_text_same(baton_address_host(a), baton_address_host(b)) &&
		baton_address_port(a) == baton_address_port(b) &&
		is_text_same(baton_address_path(a), baton_address_path(b)) &&
		baton_address_fd(a) == baton_address_fd(b);
}

static bool has_socket(const struct listeners *listeners, const struct baton_listener *listener)
{
	for (size_t i = 0; i < listeners->count; i++)
		if (listeners->items[i].listener == listener)
			return true;
	return false;
}

/* The place in the held set of what has the address; its count if none has. With port 0 the name
 * has to be the same: several listeners may ask for any port. */
static size_t find_held(const struct listeners *held, const struct settings *held_settings,
	const struct settings_listener *wanted)
{
	size_t i = 0;

	for (; i < held->count; i++)
		if (is_place_same(held_settings->listeners[i].address, wanted->address) &&
			(baton_address_port(wanted->address) != 0 ||
				strcmp(held->items[i].name, wanted->name) == 0))
			break;
	return i;
}

static int share_item(struct listeners *listeners, const struct settings_listener *wanted,
	const struct listeners_item *held, const struct baton_address *held_address,
	struct baton_error *error)
{
	char *name = strdup(wanted->name);

	if (!name)
		return error_set(error, -ENOMEM, "out of memory");
	listeners->items[listeners->count++] = (struct listeners_item){
		.name = name,
		.listener = held->listener,
		.origin = held->origin,
		.users = held->users,
	};
	++*held->users;
	if (strcmp(baton_address_text(held_address), baton_address_text(wanted->address)) != 0)
		log_warning(&(struct log_where){ .listener = wanted->name },
			"stays %s: other options count once baton is started anew",
			baton_address_text(held_address));
	return 0;
}

/* While baton runs: what its manager passed was claimed or closed when it started, and a number may
 * be any descriptor of its own by now. */
static int open_late(struct listeners *listeners, const struct settings_listener *wanted,
	unsigned protocols, struct baton_error *error)
{
	struct listeners_item item = { .origin = LISTENERS_OPENED };
	enum baton_address_kind kind = baton_address_kind(wanted->address);

	if (kind == BATON_ADDRESS_FD || kind == BATON_ADDRESS_SYSTEMD)
		return error_set(error, -EINVAL,
			"listener \"%.100s\": %.60s can only be passed when baton starts",
			wanted->name, baton_address_text(wanted->address));
	int r = baton_listener_open(wanted->name, wanted->address, &item.listener, error);
	return r < 0 ? r : listeners_add_take(listeners, wanted, &item, protocols, error);
}

/* The sockets of each generation are found by those that the first one had (steer/own_sockets.h):
 * these stay as they are. */
static int refuse_steered(const char *name, const char *what, struct baton_error *error)
{
	return error_set(error, -EINVAL,
		"listener \"%.100s\": none can be %s while baton runs with --steer", name, what);
}

static int check_steered(const struct listeners *listeners, const struct listeners *held,
	const struct settings *settings, struct baton_error *error)
{
	for (size_t i = 0; settings->steer && i < held->count; i++)
		if (!has_socket(listeners, held->items[i].listener))
			return refuse_steered(held->items[i].name, "removed", error);
	return 0;
}

static int reopen_all(struct listeners *listeners, const struct settings *settings,
	const struct listeners *held, const struct settings *held_settings,
	struct baton_error *error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->listener_count; i++) {
		const struct settings_listener *wanted = &settings->listeners[i];
		size_t at = find_held(held, held_settings, wanted);
		bool is_held = at < held->count && !has_socket(listeners, held->items[at].listener);

		if (is_held)
			r = share_item(listeners, wanted, &held->items[at],
				held_settings->listeners[at].address, error);
		else
			r = settings->steer
				? refuse_steered(wanted->name, "added", error)
				: open_late(listeners, wanted, settings->protocols, error);
	}
	return r;
}

int listeners_reopen(struct listeners *ret, const struct settings *settings,
	const struct listeners *held, const struct settings *held_settings,
	struct baton_error *error)
{
	struct listeners listeners = { .store = fd_store_ref(held->store) };

	listeners.items = calloc(settings->listener_count + 1, sizeof(*listeners.items));
	int r = listeners.items ? reopen_all(&listeners, settings, held, held_settings, error)
				: error_set(error, -ENOMEM, "out of memory");
	if (r == 0)
		r = check_steered(&listeners, held, settings, error);
	if (r == 0)
		r = listeners_check_limit(settings, &listeners, error);
	if (r < 0) {
		listeners_close(&listeners);
		return r;
	}
	listeners_store(&listeners);
	*ret = listeners;
	return 0;
}

void listeners_log_dropped(const struct listeners *listeners, const struct listeners *held)
{
	for (size_t i = 0; i < held->count; i++)
		if (!has_socket(listeners, held->items[i].listener))
			log_notice(&(struct log_where){ .listener = held->items[i].name },
				"removed: %s is closed once the upgrade has succeeded",
				baton_listener_bound(held->items[i].listener, 0));
}
