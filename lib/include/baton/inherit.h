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
 * -EINVAL for variables that contradict themselves or name something else than
 * a socket, -EBADF for a descriptor that is not open, -ENOMEM; error names the
 * variable and its value. On failure nothing was changed.
 */
BATON_API int baton_inherit_open(struct baton_inherit **ret, struct baton_error *error);

/* How many sockets were passed and not claimed yet. */
BATON_API size_t baton_inherit_count(const struct baton_inherit *inherit);

/*
 * Claims the sockets that were passed under this name or, if the protocol has
 * no names or none is equal, those bound to this address (type and family
 * must agree; every address that its host resolves to counts). A systemd
 * address matches what was passed under its name, an fd address what was
 * passed under its number, port 0 nothing. Either name or address may be NULL;
 * without a name the listener is called as by baton_inherit_next. The listener
 * is the caller's. Returns 0, -ENOENT if no socket matches, -EHOSTUNREACH or
 * -ENODEV if the address does not resolve (which may block), or an error of
 * baton_listener_take.
 */
BATON_API int baton_inherit_listener(struct baton_inherit *inherit, const char *name,
	const struct baton_address *address, struct baton_listener **ret,
	struct baton_error *error);

/*
 * Claims the first socket left, and with it those of the same name and type.
 * The listener is called by that name, or where there is none by the bound address;
 * '_' stands for what a listener's name may not have ("127.0.0.1_80").
 * -ENOENT if none is left.
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
