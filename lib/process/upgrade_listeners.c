/* SPDX-License-Identifier: MIT */
/* The sockets of the upgrading server, inherited or opened, and how a child gets them. */
#include <baton/inherit.h>
#include <baton/spawn.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/strbuf.h"
#include "process/upgrade_object.h"
#include "socket/inherit_protocol.h"

struct upgrade_listener {
	struct list link;
	struct baton_listener *listener; /* owned */
	/* A generation of ours opened it, and not systemd or a supervisor. So the last one removes
	 * a unix path. */
	bool is_ours;
	bool is_for_drain; /* see baton_upgrade_keep_open */
};

static struct upgrade_listener *entry_of(struct list *link)
{
	return container_of(link, struct upgrade_listener, link);
}

static struct baton_listener *listener_of(struct list *link)
{
	return entry_of(link)->listener;
}

/* Whether the predecessor listed the name in UPGRADE_OWN_LISTENERS_VARIABLE. */
static bool is_listed(const char *names, const char *name)
{
	size_t length = strlen(name);

	for (; names; names = strchr(names, ':')) {
		names += *names == ':';
		if (strncmp(names, name, length) == 0 && (!names[length] || names[length] == ':'))
			return true;
	}
	return false;
}

/* Owns the listener from here on, whatever it returns. */
static int take_listener(struct baton_upgrade *upgrade, struct baton_listener *listener,
	bool is_ours, struct baton_listener **ret, struct baton_error *error)
{
	struct upgrade_listener *entry = malloc(sizeof(*entry));

	if (!entry) {
		baton_listener_close(listener);
		return error_set_errno(error, -ENOMEM, "cannot keep a listener");
	}
	*entry = (struct upgrade_listener){
		.listener = listener,
		.is_ours = is_ours ||
			is_listed(upgrade->listeners.ours, baton_listener_name(listener)),
	};
	list_append(&upgrade->listeners.entries, &entry->link);
	if (ret)
		*ret = listener;
	return 0;
}

static bool has_name(const struct baton_upgrade *upgrade, const char *name)
{
	list_for_each (link, &upgrade->listeners.entries)
		if (strcmp(baton_listener_name(listener_of(link)), name) == 0)
			return true;
	return false;
}

int baton_upgrade_listener(struct baton_upgrade *upgrade, const char *name,
	const struct baton_address *address, struct baton_listener **ret, struct baton_error *error)
{
	struct baton_listener *listener;
	bool is_opened = false;
	int r = -ENOENT;

	if (!upgrade || !name)
		return error_set(error, -EINVAL, "no name for the listener");
	/* A successor finds its sockets by name: the first call would get those of both. */
	if (has_name(upgrade, name))
		return error_set(error, -EEXIST, "there is a listener \"%s\" already", name);
	if (upgrade->listeners.inherit) {
		struct baton_error refusal; /* not the caller's yet: it may be opened */

		r = baton_inherit_listener(
			upgrade->listeners.inherit, name, address, &listener, &refusal);
		if (r < 0 && r != -ENOENT)
			return error_set(error, r, "%s", refusal.text);
	}
	if (r == -ENOENT && !address)
		return error_set(error, -ENOENT, "no socket was passed for \"%s\"", name);
	if (r == -ENOENT) {
		is_opened = true;
		r = baton_listener_open(name, address, &listener, error);
	}
	return r < 0 ? r : take_listener(upgrade, listener, is_opened, ret, error);
}

int baton_upgrade_next_listener(
	struct baton_upgrade *upgrade, struct baton_listener **ret, struct baton_error *error)
{
	struct baton_listener *listener;

	if (!upgrade)
		return error_set(error, -EINVAL, "no upgrade object");
	if (!upgrade->listeners.inherit)
		return error_set(error, -ENOENT, "no socket is left");
	int r = baton_inherit_next(upgrade->listeners.inherit, &listener, error);

	return r < 0 ? r : take_listener(upgrade, listener, false, ret, error);
}

void upgrade_listeners_init(struct baton_upgrade *upgrade)
{
	list_init(&upgrade->listeners.entries);
}

int upgrade_listeners_open(struct baton_upgrade *upgrade, struct baton_error *error)
{
	const char *names = getenv(UPGRADE_OWN_LISTENERS_VARIABLE);

	/* Only a predecessor may say so: the variable may be left from further up. */
	if (names && upgrade->starter.predecessor >= 0) {
		upgrade->listeners.ours = strdup(names);
		if (!upgrade->listeners.ours)
			return error_set_errno(error, -ENOMEM, "cannot keep the listeners' names");
	}
	(void)unsetenv(UPGRADE_OWN_LISTENERS_VARIABLE); /* the name is valid: it cannot fail */
	return baton_inherit_open(&upgrade->listeners.inherit, error);
}

