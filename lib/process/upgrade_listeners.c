/* SPDX-License-Identifier: MIT */
/* The sockets of the upgrading server, inherited or opened, and how a child gets them. */
#include <baton/inherit.h>
#include <baton/spawn.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "process/upgrade_parts.h"
#include "socket/inherit_protocol.h"

enum { FIRST_FD = 3 }; /* SD_LISTEN_FDS_START */

static struct baton_listener *listener_of(struct list *link)
{
	return container_of(link, struct upgrade_listener, link)->listener;
}

/* Owns the listener from here on, whatever it returns. */
static int take_listener(struct baton_upgrade *upgrade, struct baton_listener *listener,
	struct baton_listener **ret, struct baton_error *error)
{
	struct upgrade_listener *entry = malloc(sizeof(*entry));

	if (!entry) {
		baton_listener_close(listener);
		return error_set_errno(error, -ENOMEM, "cannot keep a listener");
	}
	entry->listener = listener;
	list_append(&upgrade->listeners, &entry->link);
	if (ret)
		*ret = listener;
	return 0;
}

int baton_upgrade_listener(struct baton_upgrade *upgrade, const char *name,
	const struct baton_address *address, struct baton_listener **ret, struct baton_error *error)
{
	struct baton_listener *listener;
	int r = -ENOENT;

	if (!upgrade || !name)
		return error_set(error, -EINVAL, "no name for the listener");
	if (upgrade->inherit)
		r = baton_inherit_listener(upgrade->inherit, name, address, &listener, error);
	if (r == -ENOENT && address)
		r = baton_listener_open(name, address, &listener, error);
	else if (r == -ENOENT)
		return error_set(error, -ENOENT, "no socket was passed for \"%s\"", name);
	return r < 0 ? r : take_listener(upgrade, listener, ret, error);
}

int baton_upgrade_next_listener(
	struct baton_upgrade *upgrade, struct baton_listener **ret, struct baton_error *error)
{
	struct baton_listener *listener;

	if (!upgrade)
		return error_set(error, -EINVAL, "no upgrade object");
	if (!upgrade->inherit)
		return error_set(error, -ENOENT, "no socket is left");
	int r = baton_inherit_next(upgrade->inherit, &listener, error);

	return r < 0 ? r : take_listener(upgrade, listener, ret, error);
}

void upgrade_listeners_init(struct baton_upgrade *upgrade)
{
	list_init(&upgrade->listeners);
}

static void on_unclaimed(const char *name, const char *bound, void *data)
{
	const struct baton_upgrade *upgrade = data;

	upgrade_log(upgrade, LOG_WARNING, "inherited socket \"%s\" (%s) is not used: closed", name,
		bound);
}

void upgrade_listeners_report_unclaimed(struct baton_upgrade *upgrade)
{
	baton_inherit_close(take_ptr(&upgrade->inherit), on_unclaimed, upgrade);
}

size_t upgrade_listeners_count_sockets(const struct baton_upgrade *upgrade)
{
	size_t count = 0;

	list_for_each (link, &upgrade->listeners)
		count += baton_listener_count(listener_of(link));
	return count;
}

int upgrade_listeners_encode(const struct baton_upgrade *upgrade, struct baton_spawn_fd *fds,
	unsigned generation, struct env *env)
{
	size_t total = upgrade_listeners_count_sockets(upgrade), used = 0;
	cleanup_free struct inherit_socket *sockets = calloc(total ? total : 1, sizeof(*sockets));
	if (!sockets)
		return -ENOMEM;

	list_for_each (link, &upgrade->listeners) {
		const struct baton_listener *listener = listener_of(link);

		for (size_t i = 0; i < baton_listener_count(listener); i++, used++) {
			sockets[used] = (struct inherit_socket){
				.name = baton_listener_name(listener),
				.bound = baton_listener_bound(listener, i),
				.type = baton_listener_type(listener),
				.fd = FIRST_FD + (int)used,
			};
			fds[used] = (struct baton_spawn_fd){
				.from = baton_listener_fd(listener, i),
				.to = FIRST_FD + (int)used,
			};
		}
	}
	return inherit_encode(INHERIT_SYSTEMD | INHERIT_BATON, sockets, total, generation, env);
}

void upgrade_listeners_keep_paths(struct baton_upgrade *upgrade)
{
	list_for_each (link, &upgrade->listeners)
		baton_listener_keep_path(listener_of(link));
}

/*
 * Once this process does not accept any more, it must not hold the sockets: if
 * it is the last one that does, clients are to be refused at once rather than
 * wait in a queue that nobody empties. The objects are the host's to look at until the
 * end, so their descriptors stay valid: they now refer to /dev/null.
 */
void upgrade_listeners_stop(struct baton_upgrade *upgrade)
{
	cleanup_fd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null == -1)
		return; /* they are closed at the end */

	list_for_each (link, &upgrade->listeners) {
		const struct baton_listener *listener = listener_of(link);

		for (size_t i = 0; i < baton_listener_count(listener); i++)
			(void)dup3(null, baton_listener_fd(listener, i), O_CLOEXEC); /* likewise */
	}
}

void upgrade_listeners_finish(struct baton_upgrade *upgrade)
{
	baton_inherit_close(take_ptr(&upgrade->inherit), NULL, NULL);
	list_for_each_safe (link, &upgrade->listeners) {
		struct upgrade_listener *entry = container_of(link, struct upgrade_listener, link);

		list_remove(&entry->link);
		baton_listener_close(entry->listener);
		free(entry);
	}
}
