/* SPDX-License-Identifier: MIT */
/*
 * The sockets this process was started with, by whichever protocol its starter
 * speaks: systemd (sd_listen_fds(3)), Server::Starter, Einhorn, nginx,
 * php-fpm, unicorn or puma; baton-protocols(7) describes each.
 *
 *     struct baton_inherit *inherit;
 *
 *     r = baton_inherit_open(&inherit, &error);
 *     r = baton_inherit_listener(inherit, "http", address, &listener, &error);
 *     if (r == -ENOENT)
 *             r = baton_listener_open("http", address, &listener, &error);
 *     baton_inherit_close(inherit, on_unclaimed, NULL);
 */
#ifndef BATON_INHERIT_H
#define BATON_INHERIT_H

#include <baton/address.h>
#include <baton/error.h>
#include <baton/listener.h>
#include <stddef.h>

BATON_BEGIN

struct baton_inherit;

/*
 * Reads the environment of every protocol, checks that what it names are open
 * sockets meant for this process (LISTEN_PID, LISTEN_PIDFDID), sets
 * close-on-exec on them and removes the variables, so that no child of this
 * process takes them for its own. Call it first thing, while there is one
 * thread, as it changes environ. Returns 0, also when nothing was passed;
 * -EINVAL for variables that contradict themselves, -EBADF for a descriptor
 * that is not open, -ENOMEM. On failure nothing was changed.
 */
BATON_API int baton_inherit_open(struct baton_inherit **ret, struct baton_error *error);

/* How many sockets were passed and not claimed yet. */
BATON_API size_t baton_inherit_count(const struct baton_inherit *inherit);

/*
 * Claims the sockets that were passed under this name or, if the protocol has
 * no names or none is equal, those bound to this address (type and family
 * must agree; every address that its host resolves to counts). Either name or
 * address may be NULL. The listener is the caller's. Returns 0, -ENOENT if no
 * socket matches, or an error of baton_listener_take.
 */
BATON_API int baton_inherit_listener(struct baton_inherit *inherit, const char *name,
	const struct baton_address *address, struct baton_listener **ret,
	struct baton_error *error);

/*
 * Claims the first socket left, under the name it was passed with, or its
 * bound address where it had none. -ENOENT if none is left.
 */
BATON_API int baton_inherit_next(
	struct baton_inherit *inherit, struct baton_listener **ret, struct baton_error *error);

/* Told of each socket that nobody claimed, before it is closed: its name ("" if none) and where it
 * is bound. Both are valid during the call. */
typedef void (*baton_unclaimed_fn)(const char *name, const char *bound, void *data);

/* Closes what nobody claimed, after telling of it (unless on_unclaimed is NULL), and frees the
 * object. NULL is allowed. */
BATON_API void baton_inherit_close(
	struct baton_inherit *inherit, baton_unclaimed_fn on_unclaimed, void *data);

BATON_END

#endif