static void on_unclaimed(const char *name, const char *bound, void *data)
{
	struct baton_upgrade *upgrade = data;

	upgrade_host_log(upgrade, LOG_WARNING, "inherited socket \"%s\" (%s) is not used: closed",
		name, bound);
}

void upgrade_listeners_report_unclaimed(struct baton_upgrade *upgrade)
{
	baton_inherit_close(take_ptr(&upgrade->listeners.inherit), on_unclaimed, upgrade);
}

size_t upgrade_listeners_count_sockets(const struct baton_upgrade *upgrade)
{
	size_t count = 0;

	list_for_each (link, &upgrade->listeners.entries)
		count += baton_listener_count(listener_of(link));
	return count;
}

static int encode_ours(const struct baton_upgrade *upgrade, struct env *env)
{
	struct strbuf names = STRBUF_INIT;

	list_for_each (link, &upgrade->listeners.entries) {
		const struct upgrade_listener *entry = entry_of(link);

		if (!entry->is_ours)
			continue;
		if (names.length)
			strbuf_append(&names, ":");
		strbuf_append(&names, baton_listener_name(entry->listener));
	}
	cleanup_free char *text = strbuf_take(&names);
	if (!text)
		return -ENOMEM;

	return *text ? env_set(env, UPGRADE_OWN_LISTENERS_VARIABLE, text) : 0;
}

int upgrade_listeners_encode(const struct baton_upgrade *upgrade, struct baton_spawn_fd *fds,
	unsigned generation, struct env *env)
{
	size_t total = upgrade_listeners_count_sockets(upgrade), used = 0;
	cleanup_free struct inherit_socket *sockets = calloc(total ? total : 1, sizeof(*sockets));
	if (!sockets)
		return -ENOMEM;

	list_for_each (link, &upgrade->listeners.entries) {
		const struct baton_listener *listener = listener_of(link);

		for (size_t i = 0; i < baton_listener_count(listener); i++, used++) {
			sockets[used] = (struct inherit_socket){
				.name = baton_listener_name(listener),
				.bound = baton_listener_bound(listener, i),
				.type = baton_listener_type(listener),
				.fd = FD_FIRST + (int)used,
			};
			fds[used] = (struct baton_spawn_fd){
				.from = baton_listener_fd(listener, i),
				.to = FD_FIRST + (int)used,
			};
		}
	}
	int r = inherit_encode(INHERIT_SYSTEMD | INHERIT_BATON, sockets, total, generation, env);

	return r < 0 ? r : encode_ours(upgrade, env);
}

void upgrade_listeners_own_paths(struct baton_upgrade *upgrade)
{
	list_for_each (link, &upgrade->listeners.entries)
		if (entry_of(link)->is_ours)
			(void)baton_listener_own_path(listener_of(link)); /* stays, then */
}

void upgrade_listeners_keep_paths(struct baton_upgrade *upgrade)
{
	list_for_each (link, &upgrade->listeners.entries)
		baton_listener_keep_path(listener_of(link));
}

static bool stays_open(const struct baton_upgrade *upgrade, const struct upgrade_listener *entry)
{
	return entry->is_for_drain && entry->is_ours && upgrade->successor.phase != SUCCESSOR_MAIN;
}

/* Once this process does not accept any more, it must not hold the sockets. Those that are steered
 * are let go of when it has drained: clients that it has may come there (upgrade_steer.h). */
void upgrade_listeners_stop(struct baton_upgrade *upgrade)
{
	list_for_each (link, &upgrade->listeners.entries)
		if (!stays_open(upgrade, entry_of(link)) &&
			!upgrade_steer_find(upgrade, listener_of(link)))
			(void)baton_listener_stop(listener_of(link)); /* or at the end, then */
}

static struct upgrade_listener *find(
	const struct baton_upgrade *upgrade, const struct baton_listener *listener)
{
	list_for_each (link, &upgrade->listeners.entries)
		if (listener_of(link) == listener)
			return entry_of(link);
	return NULL;
}

int baton_upgrade_keep_open(struct baton_upgrade *upgrade, const struct baton_listener *listener)
{
	struct upgrade_listener *entry = upgrade ? find(upgrade, listener) : NULL;

	if (!entry)
		return -EINVAL;
	entry->is_for_drain = true;
	return 0;
}

int baton_upgrade_stays_open(
	const struct baton_upgrade *upgrade, const struct baton_listener *listener)
{
	const struct upgrade_listener *entry = upgrade ? find(upgrade, listener) : NULL;

	return entry && stays_open(upgrade, entry) ? 1 : 0;
}

void upgrade_listeners_finish(struct baton_upgrade *upgrade)
{
	free(upgrade->listeners.ours);
	baton_inherit_close(take_ptr(&upgrade->listeners.inherit), NULL, NULL);
	list_for_each_safe (link, &upgrade->listeners.entries) {
		struct upgrade_listener *entry = entry_of(link);

		list_remove(&entry->link);
		baton_listener_close(entry->listener);
		free(entry);
	}
}
